import { type Certificate, isIssuedBy, nameOf, readCertificate, shown } from './certificate.ts'
import { splitChain } from './der.ts'
import { isOverdue, nextUpdateOf } from './revocation-dates.ts'
import type { RevocationList } from './revocation-list.ts'
import { KeyUsageFlags } from './x509.ts'

/** What certificates are judged against. */
export interface TrustLists {
  /** Certificates that are accepted themselves, and authorities whose certificates are. */
  readonly trusted: readonly Certificate[]
  /** Authorities that are known, but not trusted for that. */
  readonly issuers: readonly Certificate[]
  readonly revocationLists: readonly RevocationList[]
}

/** What a certificate is for: an application that opens a channel, a person who logs in, or this server itself. */
export type Purpose = 'application' | 'user' | 'server'

/** Why a certificate is refused, by the status of Part 4 Table 100. */
export type Refusal =
  | 'BadCertificateInvalid'
  | 'BadCertificateChainIncomplete'
  | 'BadSecurityChecksFailed'
  | 'BadCertificatePolicyCheckFailed'
  | 'BadCertificateUntrusted'
  | 'BadCertificateTimeInvalid'
  | 'BadCertificateIssuerTimeInvalid'
  | 'BadCertificateUriInvalid'
  | 'BadCertificateUseNotAllowed'
  | 'BadCertificateIssuerUseNotAllowed'
  | 'BadCertificateRevocationUnknown'
  | 'BadCertificateIssuerRevocationUnknown'
  | 'BadCertificateRevoked'
  | 'BadCertificateIssuerRevoked'

/** What came of judging a certificate. */
export interface Verdict {
  readonly status: 'Good' | Refusal
  /** Why it was refused, for people; empty when it was not. */
  readonly reason: string
  /** What lets it in, where that is not what the status says. */
  readonly remedy?: string
  /** The certificate itself; absent when it could not be read. */
  readonly certificate?: Certificate | undefined
}

/** Certificates in a chain, the first and the last included (the bound that Part 4 leaves to servers). */
export const chainMax = 5

/** Bits of RSA keys (Part 7: the policies that are offered allow 2048 to 4096). */
export const keyBitsMin = 2048
const keyBitsMax = 4096

const strongHashes = ['SHA-256', 'SHA-384', 'SHA-512']
const serverAuthentication = '1.3.6.1.5.5.7.3.1'
const clientAuthentication = '1.3.6.1.5.5.7.3.2'
const anyUsage = '2.5.29.37.0'

/**
 * Judges the certificate of a client, given with its chain, in the order of Part 4 Table 100: what is wrong with the certificate
 * itself comes before trust, so that one that lies among the trusted ones is judged all the same; the dates, the names and the
 * usage come behind it, so that only a client that is trusted learns of them.
 */
export async function judge(
  bytes: Uint8Array,
  lists: TrustLists,
  { purpose, now, acceptsOverdue = false }: JudgeOptions,
): Promise<Verdict> {
  let sent: readonly Certificate[]
  try {
    const parts = splitChain(bytes)
    if (parts.length === 0) return { status: 'BadCertificateInvalid', reason: 'there is no certificate' }
    if (parts.length > chainMax) return tooLong(parts)
    sent = parts.map(readCertificate)
  } catch (error) {
    return { status: 'BadCertificateInvalid', reason: shown(error instanceof Error ? error.message : '', 100) }
  }
  const [certificate] = sent as [Certificate, ...Certificate[]]
  const built = pathOf(certificate, [...lists.trusted, ...lists.issuers, ...sent.slice(1)])
  const found =
    weakness([certificate]) ??
    ('refusal' in built ? built.refusal : undefined) ??
    weakness(built.path) ??
    distrust(built.path, lists) ??
    outOfTime(built.path, now) ??
    misuse(built.path, purpose) ??
    // Whether the server's own is revoked is for its clients to say.
    (purpose === 'server' ? undefined : await revocation(built.path, lists, acceptsOverdue ? undefined : now))
  return found ? { ...found, certificate } : { status: 'Good', reason: '', certificate }
}

/** How a certificate is judged. */
export interface JudgeOptions {
  readonly purpose: Purpose
  readonly now: number
  /** Whether a revocation list holds on when the next one should have come. */
  readonly acceptsOverdue?: boolean
}

const overdueRemedy =
  'to accept it: millrace cert trust and the file of the next list, or server.security.overdueRevocationLists: accept in the plant file'

type Found = Pick<Verdict, 'reason' | 'remedy'> & { readonly status: Refusal }

function tooLong(parts: readonly Uint8Array[]): Verdict {
  const reason = `the chain has ${parts.length} certificates; at most ${chainMax} are allowed`
  try {
    return { status: 'BadSecurityChecksFailed', reason, certificate: readCertificate(parts[0] ?? new Uint8Array()) }
  } catch {
    return { status: 'BadSecurityChecksFailed', reason }
  }
}

/** The way from a certificate up to an authority that issued itself; each step is a signature that was checked. */
function pathOf(
  certificate: Certificate,
  candidates: readonly Certificate[],
): { readonly path: readonly Certificate[]; readonly refusal?: Found } {
  const path = [certificate]
  for (let current = certificate; !current.isSelfSigned; ) {
    const named = candidates.filter(({ subject }) => subject === current.issuer)
    if (named.length === 0) {
      const reason = `the certificate of its issuer ${shown(current.issuer.replaceAll('\n', ', '), 100)} is not known`
      const isOwn = current.issuer === current.subject
      if (isOwn) return { path, refusal: { status: 'BadSecurityChecksFailed', reason: 'its signature is wrong' } }
      return { path, refusal: { status: 'BadCertificateChainIncomplete', reason } }
    }
    const issuer = named.find((each) => isIssuedBy(current, each))
    if (!issuer) return { path, refusal: { status: 'BadSecurityChecksFailed', reason: 'its signature is wrong' } }
    if (path.some(({ thumbprint }) => thumbprint === issuer.thumbprint)) {
      return { path, refusal: { status: 'BadSecurityChecksFailed', reason: 'its chain is a loop' } }
    }
    if (path.length === chainMax) {
      const reason = `its chain has more than ${chainMax} certificates`
      return { path, refusal: { status: 'BadSecurityChecksFailed', reason } }
    }
    path.push(issuer)
    current = issuer
  }
  return { path }
}

