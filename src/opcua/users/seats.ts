import type { OPCUAServer, ServerSession } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import { hasLostChannel, type Report } from '../guard/index.ts'

/** Who wants a session. */
export interface Guest {
  /** Name of the user; all clients without a login have one. */
  readonly user: string
  readonly isAdministrator: boolean
}

/** What seats are given by. */
export interface SeatRules {
  readonly limits: Pick<Limits, 'sessions' | 'sessionsReserved' | 'sessionsPerUser'>
  readonly report: Report
}

/**
 * The active sessions, and who has them: some are kept for administrators, and one user gets so many.
 *
 * CreateSession counts sessions as well, but cannot know whose they will be. A session whose connection has gone makes room.
 */
export class Seats {
  readonly #server: OPCUAServer
  readonly #rules: SeatRules
  readonly #guests = new Map<ServerSession, Guest>()

  constructor(server: OPCUAServer, rules: SeatRules) {
    this.#server = server
    this.#rules = rules
  }

  /** Gives a session to somebody; false when there is none left for the user. Administrators always get theirs. */
  take(session: ServerSession, guest: Guest, reserved: number): boolean {
    const { sessions, sessionsPerUser } = this.#rules.limits
    const hasSeat =
      guest.isAdministrator ||
      (this.#makesRoom(session, ({ user }) => user === guest.user, sessionsPerUser) &&
        this.#makesRoom(session, ({ isAdministrator }) => !isAdministrator, sessions - reserved))
    if (hasSeat) this.#guests.set(session, guest)
    return hasSeat
  }

  /** The session has ended; tells whose it was. */
  leave(session: ServerSession): string | undefined {
    const user = this.#guests.get(session)?.user
    this.#guests.delete(session)
    return user
  }

  /** Whether others have fewer sessions of a kind than there may be, if need be without one that nobody can use. */
  #makesRoom(session: ServerSession, isOfKind: (guest: Guest) => boolean, max: number): boolean {
    const others = [...this.#guests]
      .filter(([each, guest]) => each !== session && isOfKind(guest))
      .map(([each]) => each)
    if (others.length < max) return true
    const abandoned = others.length === max ? others.find(hasLostChannel) : undefined
    if (!abandoned) return false
    this.#rules.report('sessionReclaimed', 'ActivateSession', 'its channel is gone')
    this.#server.engine.closeSession(abandoned.authenticationToken, false, 'Forcing')
    return true
  }
}
