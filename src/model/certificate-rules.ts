/** What the plant file says of certificates: the server's own, and those that are judged. */
export interface CertificateRules {
  /** How long a certificate that the server makes for itself is valid, in milliseconds. */
  readonly validForMs: number
  /** How long before its end it is made anew, in milliseconds. */
  readonly renewBeforeMs: number
  /** Whether a revocation list holds on when the next one should have come. */
  readonly acceptsOverdueLists: boolean
}

const dayMs = 86_400_000

/** Nobody who forgets about certificates is to be stopped by them soon; what nobody can tell the revocation of is refused. */
export const defaultCertificateRules: CertificateRules = {
  validForMs: 3650 * dayMs,
  renewBeforeMs: 30 * dayMs,
  acceptsOverdueLists: false,
}
