import { ReadingFailed, Rejected, Status, type Value } from 'millrace/plugin'
import { type NumberType, numberFormats } from './numbers.ts'
import { lengthOf, type Register, type Scaling, scalingOf, widthOf } from './registers.ts'
import { readText, writeText } from './strings.ts'

/**
 * Takes the value of a tag out of registers, two bytes a register, as received; `at` is the byte at which the tag begins.
 *
 * What lies there and is no value of its type is a ReadingFailed, which the runtime shows as that tag's status.
 */
export function decode(register: Register, bytes: Buffer, at = 0): Value | ReadingFailed {
  const { count } = register
  if (count === undefined) return decodeOne(register, bytes, at)
  const step = 2 * widthOf(register)
  const values = Array.from({ length: count }, (_, index) => decodeOne(register, bytes, at + index * step))
  return values.find((value) => value instanceof ReadingFailed) ?? (values as unknown as Value)
}

/** Takes the value of one tag out of registers, from a byte on. */
export type Decoder = (bytes: Buffer, at: number) => Value | ReadingFailed

/** What {@link decode} does for one tag; numbers that lie there as they are, which are most, take the shortest way. */
export function decoderOf(register: Register): Decoder {
  const { count, bit, type, order } = register
  const isPlain = count === undefined && bit === undefined && order === 'ABCD' && !scalingOf(register)
  if (isPlain && type in plainFormats) return numberFormats[type as NumberType].read
  return (bytes, at) => decode(register, bytes, at)
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

function decodeOne(register: Register, bytes: Buffer, at: number): Value | ReadingFailed {
  const { type, order, bit } = register
  if (bit !== undefined) return (bytes.readUInt16BE(at) & (1 << bitOnLine(register))) !== 0
  // This is done for each tag of each poll: most numbers are read where they lie.
  if (order === 'ABCD' && type in plainFormats)
    return inUnit(register, numberFormats[type as NumberType].read(bytes, at))
  const ordered = reordered(bytes.subarray(at, at + 2 * widthOf(register)), order)
  if (type === 'string') return readText(ordered, register)
  if (type === 'bool') return ordered.readUInt16BE(0) !== 0
  const raw = numberFormats[type].read(ordered, 0)
  if (type.startsWith('bcd') && Number.isNaN(raw)) {
    const message = `${register.name} holds ${ordered.toString('hex')}, which are no decimal digits; check its type`
    return new ReadingFailed(message, { status: Status.BadOutOfRange })
  }
  return inUnit(register, raw)
}

/** Numbers whose bytes need no look at their digits. */
const { bcd16: _, bcd32: __, ...plainFormats } = numberFormats

function inUnit(register: Register, raw: number | bigint): number | bigint {
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
  const { length } = bytes
  const copy = Buffer.allocUnsafe(length)
  const swapsBytes = order === 'BADC' || order === 'DCBA'
  const swapsWords = order === 'CDAB' || order === 'DCBA'
  for (let at = 0; at < length; at++) {
    const word = at - (at % 2)
    const from = (swapsWords ? length - 2 - word : word) + (swapsBytes ? 1 - (at % 2) : at % 2)
    copy[at] = bytes[from] ?? 0
  }
  return copy
}