function weakness(path: readonly Certificate[]): Found | undefined {
  const status = 'BadCertificatePolicyCheckFailed'
  for (const [index, certificate] of path.entries()) {
    const { keyBits, hash } = certificate
    const whose = index === 0 ? 'its' : `the authority ${nameOf(certificate)} has a`
    if (keyBits === 0) return { status, reason: `${whose} key is no RSA key` }
    if (keyBits < keyBitsMin) return { status, reason: `${whose} key has ${keyBits} bits; ${keyBitsMin} are needed` }
    if (keyBits > keyBitsMax) return { status, reason: `${whose} key has ${keyBits} bits; ${keyBitsMax} are allowed` }
    if (!strongHashes.includes(hash)) {
      return { status, reason: `${whose} signature uses ${shown(hash, 20) || 'an unknown hash'}; SHA-256 is needed` }
    }
  }
  return undefined
}

function distrust(path: readonly Certificate[], { trusted }: TrustLists): Found | undefined {
  const isTrusted = path.some(({ thumbprint }) => trusted.some((each) => each.thumbprint === thumbprint))
  return isTrusted ? undefined : { status: 'BadCertificateUntrusted', reason: 'nobody has trusted it yet' }
}

function outOfTime(path: readonly Certificate[], now: number): Found | undefined {
  for (const [index, certificate] of path.entries()) {
    const status = index === 0 ? 'BadCertificateTimeInvalid' : 'BadCertificateIssuerTimeInvalid'
    const whose = index === 0 ? 'it' : `its authority ${nameOf(certificate)}`
    if (now < certificate.notBefore) {
      return { status, reason: `${whose} is valid only from ${dayOf(certificate.notBefore)} on; is the clock right?` }
    }
    if (now > certificate.notAfter) return { status, reason: `${whose} expired on ${dayOf(certificate.notAfter)}` }
  }
  return undefined
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** What a certificate must say about its use (Part 6 §6.2.2). */
function misuse(path: readonly Certificate[], purpose: Purpose): Found | undefined {
  const [certificate, ...issuers] = path as [Certificate, ...Certificate[]]
  const { uris, usages, extendedUsages } = certificate
  const isApplication = purpose !== 'user'
  if (isApplication && uris.length === 0) {
    return { status: 'BadCertificateUriInvalid', reason: 'it names no application URI' }
  }
  const status = 'BadCertificateUseNotAllowed'
  const needed = isApplication ? KeyUsageFlags.digitalSignature | KeyUsageFlags.dataEncipherment : 0
  const has = usages ?? (isApplication ? 0 : KeyUsageFlags.digitalSignature)
  if ((has & needed) !== needed || (has & KeyUsageFlags.digitalSignature) === 0) {
    return { status, reason: 'its key may not be used to sign and to encrypt' }
  }
  const role = purpose === 'server' ? serverAuthentication : clientAuthentication
  const isMeant = extendedUsages?.some((usage) => usage === role || usage === anyUsage) ?? true
  if (!isMeant) return { status, reason: `it is not meant for ${purpose === 'server' ? 'servers' : 'clients'}` }
  for (const [index, issuer] of issuers.entries()) {
    const may = issuer.isAuthority && ((issuer.usages ?? KeyUsageFlags.keyCertSign) & KeyUsageFlags.keyCertSign) !== 0
    // Authorities between this one and the certificate.
    if (!may || index > (issuer.pathLengthMax ?? index)) {
      return { status: 'BadCertificateIssuerUseNotAllowed', reason: `${nameOf(issuer)} may not issue it` }
    }
  }
  return undefined
}

async function revocation(
  path: readonly Certificate[],
  lists: TrustLists,
  now: number | undefined,
): Promise<Found | undefined> {
  for (const [index, certificate] of path.entries()) {
    const issuer = path[index + 1]
    if (!issuer) return undefined
    const isLeaf = index === 0
    const whose = isLeaf ? 'it' : `its authority ${nameOf(certificate)}`
    const issued: RevocationList[] = []
    for (const list of lists.revocationLists) if (await list.isOf(issuer)) issued.push(list)
    const unknown = isLeaf ? 'BadCertificateRevocationUnknown' : 'BadCertificateIssuerRevocationUnknown'
    if (issued.length === 0) {
      return { status: unknown, reason: `there is no revocation list of ${nameOf(issuer)}` }
    }
    if (issued.some((list) => list.revokes(certificate))) {
      const status = isLeaf ? 'BadCertificateRevoked' : 'BadCertificateIssuerRevoked'
      return { status, reason: `${whose} was revoked by ${nameOf(issuer)}` }
    }
    // Nobody can tell what was revoked since.
    if (now !== undefined && isOverdue(issued, now)) {
      const reason = `the revocation list of ${nameOf(issuer)} is overdue since ${dayOf(nextUpdateOf(issued))}`
      return { status: unknown, reason, remedy: overdueRemedy }
    }
  }
  return undefined
}
