import type { webcrypto } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, readCertificate } from '../../src/certificates/certificate.ts'
import { pemOf } from '../../src/certificates/der.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '../../src/certificates/x509.ts'

const dayMs = 86_400_000
const { subtle } = globalThis.crypto

/** A certificate that a test has made, with its key. */
export interface Made {
  readonly name: string
  readonly keys: webcrypto.CryptoKeyPair
  /** Its own DER. */
  readonly der: Buffer
  /** As a server reads it; throws where a server cannot. */
  readonly certificate: Certificate
  /** Its own DER, and that of all that it names above it. */
  readonly chain: Buffer
}

/** What is to be made; everything has a usual value. */
export interface Wish {
  readonly name?: string
  readonly bits?: number
  readonly hash?: 'SHA-1' | 'SHA-256'
  /** Days from now, negative for the past. */
  readonly fromDays?: number
  readonly toDays?: number
  /** Application URI; none when null. */
  readonly uri?: string | null
  readonly hosts?: readonly string[]
  readonly usages?: number
  readonly extended?: readonly string[]
  readonly issuer?: Made
  readonly isAuthority?: boolean
  readonly pathLength?: number
  /** Keys to use again, so that two certificates have one key. */
  readonly keys?: webcrypto.CryptoKeyPair
}

/** The application URI of every client that is made without another. */
export const clientUri = 'urn:test:client'

const applicationUsages =
  KeyUsageFlags.digitalSignature |
  KeyUsageFlags.nonRepudiation |
  KeyUsageFlags.keyEncipherment |
  KeyUsageFlags.dataEncipherment

let serial = 0x1000

/** Makes a certificate, signed by its issuer or by itself. */
export async function makeCertificate(wish: Wish = {}): Promise<Made> {
  const { name = 'Client', bits = 2048, hash = 'SHA-256', fromDays = -1, toDays = 365, issuer } = wish
  const signing = { name: 'RSASSA-PKCS1-v1_5', hash }
  const keys = wish.keys ?? (await makeKeys(bits, hash))
  serial += 1
  const usages =
    wish.usages ?? (wish.isAuthority ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : applicationUsages)
  const uri = wish.uri === undefined ? clientUri : wish.uri
  const names = [
    ...(uri === null ? [] : [{ type: 'url' as const, value: uri }]),
    ...(wish.hosts ?? ['localhost']).map((value) => ({ type: 'dns' as const, value })),
  ]
  const made = await X509CertificateGenerator.create({
    serialNumber: serial.toString(16),
    subject: `CN=${name}, O=Test`,
    issuer: `CN=${issuer?.name ?? name}, O=Test`,
    notBefore: new Date(Date.now() + fromDays * dayMs),
    notAfter: new Date(Date.now() + toDays * dayMs),
    signingAlgorithm: signing,
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    extensions: [
      new BasicConstraintsExtension(wish.isAuthority === true, wish.pathLength, true),
      new KeyUsagesExtension(usages, true),
      ...(wish.isAuthority
        ? []
        : [new ExtendedKeyUsageExtension([...(wish.extended ?? [ExtendedKeyUsage.clientAuth])])]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer?.keys.publicKey ?? keys.publicKey),
    ],
  })
  const der = Buffer.from(made.rawData)
  const chain = Buffer.concat([der, issuer?.chain ?? Buffer.alloc(0)])
  return {
    ...{ name, keys, der, chain },
    get certificate() {
      return readCertificate(der)
    },
  }
}

/** Makes the keys of a certificate. */
export async function makeKeys(bits = 2048, hash: 'SHA-1' | 'SHA-256' = 'SHA-256'): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash, publicExponent: new Uint8Array([1, 0, 1]), modulusLength: bits }
  return (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

/** Makes the revocation list of an authority, in DER; the next one is due in 30 days, unless told. */
export async function makeRevocationList(
  issuer: Made,
  revoked: readonly Made[] = [],
  { fromDays = -1, toDays = 30 }: { readonly fromDays?: number; readonly toDays?: number } = {},
): Promise<Buffer> {
  const list = await X509CrlGenerator.create({
    issuer: `CN=${issuer.name}, O=Test`,
    thisUpdate: new Date(Date.now() + fromDays * dayMs),
    nextUpdate: new Date(Date.now() + toDays * dayMs),
    signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    signingKey: issuer.keys.privateKey,
    entries: revoked.map(({ certificate }) => ({ serialNumber: certificate.serial, revocationDate: new Date() })),
  })
  return Buffer.from(list.rawData)
}

/** The private key as PEM. */
export async function keyPemOf({ keys }: Made): Promise<string> {
  const der = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey))
  return `-----BEGIN PRIVATE KEY-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`
}

/** Writes a certificate with its chain and its key, and tells the files. */
export async function writePair(folder: string, made: Made, sent: Buffer = made.chain) {
  await mkdir(folder, { recursive: true })
  const files = { certificateFile: join(folder, 'certificate.pem'), privateKeyFile: join(folder, 'key.pem') }
  const { splitChain } = await import('../../src/certificates/der.ts')
  const pem = splitChain(sent).map((der) => pemOf('CERTIFICATE', der))
  await writeFile(files.certificateFile, pem.join(''))
  await writeFile(files.privateKeyFile, await keyPemOf(made), { mode: 0o600 })
  return files
}

/** A folder that goes away with its test. */
export async function workshopFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-certificates-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }) }
}
