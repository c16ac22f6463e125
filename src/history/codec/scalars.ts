import { MillraceError } from '../../model/errors.ts'
import { type EncodedValue, isEncoded, type Scalar, type Value } from '../../model/value.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readEncoded, writeEncoded } from './encoded.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readText, writeText } from './texts.ts'

const Mark = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  bigint: 4,
  text: 5,
  date: 6,
  bytes: 7,
  array: 8,
  numbers: 9,
  encoded: 10,
  encodedArray: 11,
} as const

/** Writes one value of any type with a mark of its type in front: for columns of mixed types and for arrays. */
export function writeValue(out: ByteWriter, value: Value): void {
  if (value === null) {
    out.byte(Mark.null)
    return
  }
  if (isArray(value)) {
    writeArray(out, value)
    return
  }
  switch (typeof value) {
    case 'boolean':
      out.byte(value ? Mark.true : Mark.false)
      return
    case 'number':
      out.byte(Mark.number)
      out.float64(value)
      return
    case 'bigint':
      out.byte(Mark.bigint)
      writeBigint(out, value)
      return
    case 'string':
      out.byte(Mark.text)
      writeText(out, value)
      return
  }
  if (value instanceof Date) {
    out.byte(Mark.date)
    out.float64(value.getTime())
    return
  }
  if (isEncoded(value)) {
    out.byte(Mark.encoded)
    writeEncoded(out, [value])
    return
  }
  out.byte(Mark.bytes)
  out.varint(value.length)
  out.raw(value)
}

/** Reads back one value. */
export function readValue(input: ByteReader): Value {
  const mark = input.byte()
  if (mark === Mark.null) return null
  if (mark === Mark.numbers) return [...readNumbers(input, input.varint())]
  if (mark === Mark.encodedArray) return readEncoded(input, input.varint())
  if (mark !== Mark.array) return readScalar(input, mark)
  const items: Scalar[] = []
  for (let count = input.varint(); count > 0; count--) items.push(readScalar(input, input.byte()))
  return items
}

/** Writes an integer of any size, seven bits a byte; the sign is the lowest bit. */
export function writeBigint(out: ByteWriter, value: bigint): void {
  let rest = value >= 0n ? value << 1n : (-value << 1n) - 1n
  while (rest > 0x7fn) {
    out.byte(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  out.byte(Number(rest))
}

/** Reads back an integer of any size. */
export function readBigint(input: ByteReader): bigint {
  let folded = 0n
  let shift = 0n
  let byte = 0x80
  while (byte >= 0x80) {
    byte = input.byte()
    folded |= BigInt(byte & 0x7f) << shift
    shift += 7n
  }
  return folded & 1n ? -((folded + 1n) >> 1n) : folded >> 1n
}

function writeArray(out: ByteWriter, items: readonly Scalar[]): void {
  if (items.length > 0 && items.every((item) => typeof item === 'number')) {
    out.byte(Mark.numbers)
    out.varint(items.length)
    writeNumbers(out, Float64Array.from(items))
    return
  }
  if (items.length > 0 && items.every(isEncoded)) {
    out.byte(Mark.encodedArray)
    out.varint(items.length)
    writeEncoded(out, items)
    return
  }
  out.byte(Mark.array)
  out.varint(items.length)
  for (const item of items) writeValue(out, item)
}

function readScalar(input: ByteReader, mark: number): Scalar {
  switch (mark) {
    case Mark.false:
    case Mark.true:
      return mark === Mark.true
    case Mark.number:
      return input.float64()
    case Mark.bigint:
      return readBigint(input)
    case Mark.text:
      return readText(input)
    case Mark.date:
      return new Date(input.float64())
    case Mark.bytes:
      return input.raw(input.varint()).slice()
    case Mark.encoded:
      return readEncoded(input, 1)[0] as EncodedValue
    default:
      throw new MillraceError(
        'database-corrupt',
        `a value of the history has the unknown mark ${mark}; restore a backup`,
      )
  }
}

function isArray(value: Value): value is readonly Scalar[] {
  return Array.isArray(value)
}
