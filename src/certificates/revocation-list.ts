import { type Certificate, serialOf } from './certificate.ts'
import { ParsedCertificate, X509Crl } from './x509.ts'

/** Bytes that a revocation list may have. */
export const revocationListBytesMax = 1024 * 1024

/** A revocation list that was read; whose it is shows only its signature. */
export interface RevocationList {
  /** DER. */
  readonly raw: Buffer
  /** When it was issued, in milliseconds since 1970 UTC. */
  readonly thisUpdate: number
  /** When the next one was to come, in milliseconds since 1970 UTC; undefined when it does not say so. */
  readonly nextUpdate: number | undefined
  /** Whether it was signed by this issuer. */
  isOf(issuer: Certificate): Promise<boolean>
  /** Whether it names this certificate. */
  revokes(certificate: Certificate): boolean
}

/** Reads a revocation list in DER. Throws an Error when it is none, or larger than one may be. */
export function readRevocationList(der: Uint8Array): RevocationList {
  if (der.length > revocationListBytesMax) throw new Error(`a revocation list has ${der.length} bytes`)
  const raw = Buffer.from(der)
  const list = new X509Crl(raw)
  const serials = new Set(list.entries.map(({ serialNumber }) => serialOf(serialNumber)))
  const verdicts = new Map<string, Promise<boolean>>()
  return {
    raw,
    thisUpdate: list.thisUpdate.getTime(),
    nextUpdate: list.nextUpdate?.getTime(),
    isOf(issuer) {
      const known = verdicts.get(issuer.thumbprint)
      if (known !== undefined) return known
      const verdict = isSignedBy(list, issuer)
      verdicts.set(issuer.thumbprint, verdict)
      return verdict
    },
    revokes: ({ serial }) => serials.has(serial),
  }
}

async function isSignedBy(list: X509Crl, issuer: Certificate): Promise<boolean> {
  try {
    const parsed = new ParsedCertificate(issuer.raw)
    return list.issuer === parsed.subject && (await list.verify({ publicKey: parsed }))
  } catch {
    return false
  }
}
