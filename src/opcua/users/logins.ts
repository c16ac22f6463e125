import {
  AnonymousIdentityToken,
  type OPCUAServer,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  type UserIdentityToken,
  UserNameIdentityToken,
  X509IdentityToken,
} from 'node-opcua'
import { thumbprintOf } from '../../certificates/thumbprint.ts'
import { systemClock } from '../../model/clock.ts'
import { administrators } from '../../model/role.ts'
import { boundedText } from '../events/plain-value.ts'
import { handOver } from './change-user.ts'
import { judgeMoves, type Move } from './channel-moves.ts'
import { type Identity, identify, identityOf } from './identities.ts'
import { type Guest, type SeatRules, Seats } from './seats.ts'
import type { UserDirectory } from './user-directory.ts'

/** A login that was let in or refused. */
export interface Login {
  readonly session: ServerSession
  /** What was given, with the password in it: never told to anybody. */
  readonly token: UserIdentityToken
  /** Name that was given, or that belongs to the certificate. */
  readonly user: string
  readonly address: string
  readonly channelId: string
  /** Whose session it was before, when another user has taken it over. */
  readonly before?: string | undefined
  /** Why it was refused; Good when it was not. The client is told one code for all of them. */
  readonly status: StatusCode
}

/** Hears of logins and of the ends of sessions; it must be quick, and must not throw. */
export interface LoginWitness {
  login(login: Login): void
  /** The end of a session that was activated: by its client, by time, or by us (Part 4 §6.5.6). */
  logout(session: ServerSession, user: string, reason: 'CloseSession' | 'Timeout' | 'Terminated'): void
}

/** A secure channel, as far as logins need it. */
interface Channel {
  readonly channelId?: number | string | null
  readonly remoteAddress?: string
  close(callback?: () => void): void
}

type Answer = (error: Error | null, isAuthorized?: boolean, status?: StatusCode) => void
type Verdict = (error: Error | null, status?: StatusCode) => void

/** The steps of ActivateSession in the stack that judge who somebody is (Part 4 §5.7.3). */
interface Judges {
  isUserAuthorized(channel: Channel, session: ServerSession, token: UserIdentityToken, answer: Answer): void
  isValidUserIdentityToken(
    channel: Channel,
    session: ServerSession,
    token: UserIdentityToken,
    signature: unknown,
    endpoint: unknown,
    verdict: Verdict,
  ): void
}

/** Wrong logins after which a channel is closed. */
const failuresPerChannel = 10

/** The code of every login that is refused for what proves it, so that nobody learns what was wrong. */
const refusal = StatusCodes.BadUserAccessDenied

/** What a client without a login is called; no user may have that name. */
const nobody = 'anonymous'

/** Time for the last answer to reach the client before its channel is closed, in milliseconds. */
const farewellMs = 100

/**
 * Takes the judgement of logins over from the stack: one status and the same time for every kind of failure, a delay that grows,
 * a channel that ends after ten of them, and sessions that only administrators get. What it returns ends the sessions of
 * changed users no more.
 */
export function judgeLogins(
  server: OPCUAServer,
  users: UserDirectory | undefined,
  rules: SeatRules & { readonly witness: LoginWitness },
): () => void {
  const judge = new Judge(server, users, rules)
  judgeMoves(server, (move) => judge.refuseMove(move))
  const judges = server as unknown as Judges
  const { isUserAuthorized, isValidUserIdentityToken } = judges
  judges.isValidUserIdentityToken = (channel, session, token, signature, endpoint, verdict) => {
    const refuse = (status: StatusCode): void => {
      // Without a login there is nothing to guess: what is wrong is told, at once.
      if (token instanceof AnonymousIdentityToken)
        judge.refused({ channel, session, token, status }, () => verdict(null, status))
      else judge.refuse({ channel, session, token, status }, () => verdict(null, refusal))
    }
    if (!judge.mayTry(channel)) return
    isValidUserIdentityToken.call(server, channel, session, token, signature, endpoint, (error, status) => {
      if (error || !status?.isGood()) refuse(status ?? StatusCodes.BadIdentityTokenInvalid)
      else verdict(null, status)
    })
  }
  judges.isUserAuthorized = (channel, session, token, answer) => {
    const stock = (then: Answer) => isUserAuthorized.call(server, channel, session, token, then)
    judge.authorize({ channel, session, token }, stock, answer)
  }
  const forget = users?.onChange?.((user, isRestricted) => {
    if (isRestricted) endSessionsOf(server, user)
  })
  return forget ?? (() => undefined)
}

/** What is asked about: one ActivateSession. */
interface Asked {
  readonly channel: Channel
  readonly session: ServerSession
  readonly token: UserIdentityToken
}

class Judge {
  readonly #server: OPCUAServer
  readonly #users: UserDirectory | undefined
  readonly #rules: SeatRules & { readonly witness: LoginWitness }
  readonly #seats: Seats
  /** Attempts of each channel since it had its last success. */
  readonly #attempts = new WeakMap<Channel, number>()
  /** Sessions whose end is heard of. */
  readonly #heard = new WeakSet<ServerSession>()

  constructor(
    server: OPCUAServer,
    users: UserDirectory | undefined,
    rules: SeatRules & { readonly witness: LoginWitness },
  ) {
    this.#server = server
    this.#users = users
    this.#rules = rules
    this.#seats = new Seats(server, rules)
  }

