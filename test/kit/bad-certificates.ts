import { KeyUsageFlags } from '../../src/certificates/x509.ts'
import { type Made, makeCertificate, makeKeys, makeRevocationList } from './certificate-workshop.ts'

/** A certificate that must be refused although it, or the authority above it, is trusted. */
export interface BadCertificate {
  readonly title: string
  readonly made: Made
  /** What the client sends. */
  readonly sent: Buffer
  /** Trusted authorities. */
  readonly trusted: readonly Made[]
  readonly issuers: readonly Made[]
  readonly revocationLists: readonly Buffer[]
  /** The verdict when it lies among the trusted ones. */
  readonly status: string
  /** The name of the type of the audit event then. */
  readonly event: string
}

const kinds = {
  expired: 'CertificateExpiredAuditEventType',
  invalid: 'CertificateInvalidAuditEventType',
  untrusted: 'CertificateUntrustedAuditEventType',
  revoked: 'CertificateRevokedAuditEventType',
  mismatch: 'CertificateMismatchAuditEventType',
  data: 'CertificateDataMismatchAuditEventType',
} as const

/** Makes one certificate of each kind that a server has to refuse. */
export async function makeBadCertificates(): Promise<readonly BadCertificate[]> {
  const row = (
    title: string,
    made: Made,
    [status, kind]: readonly [string, keyof typeof kinds],
    more: Partial<BadCertificate> = {},
  ): BadCertificate => ({
    ...{ title, made, sent: made.chain, trusted: [], issuers: [], revocationLists: [], status },
    event: kinds[kind],
    ...more,
  })
  const alone = [
    row('expired', await makeCertificate({ fromDays: -30, toDays: -1 }), ['BadCertificateTimeInvalid', 'expired']),
    row('not valid yet', await makeCertificate({ fromDays: 1 }), ['BadCertificateTimeInvalid', 'expired']),
    row('a key of 1024 bits', await makeCertificate({ bits: 1024 }), ['BadCertificatePolicyCheckFailed', 'invalid']),
    row('signed with SHA-1', await makeCertificate({ hash: 'SHA-1' }), ['BadCertificatePolicyCheckFailed', 'invalid']),
    row('no application URI', await makeCertificate({ uri: null }), ['BadCertificateUriInvalid', 'data']),
    row('a key that may not sign', await makeCertificate({ usages: KeyUsageFlags.keyEncipherment }), [
      'BadCertificateUseNotAllowed',
      'mismatch',
    ]),
    row('meant for servers only', await makeCertificate({ extended: ['1.3.6.1.5.5.7.3.1'] }), [
      'BadCertificateUseNotAllowed',
      'mismatch',
    ]),
    row(
      'very many names',
      await makeCertificate({ hosts: Array.from({ length: 1500 }, (_, n) => `host${n}.example`) }),
      ['BadCertificateInvalid', 'invalid'],
    ),
    row(
      'so many names that one chunk just carries them',
      await makeCertificate({ hosts: Array.from({ length: 5000 }, (_, n) => `h${n}.org`) }),
      ['BadCertificateInvalid', 'invalid'],
    ),
  ]
  return [...alone, ...(await chains(row))]
}

type Row = (
  title: string,
  made: Made,
  verdict: readonly [string, keyof typeof kinds],
  more?: Partial<BadCertificate>,
) => BadCertificate

async function chains(row: Row): Promise<readonly BadCertificate[]> {
  const root = await makeCertificate({ name: 'Root', isAuthority: true })
  const leaf = await makeCertificate({ name: 'Issued', issuer: root })
  const server = await makeCertificate({ name: 'NoAuthority' })
  const oldRoot = await makeCertificate({ name: 'OldRoot', isAuthority: true, fromDays: -20, toDays: -1 })
  const trustedRoot = { trusted: [root] }
  return [
    row('its authority is not known', leaf, ['BadCertificateChainIncomplete', 'untrusted'], {
      sent: leaf.der,
    }),
    row('revoked', leaf, ['BadCertificateRevoked', 'revoked'], {
      ...trustedRoot,
      revocationLists: [await makeRevocationList(root, [leaf])],
    }),
    row('no revocation list', leaf, ['BadCertificateRevocationUnknown', 'revoked'], trustedRoot),
    row('an overdue revocation list', leaf, ['BadCertificateRevocationUnknown', 'revoked'], {
      ...trustedRoot,
      revocationLists: [await makeRevocationList(root, [], { fromDays: -31, toDays: -1 })],
    }),
    row('revoked, by a list that is overdue', leaf, ['BadCertificateRevoked', 'revoked'], {
      ...trustedRoot,
      revocationLists: [
        await makeRevocationList(root),
        await makeRevocationList(root, [leaf], { fromDays: -31, toDays: -1 }),
      ],
    }),
    row('a revocation list that somebody else signed', leaf, ['BadCertificateRevocationUnknown', 'revoked'], {
      ...trustedRoot,
      revocationLists: [await makeRevocationList({ ...root, keys: await makeKeys() })],
    }),
    row('issued by what is no authority', await makeCertificate({ issuer: server }), [
      'BadCertificateIssuerUseNotAllowed',
      'mismatch',
    ]),
    row('its authority is expired', await makeCertificate({ issuer: oldRoot }), [
      'BadCertificateIssuerTimeInvalid',
      'expired',
    ]),
    row(
      'signed by somebody else than it says',
      await forged(root),
      ['BadSecurityChecksFailed', 'invalid'],
      trustedRoot,
    ),
    ...(await endless(row)),
  ]
}

async function endless(row: Row): Promise<readonly BadCertificate[]> {
  const [a, b] = await Promise.all(['LoopA', 'LoopB'].map((name) => makeCertificate({ name, isAuthority: true })))
  if (!a || !b) throw new Error('two were asked for')
  const aByB = await makeCertificate({ name: 'LoopA', isAuthority: true, keys: a.keys, issuer: bare(b) })
  const bByA = await makeCertificate({ name: 'LoopB', isAuthority: true, keys: b.keys, issuer: bare(a) })
  const looped = await makeCertificate({ name: 'Looped', issuer: bare(aByB) })
  const [six, chain] = await Promise.all([6, 40].map(chainOf))
  if (!six || !chain) throw new Error('two were asked for')
  return [
    row('a chain that is a loop', looped, ['BadSecurityChecksFailed', 'invalid'], {
      sent: Buffer.concat([looped, aByB, bByA].map(({ der }) => der)),
    }),
    row('a chain of 40', chain, ['BadSecurityChecksFailed', 'invalid']),
    row('a chain of 6', six, ['BadSecurityChecksFailed', 'invalid']),
  ]
}

/** The last of so many certificates, each issued by the one before. */
async function chainOf(count: number): Promise<Made> {
  let last = await makeCertificate({ name: 'Level1', isAuthority: true })
  for (let level = 2; level <= count; level += 1) {
    last = await makeCertificate({ name: `Level${level}`, isAuthority: level < count, keys: last.keys, issuer: last })
  }
  return last
}

/** Without its chain. */
function bare({ name, keys, der, certificate }: Made): Made {
  return { name, keys, der, certificate, chain: der }
}

async function forged(root: Made): Promise<Made> {
  return makeCertificate({ name: 'Forged', issuer: { ...bare(root), keys: await makeKeys() } })
}
