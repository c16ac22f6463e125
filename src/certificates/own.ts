import { createPrivateKey, createPublicKey } from 'node:crypto'
import { access, chmod, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makePrivateFolder } from '../files/private-files.ts'
import { writeWhole } from '../files/write-whole.ts'
import { defaultCertificateRules } from '../model/certificate-rules.ts'
import { MillraceError, messageOf } from '../model/errors.ts'
import { type Certificate, isIssuedBy, readCertificate } from './certificate.ts'
import { derPartsOf, pemOf } from './der.ts'
import { type Identity, makeKey, selfSigned } from './issue.ts'

/** Clocks of clients may be behind by so much, in milliseconds. */
const clockSlackMs = 3_600_000

const dayMs = 86_400_000

/** Who this server is: its certificate with its chain, and its key. */
export interface OwnPair {
  /** The leaf first. */
  readonly chain: readonly Certificate[]
  /** PEM. */
  readonly key: string
}

/** The files of the own certificate in a store. */
export function ownFiles(folder: string) {
  const [certificates, keys] = [join(folder, 'own', 'certs'), join(folder, 'own', 'private')]
  return {
    ...{ certificates, keys },
    certificate: join(certificates, 'certificate.pem'),
    key: join(keys, 'private_key.pem'),
    nextCertificate: join(certificates, 'certificate.pem.next'),
    nextKey: join(keys, 'private_key.pem.next'),
  }
}

/**
 * Reads the own certificate and its key; undefined when there is none yet.
 *
 * A replacement that was cut off is brought to its end first. Throws `certificate-unusable` when one of the two files is missing or
 * cannot be read, or they do not belong together.
 */
export async function readOwn(folder: string): Promise<OwnPair | undefined> {
  const files = ownFiles(folder)
  await finishReplacement(files)
  const [certificate, key] = await Promise.all([contentOf(files.certificate), contentOf(files.key)])
  if (certificate === undefined) return undefined
  if (key === undefined) throw unusable(files.certificate, `its key ${files.key} is missing`)
  try {
    const chain = derPartsOf(certificate).map(readCertificate)
    const [leaf] = chain
    if (!leaf) throw new Error('it is empty')
    const pair = { chain, key: key.toString('utf8') }
    if (!belongs(leaf, pair.key)) throw new Error(`it does not belong to the key ${files.key}`)
    return pair
  } catch (error) {
    throw unusable(files.certificate, messageOf(error))
  }
}

/** Whether a key is the one of a certificate. Throws an Error when the key cannot be read. */
export function belongs(certificate: Certificate, key: string): boolean {
  const mine = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' })
  return certificate.x509.publicKey.export({ type: 'spki', format: 'der' }).equals(mine)
}

/** How a certificate is made. */
export interface Making {
  readonly now: number
  /** A key to use again. */
  readonly key?: string | undefined
  /** How long it is valid; as long as usual when absent. */
  readonly validForMs?: number | undefined
}

/** Makes a certificate that is signed by its own key, and puts it in place; a key that is given is used again. */
export async function makeOwn(
  folder: string,
  identity: Identity,
  { now, key, validForMs = defaultCertificateRules.validForMs }: Making,
): Promise<OwnPair> {
  const used = key ?? (await contentOf(ownFiles(folder).key))?.toString('utf8') ?? (await makeKey())
  const span = { notBefore: now - clockSlackMs, notAfter: now + validForMs }
  const pair = { chain: [readCertificate(await selfSigned(used, identity, span))], key: used }
  await replaceOwn(folder, pair)
  return pair
}

/**
 * Puts a certificate and its key in place of the ones that are there. After a crash in between, {@link readOwn} brings it to its
 * end or finds the old pair, never a mixture.
 */
export async function replaceOwn(folder: string, { chain, key }: OwnPair): Promise<void> {
  const files = ownFiles(folder)
  await makePrivateFolder(files.certificates)
  await makePrivateFolder(files.keys)
  await writeWhole(files.nextKey, key, 0o600)
  // From here on it is brought to its end.
  await writeWhole(files.nextCertificate, chain.map(({ raw }) => pemOf('CERTIFICATE', raw)).join(''))
  await finishReplacement(files)
}

async function finishReplacement(files: ReturnType<typeof ownFiles>): Promise<void> {
  if (await isThere(files.nextCertificate)) {
    await moveIfThere(files.nextKey, files.key)
    await moveIfThere(files.nextCertificate, files.certificate)
  }
}

/** Another program may look at the folder at the same time, and be quicker. */
async function moveIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw unusable(from, messageOf(error))
  })
}

/**
 * Makes sure that nobody else may read the private key.
 *
 * Resolves to the mode that it had when others could, such as `644`; it is 600 then. Rejects with `certificate-unusable` when that
 * cannot be changed: a key that others read is no proof of anything.
 */
export async function closeKeyFile(folder: string): Promise<string | undefined> {
  const { key } = ownFiles(folder)
  const info = await stat(key).catch(() => undefined)
  if (!info || process.platform === 'win32' || (info.mode & 0o077) === 0) return undefined
  const mode = (info.mode & 0o777).toString(8)
  try {
    await chmod(key, 0o600)
    return mode
  } catch (cause) {
    throw unusable(key, `others may read it (its mode is ${mode}), and that cannot be changed: ${messageOf(cause)}`)
  }
}

/** Whole days until a certificate expires; 0 on its last day and after it. */
export function daysLeft({ notAfter }: Pick<Certificate, 'notAfter'>, now: number): number {
  return Math.max(0, Math.floor((notAfter - now) / dayMs))
}

/** Names and addresses that a certificate should have and has not. */
export function missingHosts({ hosts }: Pick<Certificate, 'hosts'>, wanted: readonly string[]): readonly string[] {
  const known = new Set(hosts.map((host) => host.toLowerCase()))
  return wanted.filter((host) => !known.has(host.toLowerCase()))
}

/** Whether it can be made anew without asking anybody: it was signed by its own key. */
export function isRenewable({ chain: [leaf] }: OwnPair): boolean {
  return leaf !== undefined && leaf.isSelfSigned && isIssuedBy(leaf, leaf)
}

function unusable(file: string, reason: string): MillraceError {
  return new MillraceError(
    'certificate-unusable',
    `${file} cannot be used: ${reason}; put the certificate and its key back, or move both away and new ones are made`,
  )
}

async function contentOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(file, messageOf(cause))
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
