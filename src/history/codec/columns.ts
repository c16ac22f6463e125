import { MillraceError } from '../../model/errors.ts'
import { type EncodedValue, isEncoded, type Value } from '../../model/value.ts'
import { isTyped, type ValueColumn, valueColumn } from '../samples.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readEncoded, writeEncoded } from './encoded.ts'
import { integerMax, readIntegers, writeIntegers } from './integers.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readBigint, readValue, writeBigint, writeValue } from './scalars.ts'
import { readTexts, writeTexts } from './texts.ts'

const Kind = { none: 0, number: 1, boolean: 2, bigint: 3, text: 4, date: 5, bytes: 6, mixed: 7, encoded: 8 } as const
const withNulls = 0x80

/** Writes times: whole milliseconds by how their steps change, others bit by bit. */
export function writeTimes(out: ByteWriter, times: Float64Array): void {
  const isWhole = times.every((time) => Number.isInteger(time) && Math.abs(time) <= integerMax && !Object.is(time, -0))
  out.byte(isWhole ? 0 : 1)
  if (isWhole) writeIntegers(out, times, 2)
  else writeNumbers(out, times)
}

/** Reads back times. */
export function readTimes(input: ByteReader, count: number): Float64Array {
  return input.byte() === 0 ? readIntegers(input, count, 2) : readNumbers(input, count)
}

/** Writes codes with how often each is repeated: most chunks are Good throughout, and of one run of their pipeline. */
export function writeCodes(out: ByteWriter, codes: Uint32Array): void {
  let from = 0
  for (let index = 1; index <= codes.length; index++) {
    if (index < codes.length && codes[index] === codes[from]) continue
    out.varint(index - from)
    out.varint(codes[from] as number)
    from = index
  }
}

/** Reads back codes. */
export function readCodes(input: ByteReader, count: number): Uint32Array {
  const codes = new Uint32Array(count)
  for (let index = 0; index < count; ) {
    const repeated = input.varint()
    if (repeated === 0) throw unknown('a code that stands for nothing')
    codes.fill(input.varint(), index, index + repeated)
    index += repeated
  }
  return codes
}

/** Writes a column of values of any type; missing ones are left out and their places counted. */
export function writeValues(out: ByteWriter, values: ValueColumn): void {
  if (isTyped(values)) {
    out.byte(Kind.number)
    writeNumbers(out, values)
    return
  }
  const present = values.filter((value) => value !== null)
  const kind = kindOf(present)
  const hasNulls = present.length < values.length && kind !== Kind.none
  out.byte(hasNulls ? kind | withNulls : kind)
  if (hasNulls) writePresence(out, values)
  writePresent(out, kind, present)
}

/** Reads back a column of values. */
export function readValues(input: ByteReader, count: number): ValueColumn {
  const first = input.byte()
  const kind = first & ~withNulls
  if (kind === Kind.none) return new Array<Value>(count).fill(null)
  if (first < withNulls) return readPresent(input, kind, count)
  const presence = readPresence(input, count)
  const present = readPresent(
    input,
    kind,
    presence.reduce((sum, bit) => sum + bit, 0),
  )
  let at = 0
  return Array.from<unknown, Value>({ length: count }, (_, index) =>
    presence[index] ? (present[at++] as Value) : null,
  )
}

function kindOf(values: readonly Value[]): number {
  const kinds = new Set(values.map(kindOfOne))
  if (kinds.size > 1) return Kind.mixed
  return kinds.values().next().value ?? Kind.none
}

function kindOfOne(value: Value): number {
  switch (typeof value) {
    case 'number':
      return Kind.number
    case 'boolean':
      return Kind.boolean
    case 'bigint':
      return Kind.bigint
    case 'string':
      return Kind.text
  }
  if (value instanceof Date) return Kind.date
  if (value instanceof Uint8Array) return Kind.bytes
  return isEncoded(value) ? Kind.encoded : Kind.mixed
}

function writePresent(out: ByteWriter, kind: number, values: readonly Value[]): void {
  switch (kind) {
    case Kind.number:
      writeNumbers(out, Float64Array.from(values as readonly number[]))
      return
    case Kind.boolean:
      writeRuns(out, values as readonly boolean[])
      return
    case Kind.bigint:
      writeBigints(out, values as readonly bigint[])
      return
    case Kind.text:
      writeTexts(out, values as readonly string[])
      return
    case Kind.date:
      writeNumbers(
        out,
        Float64Array.from(values as readonly Date[], (date) => date.getTime()),
      )
      return
    case Kind.bytes:
      for (const bytes of values as readonly Uint8Array[]) {
        out.varint(bytes.length)
        out.raw(bytes)
      }
      return
    case Kind.encoded:
      writeEncoded(out, values as readonly EncodedValue[])
      return
    default:
      for (const value of values) writeValue(out, value)
  }
}

function readPresent(input: ByteReader, kind: number, count: number): ValueColumn {
  const times = <T extends Value>(read: () => T): T[] => Array.from({ length: count }, read)
  switch (kind) {
    case Kind.number:
      return readNumbers(input, count)
    case Kind.boolean:
      return readRuns(input, count)
    case Kind.bigint:
      return readBigints(input, count)
    case Kind.text:
      return readTexts(input, count)
    case Kind.date:
      return Array.from(readNumbers(input, count), (time) => new Date(time))
    case Kind.bytes:
      return times(() => input.raw(input.varint()).slice())
    case Kind.encoded:
      return readEncoded(input, count)
    case Kind.mixed:
      return valueColumn(times(() => readValue(input)))
    default:
      throw unknown(`the unknown kind ${kind} of values`)
  }
}

/** Lengths of runs of equal booleans, beginning with `false` (that run may be empty). */
function writeRuns(out: ByteWriter, bits: readonly boolean[]): void {
  let [current, run] = [false, 0]
  for (const bit of bits) {
    if (bit !== current) {
      out.varint(run)
      current = bit
      run = 0
    }
    run++
  }
  out.varint(run)
}

function readRuns(input: ByteReader, count: number): boolean[] {
  const bits: boolean[] = []
  for (let current = false; ; current = !current) {
    for (let run = input.varint(); run > 0 && bits.length < count; run--) bits.push(current)
    if (bits.length >= count) return bits
  }
}

function writePresence(out: ByteWriter, values: readonly Value[]): void {
  writeRuns(
    out,
    values.map((value) => value !== null),
  )
}

function readPresence(input: ByteReader, count: number): Uint8Array {
  return Uint8Array.from(readRuns(input, count), Number)
}

function writeBigints(out: ByteWriter, values: readonly bigint[]): void {
  let previous = 0n
  for (const value of values) {
    writeBigint(out, value - previous)
    previous = value
  }
}

function readBigints(input: ByteReader, count: number): bigint[] {
  let value = 0n
  return Array.from({ length: count }, () => {
    value += readBigint(input)
    return value
  })
}

function unknown(what: string): MillraceError {
  return new MillraceError('database-corrupt', `a chunk of the history has ${what}; restore a backup`)
}
