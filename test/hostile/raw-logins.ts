import { constants, publicEncrypt, X509Certificate } from 'node:crypto'
import {
  ActivateSessionRequest,
  CreateSessionRequest,
  type CreateSessionResponse,
  UserNameIdentityToken,
} from 'node-opcua'
import { type RawClient, statusOf } from '../kit/raw-client.ts'

/** What a password is encrypted with by a client that does it right (Part 4 §7.40.2.2). */
export const oaep = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep'

/** What RSA-OAEP with SHA-1 takes of each block, in bytes. */
const oaepBytes = 42

/** Makes a session that is not activated; its token is the client's from then on. */
export async function createdSession(client: RawClient): Promise<CreateSessionResponse> {
  const endpointUrl = `opc.tcp://127.0.0.1:${client.socket.remotePort}`
  const request = new CreateSessionRequest({ endpointUrl, requestedSessionTimeout: 60_000, sessionName: 'raw' })
  const created = await client.request(request)
  client.authenticationToken = created.authenticationToken
  return created
}

/** A name, with a password that only the server can read. */
export function namedBy(
  created: CreateSessionResponse,
  userName: string,
  password: string | Buffer,
  nonce: Buffer = created.serverNonce,
): UserNameIdentityToken {
  const secret = Buffer.concat([Buffer.from(password), nonce])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(secret.length)
  const key = new X509Certificate(created.serverCertificate).publicKey
  const size = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - oaepBytes
  const plain = Buffer.concat([length, secret])
  const blocks = Array.from({ length: Math.ceil(plain.length / size) }, (_block, index) =>
    publicEncrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      plain.subarray(index * size, (index + 1) * size),
    ),
  )
  return new UserNameIdentityToken({
    ...{ policyId: policyOf(created), userName },
    ...{ password: Buffer.concat(blocks), encryptionAlgorithm: oaep },
  })
}

/** The policy of names and encrypted passwords, as the server offers it. */
export function policyOf(created: CreateSessionResponse): string {
  const policies = (created.serverEndpoints ?? []).flatMap((endpoint) =>
    endpoint.securityMode === 1 ? (endpoint.userIdentityTokens ?? []) : [],
  )
  const found = policies.find(
    ({ tokenType, securityPolicyUri }) => tokenType === 1 && /#(Basic256Sha256)?$|^$/.test(securityPolicyUri ?? ''),
  )
  return found?.policyId ?? 'no policy'
}

/** Activates a session with this token; tells the status, or why the connection has ended, and how long that took. */
export async function activated(client: RawClient, userIdentityToken: object) {
  const startedMs = performance.now()
  const request = new ActivateSessionRequest({ userIdentityToken } as never)
  const status = await client.request(request).then(statusOf, (error: Error) => error.message)
  return { status, tookMs: performance.now() - startedMs }
}
