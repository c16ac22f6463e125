import { MillraceError } from '../../model/errors.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { integerMax, readIntegers, writeIntegers } from './integers.ts'

const Form = { decimal: 0, decimal32: 1, xor: 2 } as const

/** Powers of ten that a double holds exactly. */
const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)

/** From here on a control byte counts values that equal the one before. */
const sameFrom = 0x40
const sameMax = 0x100 - sameFrom

/**
 * Writes numbers so that they come back bit by bit. Instruments report decimals: where every value is an integer over one
 * power of ten (as a double, or as a single that a double carries), the integers are written as differences; otherwise each
 * value as its difference in bits to the one before, without the leading and trailing zero bytes.
 */
export function writeNumbers(out: ByteWriter, values: Float64Array): void {
  const plain = scaled(values, false)
  const found = plain ?? (values.every(isSingle) ? scaled(values, true) : undefined)
  if (!found) {
    out.byte(Form.xor)
    writeXor(out, values)
    return
  }
  out.byte(plain ? Form.decimal : Form.decimal32)
  out.byte(found.exponent)
  writeIntegers(out, found.integers, 1)
}

/** Reads back `count` numbers. */
export function readNumbers(input: ByteReader, count: number): Float64Array {
  const form = input.byte()
  if (form === Form.xor) return readXor(input, count)
  const power = powers[input.byte()]
  if (form > Form.xor || power === undefined) throw unknownForm(form)
  const values = readIntegers(input, count, 1)
  if (form === Form.decimal32) {
    for (let index = 0; index < count; index++) values[index] = Math.fround((values[index] as number) / power)
  } else if (power !== 1) {
    for (let index = 0; index < count; index++) values[index] = (values[index] as number) / power
  }
  return values
}

function isSingle(value: number): boolean {
  return Math.fround(value) === value
}

/** The integers and the exponent of ten that give every value back exactly, if there are any. */
function scaled(
  values: Float64Array,
  isFloat32: boolean,
): { readonly integers: Float64Array; readonly exponent: number } | undefined {
  let exponent = 0
  for (const value of values) {
    while (!isExact(value, powers[exponent] as number, isFloat32)) {
      exponent++
      if (exponent === powers.length || Math.abs(value) * (powers[exponent] as number) > integerMax) return undefined
    }
  }
  const power = powers[exponent] as number
  const integers = new Float64Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    // A value that was exact with fewer digits can be out of reach with more.
    if (!isExact(value, power, isFloat32)) return undefined
    integers[index] = Math.round(value * power)
  }
  return { integers, exponent }
}

function isExact(value: number, power: number, isFloat32: boolean): boolean {
  const integer = Math.round(value * power)
  const back = isFloat32 ? Math.fround(integer / power) : integer / power
  // -0 equals 0 but has other bits; NaN equals nothing.
  return back === value && Math.abs(integer) <= integerMax && (value !== 0 || 1 / value > 0)
}

function writeXor(out: ByteWriter, values: Float64Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  let [low, high, same] = [0, 0, 0]
  for (let at = 0; at < words.length; at += 2) {
    const xorLow = ((words[at] as number) ^ low) >>> 0
    const xorHigh = ((words[at + 1] as number) ^ high) >>> 0
    low = words[at] as number
    high = words[at + 1] as number
    if (xorLow === 0 && xorHigh === 0) {
      if (++same === sameMax) same = writeSame(out, same)
      continue
    }
    if (same > 0) same = writeSame(out, same)
    const leading = xorHigh === 0 ? 4 + (Math.clz32(xorLow) >> 3) : Math.clz32(xorHigh) >> 3
    const trailing = xorLow === 0 ? 4 + trailingBytes(xorHigh) : trailingBytes(xorLow)
    out.byte(leading | (trailing << 3))
    for (let byte = trailing; byte < 8 - leading; byte++) {
      out.byte(byte < 4 ? (xorLow >>> (byte * 8)) & 0xff : (xorHigh >>> (byte * 8 - 32)) & 0xff)
    }
  }
  if (same > 0) writeSame(out, same)
}

function writeSame(out: ByteWriter, count: number): 0 {
  out.byte(sameFrom + count - 1)
  return 0
}

function trailingBytes(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3
}

function readXor(input: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count)
  const words = new Uint32Array(values.buffer)
  let [low, high, index] = [0, 0, 0]
  while (index < count) {
    const control = input.byte()
    let repeat = 1
    if (control >= sameFrom) repeat = Math.min(count - index, control - sameFrom + 1)
    else {
      const end = 8 - (control & 7)
      for (let byte = control >> 3; byte < end; byte++) {
        const bits = input.byte()
        if (byte < 4) low ^= bits << (byte * 8)
        else high ^= bits << (byte * 8 - 32)
      }
    }
    for (; repeat > 0; repeat--, index++) {
      words[index * 2] = low
      words[index * 2 + 1] = high
    }
  }
  return values
}

function unknownForm(form: number): MillraceError {
  return new MillraceError('database-corrupt', `numbers of the history have the unknown form ${form}; restore a backup`)
}
