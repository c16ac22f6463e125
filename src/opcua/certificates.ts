import { createHash, X509Certificate } from 'node:crypto'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OPCUACertificateManager, OPCUAServer, StatusCode } from 'node-opcua'
import { MillraceError, messageOf } from '../model/errors.ts'

/** Makes the certificate folder when it is missing; throws `certificate-unusable` when it cannot be written. */
export function prepareCertificateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw certificateUnusable(folder, cause)
  }
}

/** The error of a certificate folder that cannot be used. */
export function certificateUnusable(folder: string, cause: unknown): MillraceError {
  const reason = messageOf(cause)
  return new MillraceError(
    'certificate-unusable',
    `certificate folder ${folder} cannot be used: ${reason}; check its permissions, or choose another with --certificates`,
    { cause },
  )
}

/**
 * Tells who was refused and how to accept it.
 *
 * Being refused the first time is by design (Part 4 §6.1.3): nothing is trusted by itself. The client sees only
 * BadSecurityChecksFailed, so this line is the one place that says why.
 */
export function tellRefusedClients(server: OPCUAServer, tell: (kind: string, message: string) => void): void {
  const { rejectedFolder, trustedFolder } = server.serverCertificateManager as OPCUACertificateManager
  for (const endpoint of server.endpoints) {
    endpoint.onAdjustCertificateStatus = (status: StatusCode, certificate: Uint8Array) => {
      const thumbprint = thumbprintOf(certificate)
      tell(thumbprint, refusalOf(certificate, status.name, { rejectedFolder, trustedFolder }))
      return status
    }
  }
}

/** Trusts a client that was refused, at once and without a restart; false when no refused certificate has this thumbprint. */
export async function trustRefused(store: OPCUACertificateManager, thumbprint: string): Promise<boolean> {
  const wanted = thumbprint.replaceAll(':', '').toLowerCase()
  for (const name of await readdir(store.rejectedFolder)) {
    const certificate = await readCertificate(join(store.rejectedFolder, name))
    if (!certificate || thumbprintOf(certificate) !== wanted) continue
    await store.trustCertificate(certificate)
    return true
  }
  return false
}

/** The SHA-1 thumbprint by which OPC UA names certificates, in lower-case hexadecimal. */
export function thumbprintOf(certificate: Uint8Array): string {
  return createHash('sha1').update(certificate).digest('hex')
}

function refusalOf(
  certificate: Uint8Array,
  reason: string,
  { rejectedFolder, trustedFolder }: Pick<OPCUACertificateManager, 'rejectedFolder' | 'trustedFolder'>,
): string {
  const remedy = `; to accept it, move its file from ${rejectedFolder} to ${trustedFolder}`
  const how = reason === 'BadCertificateUntrusted' ? remedy : ''
  return `client refused: ${nameOf(certificate)}, thumbprint ${thumbprintOf(certificate)}, ${reason}${how}`
}

/** The common name of a certificate, without what could forge a log line. */
function nameOf(certificate: Uint8Array): string {
  try {
    const { subject } = new X509Certificate(certificate)
    const name = /^CN=(.*)$/m.exec(subject)?.[1] ?? 'no common name'
    return JSON.stringify(name.slice(0, 64))
  } catch {
    return 'an unreadable certificate'
  }
}

async function readCertificate(file: string): Promise<Buffer | undefined> {
  try {
    return new X509Certificate(await readFile(file)).raw
  } catch {
    // What else lies in the folder is not ours to judge.
    return undefined
  }
}
