import { isMillraceError } from '../../model/errors.ts'
import type { SqlReads } from '../../sqlite/driver.ts'
import { decodeChunk } from '../codec/chunk.ts'
import { HistoryStatus } from '../history-status.ts'
import { firstAt, type Samples, samplesFrom, slice } from '../samples.ts'
import { type Direction, firstAfter, merge, type PieceSource } from './merge.ts'

/** What is read: everything of a tag within two times, both included. */
export interface Stretch {
  readonly tag: number
  readonly from: number
  readonly to: number
  readonly direction: Direction
  /** The last chunk that belongs to what is read; later ones repeat what was in memory. */
  readonly chunkId: number
  /** What was in memory, in order of time. */
  readonly head: Samples
  /** Tells whether there are late chunks. */
  readonly hasLate: boolean
  /** Chunks read at once. */
  readonly chunksPerPage: number
}

/** A chunk as it is stored. */
export interface ChunkRow {
  readonly id: number
  readonly t0: number
  readonly t1: number
  readonly n: number
  readonly blob: Uint8Array
}

/** Gives the samples of a chunk; see {@link samplesOf}. */
export type Decode = (row: ChunkRow) => Samples

/** Blocks of a stretch, see {@link merge}. */
export async function* readStretch(sql: SqlReads, stretch: Stretch, decode: Decode): AsyncGenerator<Samples> {
  const sources = [chunkSource(sql, stretch, 0, decode), headSource(stretch)]
  if (stretch.hasLate) sources.push(chunkSource(sql, stretch, 1, decode))
  for await (const block of merge(sources, stretch.direction)) yield block
}

/** The samples of a chunk; a damaged one is told to `onCorrupt` and reads as one `BadDataLost` sample with the count. */
export function samplesOf(row: ChunkRow, onCorrupt: (chunk: number) => void): Samples {
  try {
    return decodeChunk(row.blob)
  } catch (error) {
    if (!isMillraceError(error, 'database-corrupt')) throw error
    onCorrupt(row.id)
    return samplesFrom([{ time: row.t0, status: HistoryStatus.BadDataLost, value: row.n }])
  }
}

function headSource({ head, from, to, direction }: Stretch): PieceSource {
  const samples = within(head, from, to)
  let isDone = samples.count === 0
  return async () => {
    if (isDone) return undefined
    isDone = true
    const begin = samples.times[direction === 'forward' ? 0 : samples.count - 1] as number
    return { id: Number.POSITIVE_INFINITY, load: () => samples, begin }
  }
}

function chunkSource(sql: SqlReads, stretch: Stretch, isLate: 0 | 1, decode: Decode): PieceSource {
  const { from, to, direction } = stretch
  const rows = chunkRows(sql, stretch, isLate)
  return async () => {
    const row = await rows()
    if (!row) return undefined
    return {
      id: row.id,
      // Where the whole chunk begins, since the next one may begin before what is left of this one.
      begin: direction === 'forward' ? Math.max(row.t0, from) : Math.min(row.t1, to),
      load: () => within(decode(row), from, to),
    }
  }
}

/** Rows in order of where they begin in the direction of reading, a page at a time. */
function chunkRows(sql: SqlReads, stretch: Stretch, isLate: 0 | 1): () => Promise<ChunkRow | undefined> {
  const { tag, from, to, chunkId, chunksPerPage } = stretch
  const isForward = stretch.direction === 'forward'
  const order = (isLate === 0) === isForward ? 't1' : 't0'
  const text = statement(stretch.direction, isLate, order)
  let page: readonly ChunkRow[] = []
  let [index, isLast] = [0, false]
  let last: readonly [number, number] = isForward ? [-Number.MAX_VALUE, 0] : [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]
  return async () => {
    if (index >= page.length && !isLast) {
      page = await sql.all<ChunkRow>(text, [tag, from, to, chunkId, ...last, chunksPerPage])
      index = 0
      isLast = page.length < chunksPerPage
      const end = page.at(-1)
      if (end) last = [end[order], end.id]
    }
    return page[index++]
  }
}

/**
 * Chunks in order never overlap, so their ends are in the same order as their beginnings: one index finds the first one
 * of a range, the other the first one beyond it, and nothing further away is looked at. Late chunks are few.
 */
function statement(direction: Direction, isLate: 0 | 1, order: 't0' | 't1'): string {
  const isForward = direction === 'forward'
  const [after, sense] = isForward ? ['>', ''] : ['<', 'DESC']
  const among = (alias: string): string => `${alias}.tag = ?1 AND ${alias}.isOpen = 0 AND ${alias}.isLate = ${isLate}`
  const beyond = isForward
    ? `c.t1 <= ifnull((SELECT t1 FROM chunk AS b WHERE ${among('b')} AND b.t0 > ?3 ORDER BY b.t0, b.id LIMIT 1), 1e308)`
    : `c.t0 >= ifnull((SELECT t0 FROM chunk AS b WHERE ${among('b')} AND b.t1 < ?2 ORDER BY b.t1 DESC, b.id DESC LIMIT 1), -1e308)`
  return `SELECT id, t0, t1, n, blob FROM chunk AS c
    WHERE ${among('c')} AND c.t1 >= ?2 AND c.t0 <= ?3 AND c.id <= ?4 AND (c.${order}, c.id) ${after} (?5, ?6)
      ${isLate === 0 ? `AND ${beyond}` : ''}
    ORDER BY c.${order} ${sense}, c.id ${sense} LIMIT ?7`
}

function within(samples: Samples, from: number, to: number): Samples {
  return slice(samples, firstAt(samples, from), firstAfter(samples, to))
}
