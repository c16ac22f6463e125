import { stat } from 'node:fs/promises'
import type { CertificateRules } from '../model/certificate-rules.ts'
import { messageOf } from '../model/errors.ts'
import { type Certificate, nameOf } from './certificate.ts'
import { type WarningDay, warningFor } from './expiry.ts'
import type { Identity } from './issue.ts'
import { closeKeyFile, daysLeft, isRenewable, makeOwn, missingHosts, type OwnPair, ownFiles, readOwn } from './own.ts'

/** Takes a line of the log. */
type Log = (level: 'warn' | 'error', message: string) => void

/** Something that became of the server's own certificate. */
export type OwnCertificateNews =
  | { readonly kind: 'expires'; readonly certificate: Certificate; readonly daysLeft: number; readonly message: string }
  | { readonly kind: 'renewed'; readonly certificate: Certificate; readonly old: string; readonly message: string }

/** What taking care of the own certificate needs. */
export interface OwnCertificateOptions {
  /** Folder of the store that holds it. */
  readonly folder: string
  readonly identity: Identity
  /** Host names and addresses of its endpoints. */
  readonly reachedBy: readonly string[]
  readonly rules: Pick<CertificateRules, 'validForMs' | 'renewBeforeMs'>
  readonly log: Log
  readonly now: () => number
}

/**
 * The certificate by which clients know the server: made when there is none, made anew in time, and looked at again and again,
 * because somebody may put another one in its place.
 */
export class OwnCertificate {
  readonly #options: OwnCertificateOptions
  #pair: OwnPair
  #told: WarningDay | undefined
  #seen = ''

  private constructor(options: OwnCertificateOptions, pair: OwnPair) {
    this.#options = options
    this.#pair = pair
  }

  /** Reads it, or makes it. Rejects with `certificate-unusable` when what is there cannot be used. */
  static async open(options: OwnCertificateOptions): Promise<OwnCertificate> {
    const { folder, identity, rules, log, now } = options
    const mode = await closeKeyFile(folder)
    if (mode !== undefined) {
      log(
        'warn',
        `the private key could be read by others (its mode was ${mode}); it is 600 now; if somebody may have read it, make another: millrace cert renew --new-key`,
      )
    }
    const found = await readOwn(folder)
    const own = new OwnCertificate(
      options,
      found ?? (await makeOwn(folder, identity, { now: now(), validForMs: rules.validForMs })),
    )
    if (found) own.#tellMismatch()
    return own
  }

  get certificate(): Certificate {
    return leafOf(this.#pair)
  }

  get pair(): OwnPair {
    return this.#pair
  }

  /** Who it is for: with all names that it has now. */
  get identity(): Identity {
    const { identity } = this.#options
    return { ...identity, hosts: [...new Set([...identity.hosts, ...this.certificate.hosts])] }
  }

  get files(): ReturnType<typeof ownFiles> {
    return ownFiles(this.#options.folder)
  }

  /** Takes up a certificate that was put in place meanwhile, and makes it anew when it is time. Resolves to what became of it. */
  async look(): Promise<readonly OwnCertificateNews[]> {
    const news: OwnCertificateNews[] = []
    const found = await this.#changed()
    if (found && leafOf(found).thumbprint !== this.certificate.thumbprint) news.push(this.#taken(found))
    const { now, rules } = this.#options
    const left = daysLeft(this.certificate, now())
    const isDue = this.certificate.notAfter - now() <= rules.renewBeforeMs
    if (!isRenewable(this.#pair)) news.push(...this.#warning(left))
    else if (isDue) news.push(this.#taken(await this.#renew()))
    return news
  }

  /** What stands in the files, when they are others than at the last look. */
  async #changed(): Promise<OwnPair | undefined> {
    const { folder, log } = this.#options
    const { certificate, key, nextCertificate } = this.files
    const seen = (await Promise.all([certificate, key, nextCertificate].map(markOf))).join(' ')
    if (seen === this.#seen) return undefined
    this.#seen = seen
    try {
      return await readOwn(folder)
    } catch (error) {
      // The one in use stays, until what was put there can be used.
      log('error', `the certificate of the server stays as it is: ${messageOf(error)}`)
      return undefined
    }
  }

  async #renew(): Promise<OwnPair> {
    const { folder, now, rules } = this.#options
    return makeOwn(folder, this.identity, { now: now(), key: this.#pair.key, validForMs: rules.validForMs })
  }

  #taken(pair: OwnPair): OwnCertificateNews {
    const old = this.certificate.thumbprint
    this.#pair = pair
    this.#told = undefined
    this.#tellMismatch()
    const { thumbprint, notAfter } = this.certificate
    const until = dayOf(notAfter)
    const message = `the server has another certificate: thumbprint ${thumbprint}, valid until ${until}; clients that trusted the old one have to trust it`
    return { kind: 'renewed', certificate: this.certificate, old, message }
  }

  #warning(left: number): readonly OwnCertificateNews[] {
    const day = warningFor(left)
    if (day === this.#told) return []
    this.#told = day
    if (day === undefined) return []
    const { notAfter } = this.certificate
    const isOver = notAfter < this.#options.now()
    const when = isOver ? `expired on ${dayOf(notAfter)}` : `expires on ${dayOf(notAfter)}, in ${left} days`
    const message = `the certificate of the server ${when}; it was issued by ${issuerOf(this.certificate)}, so ask there for another (millrace cert request), or make one with millrace cert renew`
    return [{ kind: 'expires', certificate: this.certificate, daysLeft: left, message }]
  }

  /** Clients compare the names in the certificate with the ones that they use (Part 4 §6.1.3). */
  #tellMismatch(): void {
    const { identity, reachedBy, log } = this.#options
    const { uris } = this.certificate
    const missing = missingHosts(this.certificate, reachedBy)
    if (uris[0] !== identity.applicationUri) {
      log(
        'warn',
        `the certificate of the server names another application (${uris[0] ?? 'none'}) than this one (${identity.applicationUri}), so clients will refuse it; has the host name changed? make another: millrace cert renew`,
      )
    } else if (missing.length > 0) {
      log(
        'warn',
        `the certificate of the server does not name ${missing.join(', ')}, so clients that connect there may refuse it; make another: millrace cert renew`,
      )
    }
  }
}

/** Differs whenever another file was put in place. */
function markOf(file: string): Promise<string> {
  return stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
    () => '-',
  )
}

function leafOf({ chain }: OwnPair): Certificate {
  const [leaf] = chain
  if (!leaf) throw new Error('a chain has at least one certificate')
  return leaf
}

function issuerOf({ subject, issuer }: Certificate): string {
  return subject === issuer ? 'itself' : nameOf({ subject: issuer })
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
