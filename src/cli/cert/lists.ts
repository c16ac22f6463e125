import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Certificate, nameOf, readCertificate } from '../../certificates/certificate.ts'
import { derPartsOf } from '../../certificates/der.ts'
import { type RevocationList, readRevocationList } from '../../certificates/revocation-list.ts'
import { type ListName, TrustStore } from '../../certificates/store.ts'
import { everything, type Found, named } from '../../certificates/trust.ts'
import { systemClock } from '../../model/clock.ts'
import { MillraceError, messageOf } from '../../model/errors.ts'
import { UsageError } from '../exit-code.ts'
import { table } from '../table.ts'
import { dayOf, detailsOf } from './details.ts'
import { type CertOptions, type Party, storeByParty } from './parties.ts'

const lists: readonly ListName[] = ['trusted', 'issuers', 'rejected']

/** Tells the certificates of the stores as a table, or as JSON. */
export async function list(folder: string, options: CertOptions & { readonly json?: boolean }): Promise<string> {
  const all = await allOf(folder, options)
  const rows = await Promise.all(all.map(async (found) => ({ found, note: await noteOf(found) })))
  if (options.json) return `${JSON.stringify(rows.map(plain), null, 2)}\n`
  if (rows.length === 0) return 'there are no certificates of others; refused clients appear here\n'
  const head = ['thumbprint', 'list', 'for', 'name', 'expires', 'note']
  return table([
    head,
    ...rows.map(({ found: { list: name, store, certificate }, note }) => {
      return [certificate.thumbprint, name, partyOf(store), nameOf(certificate), dayOf(certificate.notAfter), note]
    }),
  ])
}

/** Tells everything about one certificate. */
export async function show(folder: string, which: string, options: CertOptions): Promise<string> {
  const file = fileOf(which)
  if (file) {
    const { certificates } = await contentOf(file)
    return certificates.map((each) => detailsOf(each)).join('\n')
  }
  const found = named(await allOf(folder, options), which)
  const [first] = found
  if (!first) return ''
  const places = found.map(({ list: name, store }) => `${name} (${partyOf(store)})`)
  return detailsOf(first.certificate, [
    ['list', places.join(', ')],
    ['file', first.file],
    ['note', await noteOf(first)],
  ])
}

/** Trusts what is named, by thumbprint or by file. */
export async function trust(
  folder: string,
  which: readonly string[],
  options: CertOptions & { readonly issuer?: boolean },
): Promise<string> {
  const target: ListName = options.issuer ? 'issuers' : 'trusted'
  // Everything is looked up before anything is changed.
  const works: (() => Promise<string>)[] = []
  for (const each of which) {
    const file = fileOf(each)
    if (file) works.push(...(await worksOfFile(folder, file, target, options)))
    else {
      const [found] = named(await allOf(folder, options), each)
      if (found) works.push(() => put(found.store, target, found.certificate))
    }
  }
  return inOrder(works)
}

/** Moves certificates to the rejected ones. */
export async function reject(folder: string, which: readonly string[], options: CertOptions): Promise<string> {
  const all = await allOf(folder, options)
  const works = which.flatMap((each) =>
    distinct(named(all, each)).map(({ store, certificate }) => async () => {
      await store.put('rejected', certificate)
      return `rejected ${nameOf(certificate)}, ${certificate.thumbprint}${await stillIn(store, certificate)}\n`
    }),
  )
  return inOrder(works)
}

/** Takes certificates out of every list. */
export async function remove(folder: string, which: readonly string[], options: CertOptions): Promise<string> {
  const all = await allOf(folder, options)
  const works = which.flatMap((each) =>
    distinct(named(all, each)).map(({ store, certificate }) => async () => {
      await store.take(certificate.thumbprint, lists)
      return `removed ${nameOf(certificate)}, ${certificate.thumbprint}${await stillIn(store, certificate)}\n`
    }),
  )
  return inOrder(works)
}

async function inOrder(works: readonly (() => Promise<string>)[]): Promise<string> {
  let text = ''
  for (const work of works) {
    text += await work().catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === undefined) throw cause
      throw new MillraceError('certificate-unusable', `the list cannot be changed: ${messageOf(cause)}`, { cause })
    })
  }
  return text
}

