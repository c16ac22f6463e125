import type { ByteReader, ByteWriter } from './bytes.ts'

/** Integers up to this magnitude can be written: their differences of differences still fit into a token of 53 bits. */
export const integerMax = 2 ** 49

/**
 * Writes integers as what changes from one to the next (`order` 1) or as how the change changes (`order` 2, for times
 * and counters). Zeros are counted instead of written, so a regular clock costs a few bytes a chunk.
 */
export function writeIntegers(out: ByteWriter, values: Float64Array, order: 1 | 2): void {
  let previous = 0
  let step = 0
  let zeros = 0
  for (const value of values) {
    const change = value - previous
    previous = value
    const residue = order === 2 ? change - step : change
    step = change
    if (residue === 0) {
      zeros++
      continue
    }
    if (zeros > 0) out.varint(zeros * 2 + 1)
    zeros = 0
    out.varint((residue > 0 ? residue * 2 : -residue * 2 - 1) * 2)
  }
  if (zeros > 0) out.varint(zeros * 2 + 1)
}

/** Tokens up to here are taken apart as 32-bit integers, which is several times faster than the remainder of doubles. */
const smallMax = 0x7fffffff

/** Reads back `count` integers. */
export function readIntegers(input: ByteReader, count: number, order: 1 | 2): Float64Array {
  const values = new Float64Array(count)
  let value = 0
  let step = 0
  let index = 0
  while (index < count) {
    const token = input.varint()
    if (token <= smallMax && (token & 1) === 1) {
      const end = Math.min(count, index + (token >> 1))
      for (; index < end; index++) {
        if (order === 2) value += step
        values[index] = value
      }
      continue
    }
    const residue = token <= smallMax ? unfoldedSmall(token >> 1) : unfolded(token / 2)
    step = order === 2 ? step + residue : residue
    value += step
    values[index++] = value
  }
  return values
}

function unfoldedSmall(folded: number): number {
  return (folded & 1) === 1 ? -((folded + 1) >> 1) : folded >> 1
}

function unfolded(folded: number): number {
  return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2
}
