import { X509Certificate } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { thumbprintOf } from '../../certificates/thumbprint.ts'
import { MillraceError, messageOf } from '../../model/errors.ts'
import { cellOf } from '../kept.ts'

/** Opens the certificates of the command line: `cli` in the folder of the certificates, made when it is missing. */
export async function openStore(certificatesFolder: string): Promise<OPCUACertificateManager> {
  const rootFolder = join(certificatesFolder, 'cli')
  try {
    // The key in it is for nobody else; the stack would make the folder for everybody.
    mkdirSync(rootFolder, { recursive: true, mode: 0o700 })
    const store = new OPCUACertificateManager({
      rootFolder,
      automaticallyAcceptUnknownCertificate: false,
      disableFileWatchers: true,
    })
    await store.initialize()
    return store
  } catch (cause) {
    throw new MillraceError('certificate-unusable', `${rootFolder} cannot be used: ${messageOf(cause)}`, { cause })
  }
}

/** File with the certificate of the command line. */
export function ownCertificateFile(store: OPCUACertificateManager): string {
  return join(store.rootDir, 'own', 'certs', 'client_certificate.pem')
}

/**
 * Trusts a server's certificate when it is the one of the plant whose folder this is, has the given thumbprint, or was trusted
 * before; throws `server-untrusted` otherwise.
 *
 * A certificate in the folder `own` is as good as one that somebody has compared: who can change that folder has the server's key.
 */
export async function requireTrust(
  store: OPCUACertificateManager,
  certificate: Buffer,
  wish: { readonly url: string; readonly thumbprint: string | undefined; readonly isOwn: boolean },
): Promise<void> {
  const { url, thumbprint: wanted, isOwn } = wish
  const thumbprint = thumbprintOf(certificate)
  const who = `${nameOf(certificate)}, thumbprint ${thumbprint}`
  if (wanted !== undefined && wanted !== thumbprint) {
    throw new MillraceError(
      'server-untrusted',
      `the certificate of ${url} is ${who}, not the one with thumbprint ${wanted}`,
    )
  }
  if (wanted !== undefined || isOwn) await store.trustCertificate(certificate)
  const status = await store.checkCertificate(certificate)
  if (status.isGood()) return
  const isUnknown = wanted === undefined && status.name === 'BadCertificateUntrusted'
  const remedy = isUnknown
    ? `; when it is the right one (millrace cert own tells it at the server), add --server-thumbprint ${thumbprint}, once`
    : ''
  throw new MillraceError(
    'server-untrusted',
    `the certificate of ${url} is ${who}, and is refused with ${status.name}${remedy}`,
  )
}

/** Whether a certificate is the one of the server that has its certificates in this folder. */
export async function isOwnServer(certificatesFolder: string, certificate: Buffer): Promise<boolean> {
  const own = await certificateIn(join(certificatesFolder, 'own', 'own', 'certs', 'certificate.pem'))
  return own?.equals(certificate) ?? false
}

/**
 * Puts the certificate of the command line among the trusted ones of the server that has its certificates in this folder, and out of the
 * refused ones. Whoever may write there decides whom the server trusts anyhow; over the wire nothing is trusted by itself.
 *
 * Resolves to false when it is there already. Throws `certificate-unusable` when it cannot be put there.
 */
export async function introduce(store: OPCUACertificateManager, certificatesFolder: string): Promise<boolean> {
  const file = ownCertificateFile(store)
  const own = await certificateIn(file)
  if (!own)
    throw new MillraceError('certificate-unusable', `${file} holds no certificate; remove it, and it is made anew`)
  const [trusted, rejected] = ['trusted', 'rejected'].map((name) => join(certificatesFolder, 'own', name))
  const trustedFolder = join(trusted ?? '', 'certs')
  try {
    const refusals = await filesOf(rejected ?? '', own)
    await Promise.all(refusals.map((refusal) => rm(refusal, { force: true })))
    if ((await filesOf(trustedFolder, own)).length > 0 && refusals.length === 0) return false
    await mkdir(trustedFolder, { recursive: true, mode: 0o700 })
    const draft = join(store.rootDir, `introduced-${process.pid}.pem`)
    await copyFile(file, draft)
    await rename(draft, join(trustedFolder, `millrace-cli[${thumbprintOf(own)}].pem`))
    return true
  } catch (cause) {
    throw new MillraceError(
      'certificate-unusable',
      `${file} cannot be put into ${trustedFolder}: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

/** The certificate of a file, or undefined when there is none. */
export async function certificateIn(file: string): Promise<Buffer | undefined> {
  try {
    return new X509Certificate(await readFile(file)).raw
  } catch {
    return undefined
  }
}

async function filesOf(folder: string, certificate: Buffer): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const found: string[] = []
  for (const name of names) {
    const file = join(folder, name)
    if ((await certificateIn(file))?.equals(certificate)) found.push(file)
  }
  return found
}

function nameOf(certificate: Buffer): string {
  const { subject } = new X509Certificate(certificate)
  return JSON.stringify(cellOf(/(?:^|\n)CN=(.*)/.exec(subject)?.[1] ?? 'no common name'))
}
