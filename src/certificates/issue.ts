import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from './x509.ts'

/** Who a certificate is for. */
export interface Identity {
  readonly applicationUri: string
  /** Name of the server. */
  readonly name: string
  /** Host names and addresses by which clients reach it. */
  readonly hosts: readonly string[]
}

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const

/** Makes an RSA key of 2048 bits, as PKCS #8 in PEM. */
export async function makeKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return privateKey
}

/** Makes a certificate for a key that it signs itself, in DER (Part 6 §6.2.2). */
export async function selfSigned(
  key: string,
  identity: Identity,
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
): Promise<Buffer> {
  const keys = await webKeysOf(key)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // Positive, and never the same twice (RFC 5280 §4.1.2.2).
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: subjectOf(identity.name, identity.hosts),
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      ...extensionsOf(identity, KeyUsageFlags.keyCertSign),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return Buffer.from(certificate.rawData)
}

/** Asks an authority for a certificate: PKCS #10 in DER. A subject that is given replaces the usual one. */
export async function signingRequest(key: string, identity: Identity, subject?: string): Promise<Buffer> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject ?? subjectOf(identity.name, identity.hosts),
    keys: await webKeysOf(key),
    signingAlgorithm: algorithm,
    extensions: extensionsOf(identity, 0),
  })
  return Buffer.from(request.rawData)
}

function extensionsOf({ applicationUri, hosts }: Identity, more: number) {
  const { digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment } = KeyUsageFlags
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(digitalSignature | nonRepudiation | keyEncipherment | dataEncipherment | more, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    new SubjectAlternativeNameExtension([
      { type: 'url', value: applicationUri },
      ...hosts.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
    ]),
  ]
}

/** Names that stand in a subject as they are: what has a meaning there is left out. */
function subjectOf(name: string, [host = 'localhost']: readonly string[]) {
  const plain =
    name
      .replaceAll(/[^\p{L}\p{N} ._-]+/gu, ' ')
      .trim()
      .slice(0, 40) || 'Millrace'
  return [{ CN: [`${plain}@${host}`.slice(0, 64)] }, { O: ['Millrace'] }]
}

async function webKeysOf(key: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = createPrivateKey(key)
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' })
  const open = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const { subtle } = globalThis.crypto
  return {
    privateKey: await subtle.importKey('pkcs8', secret, algorithm, false, ['sign']),
    publicKey: await subtle.importKey('spki', open, algorithm, true, ['verify']),
  }
}
