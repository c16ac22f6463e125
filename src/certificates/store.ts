import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makePrivateFolder } from '../files/private-files.ts'
import { writeWhole } from '../files/write-whole.ts'
import { type Certificate, nameOf, readCertificate } from './certificate.ts'
import { derPartsOf, pemOf } from './der.ts'
import { judge, type Purpose, type TrustLists, type Verdict } from './judge.ts'
import { type RevocationList, readRevocationList, revocationListBytesMax } from './revocation-list.ts'
import { thumbprintOf } from './thumbprint.ts'

/** Where certificates lie in a store, as every OPC UA stack lays it out (Part 12 Annex F). */
export const folders = {
  trusted: 'trusted/certs',
  issuers: 'issuers/certs',
  rejected: 'rejected',
  trustedRevocations: 'trusted/crl',
  issuerRevocations: 'issuers/crl',
} as const

const revocationFolders = { trusted: folders.trustedRevocations, issuers: folders.issuerRevocations } as const

/** A revocation list in a store. */
export interface StoredRevocationList {
  readonly file: string
  readonly list: RevocationList
}

/** A list of a store. */
export type ListName = 'trusted' | 'issuers' | 'rejected'

/** A certificate in a store. */
export interface Stored {
  readonly list: ListName
  readonly file: string
  readonly certificate: Certificate
}

/** Certificates of refused clients that are kept; anybody can send one, so the oldest make room. */
export const rejectedMax = 100

/** Files that one list may have; more are not read. */
const filesMax = 2000

interface Parsed {
  readonly key: string
  readonly parts: readonly Certificate[]
  readonly revocations: readonly RevocationList[]
}

/**
 * One store of certificates in a folder.
 *
 * The folder is the truth: it is looked at each time a certificate is judged, and only files that have changed are read again. So
 * whatever another program does to it holds from the next connection on.
 */
export class TrustStore {
  readonly folder: string
  readonly purpose: Purpose
  /** Whether a revocation list holds on when the next one should have come. */
  readonly acceptsOverdue: boolean
  /** What was read last of each folder. */
  readonly #known = new Map<string, ReadonlyMap<string, Parsed>>()
  #looking: Promise<TrustLists> | undefined
  #stamp = ''
  #version = 0

  constructor(
    folder: string,
    purpose: Purpose,
    { acceptsOverdue = false }: { readonly acceptsOverdue?: boolean } = {},
  ) {
    this.folder = folder
    this.purpose = purpose
    this.acceptsOverdue = acceptsOverdue
  }

  /** Grows whenever a look finds other lists than the one before. */
  get version(): number {
    return this.#version
  }

  /** Makes the folders that are missing. Rejects with the error of the file system. */
  async prepare(): Promise<void> {
    for (const name of Object.values(folders)) await makePrivateFolder(join(this.folder, name))
  }

  /** The lists as they are now. */
  lists(): Promise<TrustLists> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Judges a certificate with its chain, and keeps nothing of it. */
  async verdict(bytes: Uint8Array, now: number, acceptsOverdue = this.acceptsOverdue): Promise<Verdict> {
    return judge(bytes, await this.lists(), { purpose: this.purpose, now, acceptsOverdue })
  }

  /**
   * Judges what a client sent. One that nobody has trusted is kept among the rejected ones, so that it can be looked at and trusted;
   * resolves all the same when that cannot be written.
   */
  async judge(bytes: Uint8Array, now: number): Promise<Verdict> {
    const verdict = await this.verdict(bytes, now)
    const { certificate, status } = verdict
    const lacksTrust = status === 'BadCertificateUntrusted' || status === 'BadCertificateChainIncomplete'
    if (certificate && lacksTrust) await this.#remember(certificate).catch(() => undefined)
    return verdict
  }

  /** The certificates of a list, in the order of their files; what is none is left out. */
  async list(name: ListName): Promise<readonly Stored[]> {
    const read = await this.#read(folders[name])
    return [...read].flatMap(([file, { parts }]) => {
      const [certificate] = parts
      return certificate ? [{ list: name, file, certificate }] : []
    })
  }

  /** The revocation lists beside the trusted certificates, or beside the issuers. */
  async revocationLists(of: 'trusted' | 'issuers'): Promise<readonly StoredRevocationList[]> {
    const read = await this.#read(revocationFolders[of])
    return [...read].flatMap(([file, { revocations }]) => revocations.map((list) => ({ file, list })))
  }

