import type { OPCUAServer, ServerSession, StatusCode, UserIdentityToken } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { Status } from '../../model/status.ts'
import type { AuditRecord, AuditSink } from './audit-trail.ts'
import { boundedText } from './plain-value.ts'

type Channel = unknown
type Answer = (error: Error | null, isAuthorized?: boolean, status?: StatusCode) => void
type Verdict = (error: Error | null, status?: StatusCode) => void

/** The steps of ActivateSession in the stack that judge who somebody is (Part 4 §5.7.3); it tells nobody of a refusal. */
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

/** Tells a sink of each login, each refused one, and the end of each session. */
export function recordLogins(server: OPCUAServer, sink: AuditSink): void {
  server.on('session_activated', (session, token) => sink(recordOf('login', session, { token, status: Status.Good })))
  server.on('session_closed', (session) => {
    const token = session.userIdentityToken
    // One that was never activated is nobody's.
    if (token) sink(recordOf('logout', session, { token, status: Status.Good }))
  })
  const judges = server as unknown as Judges
  const { isUserAuthorized, isValidUserIdentityToken } = judges
  const refused = (session: ServerSession, token: UserIdentityToken, status: StatusCode | undefined): void =>
    sink(recordOf('login', session, { token, status: status?.value ?? Status.BadUserAccessDenied }))
  judges.isUserAuthorized = function (channel, session, token, answer) {
    isUserAuthorized.call(this, channel, session, token, (error, isAuthorized, status) => {
      if (error || !isAuthorized) refused(session, token, status)
      answer(error, isAuthorized, status)
    })
  }
  judges.isValidUserIdentityToken = function (channel, session, token, signature, endpoint, verdict) {
    isValidUserIdentityToken.call(this, channel, session, token, signature, endpoint, (error, status) => {
      if (!status?.isGood()) refused(session, token, status)
      verdict(error, status)
    })
  }
}

function recordOf(
  action: 'login' | 'logout',
  session: ServerSession,
  { token, status }: { readonly token: UserIdentityToken; readonly status: number },
): AuditRecord {
  const { applicationUri } = session.clientDescription ?? {}
  return {
    time: systemClock.now(),
    user: userOf(token),
    session: session.nodeId?.toString() ?? '',
    action,
    target: boundedText(applicationUri ?? '', 200),
    status,
    details: { address: boundedText(session.channel?.remoteAddress ?? '', 64) },
  }
}

/** The name that somebody gives; what proves it is never looked at. */
function userOf(token: UserIdentityToken): string {
  const { userName } = token as { readonly userName?: string | null }
  if (typeof userName === 'string' && userName !== '') return boundedText(userName, 200)
  return 'certificateData' in token ? 'certificate' : 'anonymous'
}
