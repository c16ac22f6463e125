import type { SqlReads } from '../../sqlite/driver.ts'

/** Where a chunk lies. */
export interface ChunkPlace {
  readonly id: number
  readonly t0: number
  readonly t1: number
}

/** Chunks that are looked up at once. */
const pageSize = 16

/**
 * Finds the sealed chunks of a tag that reach times which only grow, each chunk once.
 *
 * Chunks in order are walked by their ends, so that what ended before the first time is never looked at; late ones, which
 * may lie across each other, by their beginnings.
 */
export class ChunkCursor {
  readonly #sql: SqlReads
  readonly #tag: number
  readonly #order: 't0' | 't1'
  readonly #text: string
  #page: readonly ChunkPlace[] = []
  #at = 0
  #isLast = false
  #last: readonly [number, number] = [-Number.MAX_VALUE, 0]

  constructor(sql: SqlReads, tag: number, isLate: boolean) {
    this.#sql = sql
    this.#tag = tag
    this.#order = isLate ? 't0' : 't1'
    this.#text = `SELECT id, t0, t1 FROM chunk
      WHERE tag = ?1 AND isOpen = 0 AND isLate = ${Number(isLate)} AND t1 >= ?2 AND (${this.#order}, id) > (?3, ?4)
      ORDER BY ${this.#order}, id LIMIT ${pageSize}`
  }

  /** The chunks that have samples at or before a time and at or after it, without those that were given already. */
  async reaching(time: number): Promise<ChunkPlace[]> {
    const found: ChunkPlace[] = []
    for (;;) {
      const place = this.#page[this.#at]
      if (!place) {
        if (this.#isLast) return found
        await this.#turn(time)
        continue
      }
      if (place.t0 > time) return found
      this.#at++
      if (place.t1 >= time) found.push(place)
    }
  }

  async #turn(time: number): Promise<void> {
    this.#page = await this.#sql.all<ChunkPlace>(this.#text, [this.#tag, time, ...this.#last])
    this.#at = 0
    this.#isLast = this.#page.length < pageSize
    const end = this.#page.at(-1)
    if (end) this.#last = [end[this.#order], end.id]
  }
}
