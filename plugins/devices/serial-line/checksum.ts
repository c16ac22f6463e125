import { crc16 } from '../modbus/crc16.ts'

/** Checksums that serial devices use. */
export const checksums = ['none', 'xor', 'sum8', 'lrc', 'crc16-modbus', 'crc16-ccitt'] as const

/** Name of a checksum. */
export type Checksum = (typeof checksums)[number]

/** How a checksum stands in a frame. */
export interface ChecksumForm {
  readonly checksum: Checksum
  /** As bytes, or as hexadecimal digits. */
  readonly checksumAs: 'binary' | 'hex'
  /** Order of the bytes of a 16-bit checksum. */
  readonly checksumOrder: 'big' | 'little'
}

const sums: Readonly<Record<Checksum, (bytes: Uint8Array) => number>> = {
  none: () => 0,
  xor: (bytes) => bytes.reduce((sum, byte) => sum ^ byte, 0),
  sum8: (bytes) => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0),
  lrc: (bytes) => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff,
  'crc16-modbus': crc16,
  'crc16-ccitt': crcCcitt,
}

/** How many bytes a checksum takes in a frame. */
export function checksumLength({ checksum, checksumAs }: ChecksumForm): number {
  const size = checksum === 'none' ? 0 : checksum.startsWith('crc') ? 2 : 1
  return checksumAs === 'hex' ? 2 * size : size
}

/** The checksum of some bytes as it stands in a frame; hexadecimal digits are capital letters. */
export function checksumBytes(bytes: Uint8Array, form: ChecksumForm): Buffer {
  const sum = sums[form.checksum](bytes)
  const size = form.checksum.startsWith('crc') ? 2 : 1
  const binary = Buffer.alloc(form.checksum === 'none' ? 0 : size)
  if (binary.length > 0 && form.checksumOrder === 'big') binary.writeUIntBE(sum, 0, size)
  else if (binary.length > 0) binary.writeUIntLE(sum, 0, size)
  return form.checksumAs === 'hex' ? Buffer.from(binary.toString('hex').toUpperCase(), 'latin1') : binary
}

/** Whether what stands in a frame is the checksum of some bytes; hexadecimal digits may be small letters. */
export function isChecksum(found: Buffer, bytes: Uint8Array, form: ChecksumForm): boolean {
  const wanted = checksumBytes(bytes, form)
  return form.checksumAs === 'hex'
    ? found.toString('latin1').toUpperCase() === wanted.toString('latin1')
    : found.equals(wanted)
}

/** CRC-16/CCITT-FALSE: polynomial 0x1021, high bit first, from 0xFFFF. */
function crcCcitt(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}