async function put(store: TrustStore, target: ListName, certificate: Certificate): Promise<string> {
  await store.put(target, certificate)
  const what = target === 'issuers' ? 'known as an authority' : 'trusted'
  const note = target === 'issuers' ? '' : await whyStillRefused(store, certificate)
  return `${what}: ${nameOf(certificate)}, ${certificate.thumbprint} (${partyOf(store)})${note}\n`
}

/** What trusting does not mend. */
async function whyStillRefused(store: TrustStore, certificate: Certificate): Promise<string> {
  const { status, reason } = await verdictOn(store, certificate)
  if (status === 'Good' || certificate.isAuthority) return ''
  return `\n  it will be refused all the same: ${reason} (${status})`
}

/** A certificate that nobody trusts is let in all the same when its authority is trusted. */
async function stillIn(store: TrustStore, certificate: Certificate): Promise<string> {
  const { status } = await verdictOn(store, certificate)
  return status === 'Good'
    ? '\n  it is let in all the same, because its authority is trusted: reject that, or add its revocation list'
    : ''
}

async function verdictOn(store: TrustStore, certificate: Certificate) {
  return store.verdict(certificate.raw, systemClock.now())
}

async function worksOfFile(folder: string, file: string, target: ListName, options: CertOptions) {
  const store = storeOf(folder, options.for ?? 'clients')
  const { certificates, revocationLists } = await contentOf(file)
  const [leaf, ...above] = certificates
  return [
    ...(leaf ? [() => put(store, target, leaf)] : []),
    // What stands behind it is its chain.
    ...above.map((each) => () => put(store, 'issuers', each)),
    ...revocationLists.map((each) => async () => {
      await store.prepare()
      await store.putRevocationList('issuers', each)
      return `a revocation list is in use from now on (${partyOf(store)})\n`
    }),
  ]
}

async function contentOf(file: string) {
  const certificates: Certificate[] = []
  const revocationLists: RevocationList[] = []
  try {
    for (const der of derPartsOf(await readFile(file))) {
      try {
        certificates.push(readCertificate(der))
      } catch {
        revocationLists.push(readRevocationList(der))
      }
    }
    return { certificates, revocationLists }
  } catch (cause) {
    const reason = messageOf(cause).slice(0, 100)
    throw new MillraceError('certificate-invalid', `${file} is no certificate and no revocation list: ${reason}`, {
      cause,
    })
  }
}

/** The file that is meant, when it is no thumbprint. */
function fileOf(which: string): string | undefined {
  if (existsSync(which)) return which
  if (/[./\\]/.test(which)) throw new UsageError(`there is no file ${which}`)
  return undefined
}

function storeOf(folder: string, party: Party): TrustStore {
  return new TrustStore(join(folder, storeByParty[party]), party === 'users' ? 'user' : 'application')
}

function partyOf(store: TrustStore): string {
  const name = Object.entries(storeByParty).find(([, each]) => store.folder.endsWith(each))
  return name?.[0] ?? ''
}

async function allOf(folder: string, { for: party }: CertOptions): Promise<readonly Found[]> {
  const parties = party ? [party] : (Object.keys(storeByParty) as Party[])
  return everything(
    parties.map((each) => storeOf(folder, each)),
    lists,
  )
}

/** One of each store. */
function distinct(found: readonly Found[]): readonly Found[] {
  return found.filter((each, index) => found.findIndex(({ store }) => store === each.store) === index)
}

/** What is to be known before somebody relies on it. */
async function noteOf({ list: name, store, certificate }: Found): Promise<string> {
  if (name !== 'trusted' || certificate.isAuthority || partyOf(store) === 'servers') {
    return certificate.notAfter < systemClock.now() ? 'expired' : ''
  }
  const { status, reason } = await verdictOn(store, certificate)
  return status === 'Good' ? '' : `refused: ${reason}`
}

function plain({ found: { list: name, store, certificate, file }, note }: { found: Found; note: string }) {
  const { thumbprint, notBefore, notAfter, uris, hosts, keyBits } = certificate
  const span = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) }
  return {
    thumbprint,
    list: name,
    for: partyOf(store),
    name: nameOf(certificate),
    ...span,
    uris,
    hosts,
    keyBits,
    note,
    file,
  }
}
