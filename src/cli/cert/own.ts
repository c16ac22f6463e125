import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Certificate, nameOf, readCertificate } from '../../certificates/certificate.ts'
import { derPartsOf, pemOf } from '../../certificates/der.ts'
import { type Identity, makeKey, signingRequest } from '../../certificates/issue.ts'
import { applicationUriOf, machineHosts } from '../../certificates/names.ts'
import { belongs, daysLeft, makeOwn, type OwnPair, ownFiles, readOwn, replaceOwn } from '../../certificates/own.ts'
import { systemClock } from '../../model/clock.ts'
import { MillraceError, messageOf } from '../../model/errors.ts'
import { detailsOf } from './details.ts'
import { storeByParty } from './parties.ts'

/** Tells who the server is. */
export async function tellOwn(folder: string): Promise<string> {
  const store = storeOf(folder)
  const own = await readOwn(store)
  const [leaf] = own?.chain ?? []
  if (!leaf) return 'there is none yet; the first start of the plant, or millrace cert renew, makes it\n'
  return detailsOf(leaf, [
    ['days left', String(daysLeft(leaf, systemClock.now()))],
    ['file', ownFiles(store).certificate],
  ])
}

/** How another certificate is made. */
export interface Renewal {
  readonly newKey?: boolean
  /** In milliseconds; as long as usual when absent. */
  readonly validFor?: number
  /** Names besides those of the machine. */
  readonly host?: readonly string[]
}

/** Makes another certificate, signed by itself, with the names of this machine as they are now. */
export async function renew(folder: string, { newKey, validFor, host = [] }: Renewal): Promise<string> {
  const store = storeOf(folder)
  const old = await readOwn(store)
  const identity = identityOf(old, host)
  const key = newKey ? await makeKey() : old?.key
  const made = await writing(() => makeOwn(store, identity, { now: systemClock.now(), key, validForMs: validFor }))
  const [leaf] = made.chain
  return `${leaf ? detailsOf(leaf) : ''}a plant that runs uses it from now on; clients that trusted the old one have to trust it\n`
}

/** Writes a request for a certificate, which names what the own one names. */
export async function request(folder: string, output: string): Promise<string> {
  const own = await existing(folder)
  const identity = identityOf(own, [])
  const pem = pemOf('CERTIFICATE REQUEST', await signingRequest(own.key, identity))
  await writeFile(output, pem, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw new MillraceError('file-exists', `${output} is there already`, { cause })
    throw new MillraceError('file-unreadable', `${output} cannot be written: ${messageOf(cause)}`, { cause })
  })
  return `${output} is to be signed by an authority; then: millrace cert use and the file that comes back\n`
}

/** Puts a certificate in place that an authority has signed for the own key. */
export async function use(folder: string, file: string): Promise<string> {
  const own = await existing(folder)
  const chain = await chainOf(file)
  const [leaf] = chain
  if (!leaf || !belongs(leaf, own.key)) {
    throw new MillraceError(
      'certificate-invalid',
      `${file} was not made for the key of this server; ask for one with millrace cert request`,
    )
  }
  if (!leaf.uris.includes(applicationUriOf())) {
    const reason = `it names ${leaf.uris[0] ?? 'no application'}, but this server is ${applicationUriOf()}`
    throw new MillraceError('certificate-invalid', `${file} cannot be used: ${reason}`)
  }
  await writing(() => replaceOwn(storeOf(folder), { chain, key: own.key }))
  return `${detailsOf(leaf)}a plant that runs uses it from now on\n`
}

async function chainOf(file: string): Promise<readonly Certificate[]> {
  try {
    return derPartsOf(await readFile(file)).map(readCertificate)
  } catch (cause) {
    throw new MillraceError('certificate-invalid', `${file} is no certificate: ${messageOf(cause).slice(0, 100)}`, {
      cause,
    })
  }
}

async function existing(folder: string): Promise<OwnPair> {
  const store = storeOf(folder)
  return (
    (await readOwn(store)) ??
    (await writing(() => makeOwn(store, identityOf(undefined, []), { now: systemClock.now() })))
  )
}

/** Names of the machine, and what the certificate before had besides; addresses change, so only those of now are taken. */
function identityOf(old: OwnPair | undefined, more: readonly string[]): Identity {
  const [leaf] = old?.chain ?? []
  const named = (leaf?.hosts ?? []).filter((host) => !/^[\d.]+$|:/.test(host) && host !== hostname())
  const name = leaf ? nameOf(leaf).replace(/@.*$/, '') : 'Millrace'
  return { applicationUri: applicationUriOf(), name, hosts: [...new Set([...machineHosts(), ...named, ...more])] }
}

function storeOf(folder: string): string {
  return join(folder, storeByParty.clients)
}

async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    throw new MillraceError('certificate-unusable', `the certificate cannot be written: ${messageOf(cause)}`, { cause })
  }
}
