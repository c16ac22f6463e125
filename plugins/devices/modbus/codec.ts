import { ReadingFailed, Rejected, Status, type Value } from 'millrace/plugin'
import { numberFormats } from './numbers.ts'
import { lengthOf, type Register, type Scaling, scalingOf, widthOf } from './registers.ts'
import { readText, writeText } from './strings.ts'

/**
 * Takes the value of a tag out of registers; `bytes` starts at the tag's own address, two bytes a register, as received.
 *
 * What lies there and is no value of its type is a ReadingFailed, which the runtime shows as that tag's status.
 */
export function decode(register: Register, bytes: Buffer): Value | ReadingFailed {
  const { count } = register
  if (count === undefined) return decodeOne(register, bytes)
  const step = 2 * widthOf(register)
  const values = Array.from({ length: count }, (_, index) => decodeOne(register, bytes.subarray(index * step)))
  return values.find((value) => value instanceof ReadingFailed) ?? (values as unknown as Value)
}

/**
 * Makes registers of the value of a tag: the inverse of {@link decode}, rounded to the register's step.
 *
 * Throws Rejected with BadOutOfRange when it does not fit into its registers.
 */
export function encode(register: Register, value: Value): Buffer {
  const { name, count } = register
  if (count === undefined) return encodeOne(register, value)
  if (!Array.isArray(value) || value.length !== count) {
    const given = Array.isArray(value) ? `${value.length} values` : 'one value'
    throw new Rejected(`${given} for ${name}; it has ${count}`, { status: Status.BadOutOfRange })
  }
  return Buffer.concat(value.map((element) => encodeOne(register, element)))
}

/** Place of a bit in its register as it goes over the line: an order that swaps the bytes moves it. */
export function bitOnLine({ bit = 0, order }: Register): number {
  return order === 'ABCD' || order === 'CDAB' ? bit : (bit + 8) % 16
}

function decodeOne(register: Register, bytes: Buffer): Value | ReadingFailed {
  const { name, type, order, bit } = register
  if (bit !== undefined) return (bytes.readUInt16BE(0) & (1 << bitOnLine(register))) !== 0
  const ordered = reordered(bytes.subarray(0, 2 * widthOf(register)), order)
  if (type === 'string') return readText(ordered, register)
  if (type === 'bool') return ordered.readUInt16BE(0) !== 0
  const raw = numberFormats[type].read(ordered)
  if (type.startsWith('bcd') && Number.isNaN(raw)) {
    const message = `${name} holds ${ordered.toString('hex')}, which are no decimal digits; check its type`
    return new ReadingFailed(message, { status: Status.BadOutOfRange })
  }
  const scaling = scalingOf(register)
  return scaling ? scaled(Number(raw), scaling) : raw
}

function encodeOne(register: Register, value: Value): Buffer {
  const { type, order } = register
  if (type === 'string') return reordered(writeText(String(value), register), order)
  const bytes = Buffer.alloc(2 * lengthOf({ ...register, count: undefined }))
  if (type === 'bool') bytes.writeUInt16BE(value === true ? 1 : 0)
  else writeNumber(bytes, register, value as number | bigint)
  return reordered(bytes, order)
}

function writeNumber(bytes: Buffer, register: Register, value: number | bigint): void {
  const { name, type } = register
  const { range, isWhole, write } = numberFormats[type as keyof typeof numberFormats]
  const scaling = scalingOf(register)
  const exact = scaling ? (Number(value) - scaling.offset) / scaling.gain : value
  const raw = typeof exact === 'number' && isWhole ? Math.round(exact) : exact
  // NaN compares false with everything.
  if (!(raw >= range[0] && raw <= range[1])) {
    throw new Rejected(`${value} does not fit into ${name}, a ${type}`, { status: Status.BadOutOfRange })
  }
  write(bytes, raw as number)
}

/** Dividing by 10 gives 0.3 where multiplying by 0.1 gives 0.30000000000000004. */
function scaled(raw: number, { gain, offset }: Scaling): number {
  const divisor = 1 / gain
  return (Number.isInteger(divisor) ? raw / divisor : raw * gain) + offset
}

function reordered(bytes: Buffer, order: Register['order']): Buffer {
  const copy = Buffer.from(bytes)
  if (order === 'BADC' || order === 'DCBA') copy.swap16()
  if (order === 'ABCD' || order === 'BADC' || copy.length === 2) return copy
  const words = Array.from({ length: copy.length / 2 }, (_, word) => copy.subarray(2 * word, 2 * word + 2))
  return Buffer.concat(words.reverse())
}
