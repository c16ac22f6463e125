import { type Certificate, shown, subjectOf } from '../../certificates/certificate.ts'
import { table } from '../table.ts'

/** Everything that people compare about a certificate, one line each; lines without a text are left out. */
export function detailsOf(certificate: Certificate, more: readonly (readonly [string, string])[] = []): string {
  const { thumbprint, notBefore, notAfter, keyBits, hash, uris, hosts, issuer, isSelfSigned, serial } = certificate
  const rows: readonly (readonly [string, string])[] = [
    ['subject', subjectOf(certificate)],
    ['issuer', isSelfSigned ? 'itself' : subjectOf({ subject: issuer })],
    ['thumbprint', thumbprint],
    ['valid', `${dayOf(notBefore)} to ${dayOf(notAfter)}`],
    ['application', uris.map((uri) => shown(uri, 200)).join(', ')],
    [
      'hosts',
      hosts
        .slice(0, 50)
        .map((host) => shown(host))
        .join(', '),
    ],
    ['key', keyBits > 0 ? `RSA, ${keyBits} bits` : 'no RSA key'],
    ['signature', shown(hash, 20)],
    ['serial', shown(serial)],
    ...more,
  ]
  return table(rows.filter(([, text]) => text !== ''))
}

/** The day of a moment, in UTC. */
export function dayOf(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10)
}
