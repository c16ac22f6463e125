import {
  ActivateSessionResponse,
  type OPCUAServer,
  type ServerSecureChannelLayer,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  type UserIdentityToken,
  X509IdentityToken,
} from 'node-opcua'
import type { Message } from 'node-opcua-secure-channel'

/** The service of the stack that moves a session to the channel on which it is activated. */
interface Activates {
  _on_ActivateSessionRequest(message: Message, channel: ServerSecureChannelLayer): unknown
}

/** A session that is activated on another channel than its own. */
export interface Move {
  readonly session: ServerSession
  readonly channel: ServerSecureChannelLayer
  readonly token: UserIdentityToken | null
  readonly status: StatusCode
}

/**
 * Sees to it that a session goes to another channel only with the same security, and so with the same proof of who its client is
 * (Part 4 §5.7.3.1). The stack compares the certificates alone, and on a channel without security a client can show any.
 *
 * It cannot compare two logins by certificate either, which is done here, so that such a user gets a session back after a cut line.
 */
export function judgeMoves(server: OPCUAServer, onRefused: (move: Move) => void): void {
  const service = server as unknown as Activates
  const activate = service._on_ActivateSessionRequest.bind(server)
  service._on_ActivateSessionRequest = (message, channel) => {
    const { requestHeader, userIdentityToken: token = null } = message.request as unknown as Request
    const session = server.getSession(requestHeader.authenticationToken, true)
    if (session?.status !== 'active' || session.channel === channel) return activate(message, channel)
    const status = verdictOn(session, channel, token)
    if (status.isGood()) return asOnItsChannel(session, { channel, token }, () => activate(message, channel))
    onRefused({ session, channel, token, status })
    channel.send_response('MSG', new ActivateSessionResponse({ responseHeader: { serviceResult: status } }), message)
  }
}

interface Request {
  readonly requestHeader: { readonly authenticationToken: never }
  readonly userIdentityToken?: UserIdentityToken | null
}

function verdictOn(
  session: ServerSession,
  channel: ServerSecureChannelLayer,
  token: UserIdentityToken | null,
): StatusCode {
  const { endpoint, userIdentityToken: known } = session
  const { securityMode, securityPolicy } = channel
  if (endpoint?.securityMode !== securityMode || endpoint.securityPolicyUri !== securityPolicy) {
    return StatusCodes.BadSecurityChecksFailed
  }
  if (!(token instanceof X509IdentityToken)) return StatusCodes.Good
  if (!isSame(session.channel?.clientCertificate, channel.clientCertificate)) return StatusCodes.BadNoValidCertificates
  const isSameUser = known instanceof X509IdentityToken && isSame(known.certificateData, token.certificateData)
  return isSameUser ? StatusCodes.Good : StatusCodes.BadIdentityChangeNotSupported
}

function isSame(one: Uint8Array | null | undefined, other: Uint8Array | null | undefined): boolean {
  return Buffer.from(one ?? []).equals(Buffer.from(other ?? []))
}

/** Keeps the stack from comparing two logins by certificate; it goes on later, and moves the session then. */
function asOnItsChannel(
  session: ServerSession,
  { channel, token }: Pick<Move, 'channel' | 'token'>,
  activate: () => unknown,
): unknown {
  if (!(token instanceof X509IdentityToken)) return activate()
  const { channel: before } = session
  try {
    Reflect.set(session, 'channel', channel)
    return activate()
  } finally {
    Reflect.set(session, 'channel', before)
  }
}
