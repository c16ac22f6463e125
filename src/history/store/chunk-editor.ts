import type { SqlStatements } from '../../sqlite/driver.ts'
import { type Entry, editMax } from '../history-store.ts'
import { entryAt, type Samples, samplesFrom } from '../samples.ts'
import { ChunkCursor, type ChunkPlace } from './chunk-cursor.ts'
import { intactSamplesOf } from './chunk-reader.ts'
import { tooMany } from './modified.ts'
import { columnsOf } from './sealing.ts'

/** A chunk whose samples may change. */
interface OpenedChunk extends ChunkPlace {
  /** In order of time. */
  readonly rows: Entry[]
  readonly isDamaged: boolean
  isChanged: boolean
}

/**
 * Changes samples inside the chunks of one tag, all of them sealed. It goes through time once: a chunk is written as soon as
 * it lies behind, so that no more is in memory than what reaches one time. Damaged chunks are left as they are.
 */
export class ChunkEditor {
  readonly #sql: SqlStatements
  readonly #tag: number
  readonly #onCorrupt: (chunk: number) => void
  readonly #cursors: readonly ChunkCursor[]
  /** The chunks that reach the time of the last {@link ChunkEditor.seek}; equal times are in order of the chunks' ids. */
  #chunks: OpenedChunk[] = []

  constructor(sql: SqlStatements, tag: number, onCorrupt: (chunk: number) => void) {
    this.#sql = sql
    this.#tag = tag
    this.#onCorrupt = onCorrupt
    this.#cursors = [new ChunkCursor(sql, tag, false), new ChunkCursor(sql, tag, true)]
  }

  /** Goes on to a time, which must not lie before the one of the last call. */
  async seek(time: number): Promise<void> {
    if (this.#chunks.some(({ t1 }) => t1 < time)) {
      const behind = this.#chunks.filter(({ t1 }) => t1 < time)
      this.#chunks = this.#chunks.filter(({ t1 }) => t1 >= time)
      for (const chunk of behind) await this.#write(chunk)
    }
    for (const cursor of this.#cursors) {
      const places = await cursor.reaching(time)
      for (const place of places) this.#chunks.push(await this.#open(place))
      if (places.length > 0) this.#chunks.sort((a, b) => a.id - b.id)
    }
  }

  /** Tells whether there is a sample of exactly this time. */
  has(time: number): boolean {
    return this.#chunks.some(({ rows }) => rows[firstFrom(rows, time)]?.time === time)
  }

  /** Tells whether samples of this time may be in a chunk that cannot be read. */
  isLost(time: number): boolean {
    return this.#chunks.some(({ isDamaged, t0, t1 }) => isDamaged && t0 <= time && time <= t1)
  }

  /** Puts one sample in the place of all samples of its time, and tells those. */
  replace(entry: Entry): Entry[] {
    const old: Entry[] = []
    for (const chunk of this.#chunks) {
      const [first, end] = [firstFrom(chunk.rows, entry.time), firstBehind(chunk.rows, entry.time)]
      if (first === end) continue
      const isPlace = old.length === 0
      old.push(...chunk.rows.splice(first, end - first, ...(isPlace ? [entry] : [])))
      chunk.isChanged = true
    }
    return old
  }

  /** Takes all samples of a time out, and tells them. */
  remove(time: number): Entry[] {
    return this.#chunks.flatMap((chunk) => takeOut(chunk, firstFrom(chunk.rows, time), firstBehind(chunk.rows, time)))
  }

