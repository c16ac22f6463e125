import { X509Certificate } from 'node:crypto'
import { certificateBytesMax } from './der.ts'
import { thumbprintOf } from './thumbprint.ts'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  ParsedCertificate,
  SubjectAlternativeNameExtension,
} from './x509.ts'

/** A certificate that was read, with what judges need to know of it. */
export interface Certificate {
  /** DER. */
  readonly raw: Buffer
  /** SHA-1 over the DER in lower-case hexadecimal: the name that OPC UA gives to certificates, not a proof of anything. */
  readonly thumbprint: string
  /** As `CN=a, O=b`; comes from outside, so show it with {@link nameOf} or {@link shown}. */
  readonly subject: string
  readonly issuer: string
  /** Lower-case hexadecimal without leading zeros. */
  readonly serial: string
  /** The first and the last moment of its validity, in milliseconds since 1970 UTC. */
  readonly notBefore: number
  readonly notAfter: number
  /** Bits of its RSA key; 0 when the key is none. */
  readonly keyBits: number
  /** Hash of its signature, such as `SHA-256`; empty when it is not known. */
  readonly hash: string
  /** URIs and host names or addresses among its alternative names. */
  readonly uris: readonly string[]
  readonly hosts: readonly string[]
  /** Flags of the extension KeyUsage; undefined when it has none. */
  readonly usages: number | undefined
  /** Object identifiers of the extension ExtendedKeyUsage; undefined when it has none. */
  readonly extendedUsages: readonly string[] | undefined
  /** Whether it may issue others, and how many authorities may stand below it. */
  readonly isAuthority: boolean
  readonly pathLengthMax: number | undefined
  /** Whether it was issued and signed by itself. */
  readonly isSelfSigned: boolean
  readonly x509: X509Certificate
}

/** Reads a certificate in DER. Throws an Error when it is none, or larger than one may be. */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > certificateBytesMax) {
    throw new Error(`a certificate has ${der.length} bytes; at most ${certificateBytesMax} are read`)
  }
  const raw = Buffer.from(der)
  const x509 = new X509Certificate(raw)
  if (x509.raw.length !== raw.length) throw new Error('there are bytes behind a certificate')
  const parsed = new ParsedCertificate(raw)
  const constraints = parsed.getExtension(BasicConstraintsExtension)
  const names = parsed.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const details = x509.publicKey.asymmetricKeyType === 'rsa' ? x509.publicKey.asymmetricKeyDetails : undefined
  return {
    raw,
    thumbprint: thumbprintOf(raw),
    subject: x509.subject,
    issuer: x509.issuer,
    serial: serialOf(x509.serialNumber),
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    keyBits: details?.modulusLength ?? 0,
    hash: hashOf(parsed),
    uris: names.filter(({ type }) => type === 'url').map(({ value }) => value),
    hosts: names.filter(({ type }) => type === 'dns' || type === 'ip').map(({ value }) => value),
    usages: parsed.getExtension(KeyUsagesExtension)?.usages,
    extendedUsages: parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String),
    isAuthority: constraints?.ca ?? false,
    pathLengthMax: constraints?.pathLength,
    isSelfSigned: x509.issuer === x509.subject && isSignedWith(x509, x509),
    x509,
  }
}

/** Whether a certificate was issued by another: the names fit, and the signature does. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.issuer === issuer.subject && isSignedWith(certificate.x509, issuer.x509)
}

function isSignedWith(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    // A key of another kind than the signature.
    return false
  }
}

function hashOf(parsed: ParsedCertificate): string {
  const { hash } = parsed.signatureAlgorithm as { readonly hash?: { readonly name?: string } }
  return hash?.name ?? ''
}

/** A serial number in one spelling. */
export function serialOf(hexadecimal: string): string {
  return hexadecimal.toLowerCase().replace(/^0+(?=.)/, '')
}

/** What a certificate is called: its common name, or its subject without one. */
export function nameOf({ subject }: Pick<Certificate, 'subject'>): string {
  return shown(/^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', '))
}

/** The whole subject on one line. */
export function subjectOf({ subject }: Pick<Certificate, 'subject'>): string {
  return shown(subject.replaceAll('\n', ', '), 200)
}

/** A text that came from outside: on one line, without control characters and what reverses the reading, and with an end. */
export function shown(text: string, max = 64): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get to a log or a terminal.
  const safe = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '·')
  return safe.length <= max ? safe : `${safe.slice(0, max - 1)}…`
}
