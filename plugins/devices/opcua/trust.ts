import { createHash, X509Certificate } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Rejected } from 'millrace/plugin'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { StatusCodes } from 'node-opcua-client'

/**
 * Opens our certificates as a client: `client` in the plant's folder for certificates, with the same subfolders as a server's.
 *
 * It is opened for each connection, so that a certificate that was moved by hand counts at the next attempt and nothing has
 * to watch the folder.
 */
export async function openStore(certificatesFolder: string): Promise<OPCUACertificateManager> {
  const rootFolder = join(certificatesFolder, 'client')
  // The key in it is for nobody else; the stack would make the folder for everybody.
  await mkdir(rootFolder, { recursive: true, mode: 0o700 })
  const store = new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: true,
  })
  await store.initialize()
  return store
}

/** Throws Rejected when a server's certificate is neither the one with the wanted thumbprint nor, without a wish, a trusted one. */
export async function requireTrust(
  store: OPCUACertificateManager,
  chain: Buffer,
  { url, thumbprint }: { readonly url: string; readonly thumbprint: string | undefined },
): Promise<void> {
  const certificate = new X509Certificate(chain)
  const own = thumbprintOf(certificate.raw)
  const who = `"${nameOf(certificate)}", thumbprint ${own}`
  if (thumbprint !== undefined) {
    const wanted = thumbprint.replaceAll(':', '').toLowerCase()
    if (own === wanted) return
    throw new Rejected(`the certificate of ${url} is ${who}, not the one with serverThumbprint ${wanted}`, {
      status: StatusCodes.BadCertificateUntrusted.value,
    })
  }
  const status = await store.checkCertificate(chain)
  if (status.isGood()) return
  const file = await fileOf(store.rejectedFolder, own)
  const remedy = file
    ? `to accept it, type millrace cert trust ${own} --for servers, or move ${join(store.rejectedFolder, file)} to ${store.trustedFolder}`
    : `trusted certificates stand in ${store.trustedFolder}`
  throw new Rejected(`the certificate of ${url} is refused with ${status.name}: ${who}; ${remedy}`, {
    status: status.value,
  })
}

function thumbprintOf(certificate: Uint8Array): string {
  return createHash('sha1').update(certificate).digest('hex')
}

function nameOf({ subject }: X509Certificate): string {
  return /(?:^|\n)CN=(.*)/.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ')
}

/** The file in a folder that holds the certificate with a thumbprint. */
async function fileOf(folder: string, thumbprint: string): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    try {
      const { raw } = new X509Certificate(await readFile(join(folder, name)))
      if (thumbprintOf(raw) === thumbprint) return name
    } catch {
      // Whatever else lies in the folder is no certificate.
    }
  }
  return undefined
}