  /**
   * Takes the samples of a range out, and tells them chunk by chunk; the end is excluded unless it is the start. It answers
   * false, and has told and changed nothing, when a chunk of the range cannot be read.
   */
  async removeRange(from: number, to: number, tell: (gone: readonly Entry[]) => Promise<void>): Promise<boolean> {
    const places = await this.#reaching(from, to)
    const whole = places.filter(({ t0, t1 }) => t0 >= from && t1 < to)
    // Refused before much is read.
    if (places.length > editMax || whole.reduce((sum, { n }) => sum + n, 0) > editMax) throw tooMany()
    for (const place of places) if (!(await this.#samplesOf(place))) return false
    for (const place of places) {
      const chunk = await this.#open(place)
      const { rows } = chunk
      await tell(takeOut(chunk, firstFrom(rows, from), from === to ? firstBehind(rows, to) : firstFrom(rows, to)))
      await this.#write(chunk)
    }
    return true
  }

  /** Writes what has changed and is not written yet. */
  async finish(): Promise<void> {
    for (const chunk of this.#chunks) await this.#write(chunk)
    this.#chunks = []
  }

  /** The chunks that reach into a range; those in order never overlap, so none behind the first one beyond it does. */
  #reaching(from: number, to: number): Promise<readonly (ChunkPlace & { readonly n: number })[]> {
    const among = (alias: string, isLate: 0 | 1): string =>
      `${alias}.tag = ?1 AND ${alias}.isOpen = 0 AND ${alias}.isLate = ${isLate}`
    const within = `c.t1 >= ?2 AND c.t0 ${from === to ? '<=' : '<'} ?3`
    return this.#sql.all(
      `SELECT id, t0, t1, n FROM chunk AS c WHERE ${among('c', 0)} AND ${within} AND c.t1 <= ifnull(
         (SELECT t1 FROM chunk AS b WHERE ${among('b', 0)} AND b.t0 > ?3 ORDER BY b.t0, b.id LIMIT 1), 1e308)
       UNION ALL SELECT id, t0, t1, n FROM chunk AS c WHERE ${among('c', 1)} AND ${within}
       ORDER BY id LIMIT ${editMax + 1}`,
      [this.#tag, from, to],
    )
  }

  async #open(place: ChunkPlace): Promise<OpenedChunk> {
    const samples = await this.#samplesOf(place)
    return { ...place, rows: samples ? rowsOf(samples) : [], isDamaged: samples === undefined, isChanged: false }
  }

  /** The samples of a chunk; undefined when it is damaged. */
  async #samplesOf({ id }: ChunkPlace): Promise<Samples | undefined> {
    const row = await this.#sql.get<{ blob: Uint8Array }>('SELECT blob FROM chunk WHERE id = ?', [id])
    return row && intactSamplesOf({ id, blob: row.blob }, this.#onCorrupt)
  }

  async #write({ id, rows, isChanged }: OpenedChunk): Promise<void> {
    if (!isChanged) return
    if (rows.length === 0) await this.#sql.run('DELETE FROM chunk WHERE id = ?', [id])
    else await writeChunk(this.#sql, id, samplesFrom(rows))
  }
}

/** Writes the samples of a chunk anew. */
export async function writeChunk(sql: SqlStatements, id: number, samples: Samples): Promise<void> {
  await sql.run(
    `UPDATE chunk SET t0 = ?, t1 = ?, n = ?, good = ?, sum = ?, min = ?, max = ?, blob = ?, firstRun = ?, lastRun = ?
     WHERE id = ?`,
    [...columnsOf(samples), id],
  )
}

function takeOut(chunk: OpenedChunk, first: number, end: number): Entry[] {
  if (first === end) return []
  chunk.isChanged = true
  return chunk.rows.splice(first, end - first)
}

function rowsOf(samples: Samples): Entry[] {
  return Array.from({ length: samples.count }, (_, index) => entryAt(samples, index))
}

/** The index of the first row at or after a time. */
function firstFrom(rows: readonly Entry[], time: number): number {
  return firstIndex(rows, (each) => each >= time)
}

/** The index of the first row after a time. */
function firstBehind(rows: readonly Entry[], time: number): number {
  return firstIndex(rows, (each) => each > time)
}

function firstIndex(rows: readonly Entry[], isBeyond: (time: number) => boolean): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBeyond((rows[middle] as Entry).time)) high = middle
    else low = middle + 1
  }
  return low
}