  /** Counts an attempt; false when the channel has had all of its, also those that still wait for their answer. */
  mayTry(channel: Channel): boolean {
    const attempts = (this.#attempts.get(channel) ?? 0) + 1
    this.#attempts.set(channel, attempts)
    if (attempts > failuresPerChannel) channel.close()
    return attempts <= failuresPerChannel
  }

  authorize(asked: Asked, stock: (then: Answer) => void, answer: Answer): void {
    const { channel, session, token } = asked
    const deny = () => answer(null, false, refusal)
    if (token instanceof UserNameIdentityToken) {
      stock((error, isAuthorized, status) => {
        if (isAuthorized && !error) this.#admit(asked, token.userName ?? '', answer)
        // The password could not be read, so nobody has looked at it yet.
        else if (error || status) this.refuse({ ...asked, status: status ?? StatusCodes.BadInternalError }, deny)
        else this.refused({ ...asked, status: refusal }, deny)
      })
    } else if (token instanceof X509IdentityToken) {
      const user = this.#users?.userOfCertificate?.(thumbprintOf(token.certificateData))
      if (user === undefined) this.refuse({ channel, session, token, status: StatusCodes.BadUserAccessDenied }, deny)
      else this.#admit(asked, user, answer)
    } else {
      stock((error, isAuthorized, status) => {
        if (error || !isAuthorized) this.refuse({ ...asked, status: status ?? StatusCodes.BadInternalError }, deny)
        else this.#admit(asked, undefined, answer)
      })
    }
  }

  /** Tells that a session was not moved: nothing was guessed, so the answer is not delayed. */
  refuseMove({ channel, session, token, status }: Move): void {
    this.#tell({ channel, session, token: token ?? new AnonymousIdentityToken() }, givenName(token), status)
  }

  /** Refuses after as long as a wrong password takes. */
  refuse(refused: Asked & { readonly status: StatusCode }, then: () => void): void {
    const { channel, token } = refused
    const done = () => this.refused(refused, then)
    const waited = this.#users?.refused?.(givenName(token), addressOf(channel)) ?? Promise.resolve()
    waited.then(done, done)
  }

  /** Hears of the end of a session, once. */
  #hearEnd(session: ServerSession): void {
    if (this.#heard.has(session)) return
    this.#heard.add(session)
    session.once('session_closed', (_session: unknown, _areSubscriptionsDeleted: boolean, reason: string) => {
      const isKnown = reason === 'CloseSession' || reason === 'Timeout'
      const user = this.#seats.leave(session) ?? ''
      this.#rules.witness.logout(session, user, isKnown ? reason : 'Terminated')
    })
  }

  /** Tells of a login that is refused, and answers it; the last one that a channel has ends it. */
  refused({ channel, session, token, status }: Asked & { readonly status: StatusCode }, then: () => void): void {
    this.#tell({ channel, session, token }, givenName(token), status)
    const isLast = (this.#attempts.get(channel) ?? 0) >= failuresPerChannel
    then()
    if (isLast) systemClock.after(farewellMs, () => channel.close())
  }

  /** Lets somebody in; without a name it is a client without a login. */
  #admit(asked: Asked, user: string | undefined, answer: Answer): void {
    const { channel, session } = asked
    const told = user ?? nobody
    const identity = user === undefined ? undefined : this.#identityOf(user)
    if (session.status === 'closed') {
      answer(null, false, StatusCodes.BadSessionClosed)
      return
    }
    if (
      !this.#seats.take(session, this.#guestOf(told, identity), this.#users ? this.#rules.limits.sessionsReserved : 0)
    ) {
      this.#tell(asked, told, StatusCodes.BadTooManySessions)
      answer(null, false, StatusCodes.BadTooManySessions)
      // It would keep others out, and nobody can use it.
      if (session.status === 'new') this.#server.engine.closeSession(session.authenticationToken, true, 'Forcing')
      return
    }
    this.#attempts.delete(channel)
    const before = this.#heard.has(session) ? (identityOf(session)?.name ?? nobody) : told
    identify(session, identity)
    if (before !== told) handOver(session)
    session.passwordChangeRequired = identity?.mustChangePassword() === true
    this.#hearEnd(session)
    this.#tell(asked, told, StatusCodes.Good, before === told ? undefined : before)
    answer(null, true)
  }

  #identityOf(name: string): Identity {
    const users = this.#users
    return {
      name,
      roles: () => users?.rolesOf(name) ?? [],
      mustChangePassword: () => users?.mustChangePassword?.(name) === true,
    }
  }

  #guestOf(user: string, identity: Identity | undefined): Guest {
    return { user, isAdministrator: identity?.roles().some((role) => administrators.includes(role)) === true }
  }

  #tell({ channel, session, token }: Asked, user: string, status: StatusCode, before?: string): void {
    const channelId = String(channel.channelId ?? '')
    this.#rules.witness.login({ session, token, user, before, address: addressOf(channel), channelId, status })
    if (status === StatusCodes.BadTooManySessions) this.#rules.report('sessionLimit', 'ActivateSession', status.name)
    else if (!status.isGood()) this.#rules.report('refusedLogin', 'ActivateSession', status.name)
  }
}

/** Ends every session of a user who may do less than before: what is subscribed to would go on otherwise. */
function endSessionsOf({ engine }: OPCUAServer, user: string): void {
  const { _sessions } = engine as unknown as { readonly _sessions: Readonly<Record<string, ServerSession>> }
  for (const session of Object.values(_sessions)) {
    if (identityOf(session)?.name !== user) continue
    engine.closeSession(session.authenticationToken, true, 'Terminated')
  }
}

/** The name that somebody gives; what proves it is never looked at. */
function givenName(token: UserIdentityToken | null): string {
  const { userName } = (token ?? {}) as { readonly userName?: string | null }
  if (typeof userName === 'string' && userName !== '') return boundedText(userName, 200)
  return token instanceof X509IdentityToken ? 'certificate' : nobody
}

function addressOf({ remoteAddress }: Channel): string {
  return boundedText(remoteAddress ?? '', 64)
}
