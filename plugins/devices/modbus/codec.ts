import { Rejected, Status } from 'millrace/plugin'
import { type Register, widthOf } from './registers.ts'

const rawRange: Readonly<Record<Register['type'], readonly [number, number]>> = {
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
}

/** Takes the value of a tag out of registers; `bytes` starts at the tag's own address, two bytes a register, as received. */
export function decode(register: Register, bytes: Buffer): number | boolean {
  const { type, order, bit, scale, offset } = register
  const ordered = reordered(bytes.subarray(0, 2 * widthOf[type]), order)
  if (bit !== undefined) return (ordered.readUInt16BE(0) & (1 << bit)) !== 0
  const raw = read(ordered, type)
  return scale === 1 && offset === 0 ? raw : raw * scale + offset
}

/**
 * Makes registers of the value of a tag: the inverse of {@link decode}, rounded to the register's step.
 *
 * Throws Rejected with BadOutOfRange when the number does not fit into its registers.
 */
export function encode(register: Register, value: number): Buffer {
  const { name, type, order, scale, offset } = register
  const exact = (value - offset) / scale
  const raw = type.startsWith('float') ? exact : Math.round(exact)
  const [low, high] = rawRange[type]
  if (!(raw >= low && raw <= high)) {
    throw new Rejected(`${value} does not fit into ${name}, a ${type}`, { status: Status.BadOutOfRange })
  }
  const bytes = Buffer.alloc(2 * widthOf[type])
  write(bytes, type, raw)
  return reordered(bytes, order)
}

function reordered(bytes: Buffer, order: Register['order']): Buffer {
  const copy = Buffer.from(bytes)
  if (order === 'BADC' || order === 'DCBA') copy.swap16()
  if (order === 'ABCD' || order === 'BADC' || copy.length === 2) return copy
  const words = Array.from({ length: copy.length / 2 }, (_, word) => copy.subarray(2 * word, 2 * word + 2))
  return Buffer.concat(words.reverse())
}

function read(bytes: Buffer, type: Register['type']): number {
  switch (type) {
    case 'int16':
      return bytes.readInt16BE(0)
    case 'uint16':
      return bytes.readUInt16BE(0)
    case 'int32':
      return bytes.readInt32BE(0)
    case 'uint32':
      return bytes.readUInt32BE(0)
    case 'float32':
      return bytes.readFloatBE(0)
    case 'float64':
      return bytes.readDoubleBE(0)
  }
}

function write(bytes: Buffer, type: Register['type'], raw: number): void {
  switch (type) {
    case 'int16':
      bytes.writeInt16BE(raw)
      return
    case 'uint16':
      bytes.writeUInt16BE(raw)
      return
    case 'int32':
      bytes.writeInt32BE(raw)
      return
    case 'uint32':
      bytes.writeUInt32BE(raw)
      return
    case 'float32':
      bytes.writeFloatBE(raw)
      return
    case 'float64':
      bytes.writeDoubleBE(raw)
      return
  }
}
