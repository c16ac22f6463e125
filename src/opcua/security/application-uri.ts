import {
  CreateSessionRequest,
  MessageSecurityMode,
  type OPCUAServer,
  type ServerSecureChannelLayer,
  StatusCodes,
} from 'node-opcua'
import { readCertificate, shown } from '../../certificates/certificate.ts'
import { splitChain } from '../../certificates/der.ts'
import type { OnRefused } from './refusals.ts'

interface Answer {
  readonly responseHeader: { readonly serviceResult: { equals(other: unknown): boolean } }
}

/**
 * Sees to it that a session belongs to the application whose certificate opened the channel (Part 4 §5.7.2.2).
 *
 * The stack compares the URI that a client gives with the certificate in the same request, and with nothing when there is none, so
 * that a client could give any name; here the certificate is always the one of the channel.
 */
export function checkSessionCertificates(server: OPCUAServer, onRefused: OnRefused): void {
  const uriByChannel = new WeakMap<ServerSecureChannelLayer, string>()
  server.on('request', (request, channel) => {
    if (!(request instanceof CreateSessionRequest)) return
    uriByChannel.set(channel, request.clientDescription?.applicationUri ?? '')
    const { clientCertificate, securityMode } = channel
    if (securityMode === MessageSecurityMode.None || !clientCertificate) return
    if (!isSame(request.clientCertificate, clientCertificate)) request.clientCertificate = clientCertificate
  })
  server.on('response', (response, channel) => {
    const { serviceResult } = (response as unknown as Answer).responseHeader
    if (!serviceResult.equals(StatusCodes.BadCertificateUriInvalid)) return
    const bytes = channel.clientCertificate
    if (!bytes) return
    const certificate = readCertificate(splitChain(bytes)[0] ?? new Uint8Array())
    const given = shown(uriByChannel.get(channel) ?? '', 100)
    const reason = `it is for ${shown(certificate.uris[0] ?? '', 100)}, and the client says that it is ${given}`
    const verdict = { status: 'BadCertificateUriInvalid', reason, certificate } as const
    onRefused({ verdict, bytes, address: channel.remoteAddress })
  })
}

/** Whether both begin with the same certificate; a client may give its chain in one place and not in the other. */
function isSame(given: Uint8Array | null, used: Uint8Array): boolean {
  try {
    const [mine = new Uint8Array()] = splitChain(used)
    const [theirs = new Uint8Array()] = splitChain(given ?? new Uint8Array())
    return Buffer.from(theirs).equals(mine)
  } catch {
    return false
  }
}
