import { accessSync, constants, mkdirSync } from 'node:fs'
import { isMillraceError, MillraceError, messageOf } from '../model/errors.ts'

/** Makes the certificate folder when it is missing; throws `certificate-unusable` when it cannot be written. */
export function prepareCertificateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw certificateUnusable(folder, cause)
  }
}

/** The error of a certificate folder that cannot be used; one that says so already is left as it is. */
export function certificateUnusable(folder: string, cause: unknown): MillraceError {
  if (isMillraceError(cause)) return cause
  const reason = messageOf(cause)
  return new MillraceError(
    'certificate-unusable',
    `certificate folder ${folder} cannot be used: ${reason}; check its permissions, or choose another with --certificates`,
    { cause },
  )
}
