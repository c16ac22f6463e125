import { createHash } from 'node:crypto'

/** The SHA-1 thumbprint by which OPC UA names certificates, in lower-case hexadecimal. */
export function thumbprintOf(der: Uint8Array): string {
  return createHash('sha1').update(der).digest('hex')
}
