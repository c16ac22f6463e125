import type { ServerSession } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { Status } from '../../model/status.ts'
import type { LoginWitness } from '../users/logins.ts'
import type { AuditRecord, AuditSink } from './audit-trail.ts'
import { boundedText } from './plain-value.ts'

/** Tells a sink of each login, each refused one, and the end of each session. */
export function recordLogins(sink: AuditSink): LoginWitness {
  return {
    login: ({ session, user, address, status }) =>
      sink({ ...recordOf('login', session, user), status: status.value, details: { address } }),
    logout: (session, user) =>
      sink({ ...recordOf('logout', session, user), details: { address: session.channel?.remoteAddress ?? '' } }),
  }
}

function recordOf(action: 'login' | 'logout', session: ServerSession, user: string): Omit<AuditRecord, 'details'> {
  const { applicationUri } = session.clientDescription ?? {}
  return {
    time: systemClock.now(),
    user,
    session: session.nodeId?.toString() ?? '',
    action,
    target: boundedText(applicationUri ?? '', 200),
    status: Status.Good,
  }
}
