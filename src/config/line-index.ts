import type { Position } from './source-file.ts'

/** Finds line and column of an offset in a text. The parser's own counter loses count behind a syntax error. */
export class LineIndex {
  readonly #starts: readonly number[]
  readonly #length: number

  /** Lines end with a line feed. */
  constructor(text: string) {
    const starts = [0]
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
    this.#starts = starts
    this.#length = text.length
  }

  /** The place of an offset; the end of the text for one that lies behind it. */
  at(offset: number): Position {
    const inside = Math.min(Math.max(offset, 0), this.#length)
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#starts[middle] ?? 0) <= inside) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: inside - (this.#starts[low] ?? 0) + 1 }
  }
}
