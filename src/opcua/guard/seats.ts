import {
  type NodeId,
  type OPCUAServer,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  WellKnownRoles,
} from 'node-opcua'
import type { ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'
import type { AnyMethod, Hook } from './hooks.ts'

/** Roles whose holders get the sessions that are kept for an administrator. */
const administrators: readonly number[] = [WellKnownRoles.SecurityAdmin, WellKnownRoles.ConfigureAdmin]

type Token = ServerSession['userIdentityToken'] & object
type Answer = (error: Error | null, isAuthorized?: boolean, status?: StatusCode) => void

/**
 * Hooks the step of ActivateSession at which it is known who wants the session (Part 4 §5.7.3): some sessions are kept for
 * an administrator, and one user gets so many.
 *
 * CreateSession counts all sessions, whoever they will belong to; one that is refused here is closed, so that it keeps nobody
 * else out.
 */
export function seatHook(server: OPCUAServer, limits: Limits, report: Report): Hook {
  const seats = new Seats(server, limits, report)
  return {
    target: server,
    method: 'isUserAuthorized',
    wrap: (original: AnyMethod) =>
      function (this: OPCUAServer, channel: unknown, session: ServerSession, token: Token, answer: Answer) {
        original.call(this, channel, session, token, ((error, isAuthorized, status) => {
          if (error || !isAuthorized) {
            report('refusedLogin', 'ActivateSession', status?.name ?? 'refused')
            return answer(error, isAuthorized, status)
          }
          const verdict = seats.take(session, token)
          if (verdict.isGood()) return answer(null, true, status)
          report('sessionLimit', 'ActivateSession', verdict.name)
          answer(null, false, verdict)
          if (session.status === 'new') server.engine.closeSession(session.authenticationToken, true, 'Forcing')
        }) satisfies Answer)
      },
  }
}

/** Who sits where. */
class Seats {
  readonly #server: OPCUAServer
  readonly #limits: Limits
  readonly #report: Report
  /** Sessions of administrators take no seat of the others. */
  readonly #isAdministrator = new WeakMap<ServerSession, boolean>()

  constructor(server: OPCUAServer, limits: Limits, report: Report) {
    this.#server = server
    this.#limits = limits
    this.#report = report
  }

  /** Good when the user gets the session. One whose connection has gone makes room for it. */
  take(session: ServerSession, token: Token): StatusCode {
    const isAdministrator = rolesOf(session, token).some(isAdministrating)
    const user = userOf(token)
    const { sessions, sessionsReserved, sessionsPerUser } = this.#limits
    const isOfUser = (each: ServerSession): boolean =>
      each.userIdentityToken !== undefined && userOf(each.userIdentityToken) === user
    const isOrdinary = (each: ServerSession): boolean => !this.#isAdministrator.get(each)
    const hasSeat =
      isAdministrator ||
      (this.#makesRoom(session, isOfUser, sessionsPerUser) &&
        this.#makesRoom(session, isOrdinary, sessions - sessionsReserved))
    if (!hasSeat) return StatusCodes.BadTooManySessions
    this.#isAdministrator.set(session, isAdministrator)
    return StatusCodes.Good
  }

  /** Whether fewer other sessions of a kind are active than there may be, if need be without one whose connection has gone. */
  #makesRoom(session: ServerSession, isOfKind: (each: ServerSession) => boolean, max: number): boolean {
    const { engine } = this.#server
    const others = engine.getSessions().filter((each) => each !== session && each.status === 'active' && isOfKind(each))
    if (others.length < max) return true
    const abandoned = others.length === max ? others.find(hasLostChannel) : undefined
    if (!abandoned) return false
    this.#report('sessionReclaimed', 'ActivateSession', 'its channel is gone')
    engine.closeSession(abandoned.authenticationToken, false, 'Forcing')
    return true
  }
}

/** Says whether nobody can use a session at the moment: it has no channel any more. */
export function hasLostChannel(session: ServerSession): boolean {
  const channel = session.channel as ServerSecureChannelLayer | undefined
  return !channel || channel.aborted
}

/** The roles that a session will have with a token. The stack tells them of the token that the session holds only. */
function rolesOf(session: ServerSession, token: Token): readonly NodeId[] {
  const held = session.userIdentityToken
  session.userIdentityToken = token
  try {
    return session.sessionContext.getCurrentUserRoles()
  } finally {
    if (held) session.userIdentityToken = held
    else Reflect.deleteProperty(session, 'userIdentityToken')
  }
}

function isAdministrating({ namespace, value }: NodeId): boolean {
  return namespace === 0 && administrators.includes(Number(value))
}

/** Tells users apart: by name, by certificate, and all that give neither as one. */
function userOf(token: object): string {
  const { userName, certificateData } = token as { userName?: string | null; certificateData?: Buffer | null }
  if (typeof userName === 'string') return `name ${userName}`
  return certificateData ? `certificate ${certificateData.toString('base64')}` : 'anonymous'
}