  /** Puts a certificate into a list. One that was refused is not among the rejected ones any more. */
  async put(list: ListName, certificate: Certificate): Promise<void> {
    await this.prepare()
    const name = fileNameOf(certificate)
    await writeWhole(join(this.folder, folders[list], name), pemOf('CERTIFICATE', certificate.raw))
    if (list !== 'rejected') await this.take(certificate.thumbprint, ['rejected'])
    if (list === 'rejected') await this.take(certificate.thumbprint, ['trusted', 'issuers'])
  }

  /** Takes a certificate out of lists. Resolves to whether it was in one. */
  async take(thumbprint: string, lists: readonly ListName[]): Promise<boolean> {
    let isTaken = false
    for (const list of lists) {
      for (const { file, certificate } of await this.list(list)) {
        if (certificate.thumbprint !== thumbprint) continue
        await rm(file, { force: true })
        isTaken = true
      }
    }
    return isTaken
  }

  /** Puts a revocation list in place; the issuer's earlier one stays, since what was revoked stays revoked. */
  async putRevocationList(of: 'trusted' | 'issuers', list: RevocationList): Promise<void> {
    await writeWhole(join(this.folder, revocationFolders[of], `${thumbprintOf(list.raw)}.crl`), list.raw)
  }

  async #look(): Promise<TrustLists> {
    const [trusted, issuers, ...revocations] = await Promise.all([
      this.#read(folders.trusted),
      this.#read(folders.issuers),
      this.#read(folders.trustedRevocations),
      this.#read(folders.issuerRevocations),
    ])
    const all = new Map([...trusted, ...issuers, ...revocations.flatMap((each) => [...each])])
    const stamp = [...all].map(([file, { key }]) => `${file} ${key}`).join('\n')
    if (stamp !== this.#stamp) this.#version += 1
    this.#stamp = stamp
    return {
      trusted: [...trusted.values()].flatMap(({ parts }) => parts.slice(0, 1)),
      // What lies behind a trusted certificate in its file is known, and no more.
      issuers: [...issuers.values(), ...trusted.values()].flatMap(({ parts }) => parts),
      revocationLists: [...all.values()].flatMap(({ revocations: lists }) => lists),
    }
  }

  /** The files of a folder that can be read; those that have not changed since the last time are not read again. */
  async #read(folder: string): Promise<ReadonlyMap<string, Parsed>> {
    const known = this.#known.get(folder)
    const found = new Map<string, Parsed>()
    const path = join(this.folder, folder)
    const names = await readdir(path).catch(() => [])
    for (const name of names.sort().slice(0, filesMax)) {
      if (name.startsWith('.') || name.endsWith('.tmp')) continue
      const file = join(path, name)
      const parsed = await parsedOf(file, known?.get(file)).catch(() => undefined)
      if (parsed) found.set(file, parsed)
    }
    this.#known.set(folder, found)
    return found
  }

  async #remember(certificate: Certificate): Promise<void> {
    const file = join(this.folder, folders.rejected, fileNameOf(certificate))
    const now = new Date()
    const isThere = await utimes(file, now, now).then(
      () => true,
      () => false,
    )
    if (isThere) return
    await this.#makeRoom()
    await writeWhole(file, pemOf('CERTIFICATE', certificate.raw))
  }

  async #makeRoom(): Promise<void> {
    const path = join(this.folder, folders.rejected)
    const names = await readdir(path).catch(() => [])
    if (names.length < rejectedMax) return
    const files = await Promise.all(
      names.map(async (name) => ({ file: join(path, name), at: (await stat(join(path, name))).mtimeMs })),
    )
    files.sort((a, b) => a.at - b.at)
    for (const { file } of files.slice(0, files.length - rejectedMax + 1)) await rm(file, { force: true })
  }
}

async function parsedOf(file: string, known: Parsed | undefined): Promise<Parsed | undefined> {
  const info = await stat(file)
  if (!info.isFile() || info.size > revocationListBytesMax * 2) return undefined
  const key = `${info.mtimeMs} ${info.size} ${info.ino}`
  if (known?.key === key) return known
  const parts: Certificate[] = []
  const revocations: RevocationList[] = []
  for (const der of derPartsOf(await readFile(file))) {
    try {
      parts.push(readCertificate(der))
    } catch {
      revocations.push(readRevocationList(der))
    }
  }
  return { key, parts, revocations }
}

/** The common name, as far as every file system takes it, and the thumbprint. */
function fileNameOf(certificate: Certificate): string {
  const name = nameOf(certificate)
    .replaceAll(/[^\w@.-]+/g, '_')
    .slice(0, 48)
  return `${name}[${certificate.thumbprint}].pem`
}
