/** Bytes that one certificate may have; those of real clients have about one thousand. */
export const certificateBytesMax = 16 * 1024

/** Certificates that are looked at in what a client sends; a chain may have five, and what has more is refused. */
const partsMax = 64

/**
 * Splits certificates that stand one after the other in DER, as a client sends its chain (Part 6 §6.2.6), leaf first.
 *
 * Throws an Error when the lengths do not fit; nothing inside the certificates is looked at.
 */
export function splitChain(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  let offset = 0
  while (offset < bytes.length) {
    if (parts.length === partsMax) throw new Error(`there are more than ${partsMax} certificates`)
    const length = lengthAt(bytes, offset)
    if (offset + length > bytes.length) throw new Error('a certificate is cut off')
    parts.push(bytes.subarray(offset, offset + length))
    offset += length
  }
  return parts
}

/** The length of the DER sequence that begins there, with its head. */
function lengthAt(bytes: Uint8Array, offset: number): number {
  if (bytes[offset] !== 0x30) throw new Error('the bytes are no certificate')
  const first = bytes[offset + 1] ?? 0
  if (first < 0x80) return 2 + first
  const count = first - 0x80
  if (count < 1 || count > 3) throw new Error('a certificate has an impossible length')
  let length = 0
  for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[offset + 2 + index] ?? 0)
  return 2 + count + length
}

const pemBlock = /-----BEGIN (CERTIFICATE|X509 CRL|TRUSTED CERTIFICATE)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g

/** The DER parts of a file that is PEM or DER, in their order. Throws an Error when it is neither. */
export function derPartsOf(content: Buffer): readonly Uint8Array[] {
  const text = content.toString('latin1')
  if (!text.includes('-----BEGIN')) return splitChain(content)
  const parts = [...text.matchAll(pemBlock)].map((match) => Buffer.from(match[2] ?? '', 'base64'))
  if (parts.length === 0) throw new Error('the file has no certificate in it')
  return parts
}

/** A DER part as PEM. */
export function pemOf(kind: 'CERTIFICATE' | 'X509 CRL' | 'CERTIFICATE REQUEST', der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${kind}-----\n${lines.join('\n')}\n-----END ${kind}-----\n`
}
