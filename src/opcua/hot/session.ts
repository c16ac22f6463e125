import { type ServerSession, StatusCodes } from 'node-opcua'
import type { Message } from 'node-opcua-secure-channel'

/** The session of a request that may be served; undefined when the stack has to say why it may not. */
export function activeSession(message: Message): ServerSession | undefined {
  const { session, session_statusCode } = message as unknown as {
    readonly session?: ServerSession
    readonly session_statusCode?: unknown
  }
  if (!session || session_statusCode !== StatusCodes.Good || session.status !== 'active') return undefined
  return session
}

/** Notes that a client has asked for something: the session lives on, and its diagnostics count. */
export function noteRequest(session: ServerSession): void {
  session.keepAlive()
  session.incrementTotalRequestCount()
}

/** Notes that a request was answered. */
export function noteAnswer(session: ServerSession, service: 'Read' | 'Write' | 'Call'): void {
  session.incrementRequestTotalCounter(service)
}
