import { MillraceError } from '../../model/errors.ts'
import type { EncodedValue } from '../../model/value.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readIntegers, writeIntegers } from './integers.ts'
import { readTexts, writeTexts } from './texts.ts'

/**
 * Writes encoded values: each different one once, then which of them each is. Types and namespaces, of which there are few, are
 * lists of texts of their own: first how many each different value has, then all of them in a row.
 */
export function writeEncoded(out: ByteWriter, values: readonly EncodedValue[]): void {
  const indexByKey = new Map<string, number>()
  const different: EncodedValue[] = []
  const indices = Float64Array.from(values, (value) => {
    const key = `${JSON.stringify([value.type, value.namespaces])}${latin1(value.body)}`
    const known = indexByKey.get(key)
    if (known !== undefined) return known
    indexByKey.set(key, different.length)
    return different.push(value) - 1
  })
  out.varint(different.length)
  writeIntegers(
    out,
    Float64Array.from(different, ({ namespaces }) => namespaces.length),
    1,
  )
  const texts = different.flatMap(({ type, namespaces }) => [type, ...namespaces])
  writeTexts(out, texts)
  for (const { body } of different) {
    out.varint(body.length)
    out.raw(body)
  }
  writeIntegers(out, indices, 1)
}

/** Reads back `count` encoded values; equal ones are one object. */
export function readEncoded(input: ByteReader, count: number): EncodedValue[] {
  const size = input.varint()
  const lengths = readIntegers(input, size, 1)
  const texts = readTexts(
    input,
    lengths.reduce((sum, length) => sum + length + 1, 0),
  )
  let at = 0
  const different = Array.from(lengths, (length): EncodedValue => {
    const [type = '', ...namespaces] = texts.slice(at, at + length + 1)
    at += length + 1
    return { type, namespaces, body: input.raw(input.varint()).slice() }
  })
  return Array.from(readIntegers(input, count, 1), (index) => {
    const value = different[index]
    if (!value) throw new MillraceError('database-corrupt', 'a chunk of the history names no value; restore a backup')
    return value
  })
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
