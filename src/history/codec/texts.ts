import type { ByteReader, ByteWriter } from './bytes.ts'
import { readIntegers, writeIntegers } from './integers.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Writes a text as UTF-8; one with lone surrogates, which UTF-8 cannot carry, as UTF-16. */
export function writeText(out: ByteWriter, text: string): void {
  if (text.isWellFormed()) {
    const bytes = encoder.encode(text)
    out.varint(bytes.length * 2)
    out.raw(bytes)
    return
  }
  out.varint(text.length * 2 + 1)
  for (let index = 0; index < text.length; index++) out.varint(text.charCodeAt(index))
}

/** Reads back a text. */
export function readText(input: ByteReader): string {
  const size = input.varint()
  if (size % 2 === 0) return decoder.decode(input.raw(size / 2))
  let text = ''
  for (let count = (size - 1) / 2; count > 0; count--) text += String.fromCharCode(input.varint())
  return text
}

/** Writes a column of texts: each different one once, then which of them each value is. */
export function writeTexts(out: ByteWriter, values: readonly string[]): void {
  const indexByText = new Map<string, number>()
  for (const text of values) if (!indexByText.has(text)) indexByText.set(text, indexByText.size)
  out.varint(indexByText.size)
  for (const text of indexByText.keys()) writeText(out, text)
  writeIntegers(
    out,
    Float64Array.from(values, (text) => indexByText.get(text) ?? 0),
    1,
  )
}

/** Reads back a column of texts. */
export function readTexts(input: ByteReader, count: number): string[] {
  const texts = Array.from({ length: input.varint() }, () => readText(input))
  return Array.from(readIntegers(input, count, 1), (index) => texts[index] ?? '')
}
