import { isMillraceError } from '../../model/errors.ts'
import type { SqlReads } from '../../sqlite/driver.ts'
import { decodeChunk } from '../codec/chunk.ts'
import { HistoryStatus } from '../history-status.ts'
import { firstAt, type Samples, samplesFrom, slice } from '../samples.ts'
import { type Direction, firstAfter, merge, type Piece, type PieceSource } from './merge.ts'

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

/** Chunks that are read first, before anybody knows how long they are; of numbers they have 3 KB. */
const firstSize = 8
/** Bytes that are read at once, about. */
const bytesPerPage = 2 * 1024 * 1024

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
  const sources = [chunkSource(sql, stretch, decode), headSource(stretch)]
  if (stretch.hasLate) sources.push(await lateSource(sql, stretch, decode))
  for await (const block of merge(sources, stretch.direction)) yield block
}

/** The samples of a chunk; a damaged one reads as one `BadDataLost` sample with the count, see {@link intactSamplesOf}. */
export function samplesOf(row: ChunkRow, onCorrupt: (chunk: number) => void): Samples {
  const lost = { time: row.t0, status: HistoryStatus.BadDataLost, value: row.n }
  return intactSamplesOf(row, onCorrupt) ?? samplesFrom([lost])
}

/** The samples of a chunk; undefined when it is damaged, which is told to `onCorrupt`. */
export function intactSamplesOf(
  { id, blob }: Pick<ChunkRow, 'id' | 'blob'>,
  onCorrupt: (chunk: number) => void,
): Samples | undefined {
  try {
    return decodeChunk(blob)
  } catch (error) {
    if (!isMillraceError(error, 'database-corrupt')) throw error
    onCorrupt(id)
    return undefined
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

function chunkSource(sql: SqlReads, stretch: Stretch, decode: Decode): PieceSource {
  const rows = chunkRows(sql, stretch)
  return async () => {
    const row = await rows()
    return row && pieceOf(row, row, stretch, decode)
  }
}

/**
 * Late chunks are few, so all of a stretch are looked up at once: they may grow and shrink while it is read, and one that was
 * looked up by its beginning in the middle of that would be missed or come twice.
 */
async function lateSource(sql: SqlReads, stretch: Stretch, decode: Decode): Promise<PieceSource> {
  const { tag, from, to, chunkId, direction, chunksPerPage } = stretch
  const order = direction === 'forward' ? 't0, id' : 't1 DESC, id DESC'
  const places = await sql.all<Omit<ChunkRow, 'blob'>>(
    `SELECT id, t0, t1, n FROM chunk
     WHERE tag = ? AND isOpen = 0 AND isLate = 1 AND t1 >= ? AND t0 <= ? AND id <= ? ORDER BY ${order}`,
    [tag, from, to, chunkId],
  )
  let index = 0
  let blobs = new Map<number, Uint8Array>()
  return async () => {
    for (let place = places[index]; place; place = places[++index]) {
      if (index % chunksPerPage === 0) blobs = await blobsOf(sql, places.slice(index, index + chunksPerPage))
      const blob = blobs.get(place.id)
      if (!blob) continue
      index++
      return pieceOf(place, { ...place, blob }, stretch, decode)
    }
    return undefined
  }
}

async function blobsOf(sql: SqlReads, places: readonly { readonly id: number }[]): Promise<Map<number, Uint8Array>> {
  const rows = await sql.all<Pick<ChunkRow, 'id' | 'blob'>>(
    'SELECT id, blob FROM chunk WHERE id IN (SELECT value FROM json_each(?))',
    [JSON.stringify(places.map(({ id }) => id))],
  )
  return new Map(rows.map(({ id, blob }) => [id, blob]))
}

/** A piece begins where the whole chunk did when it was looked up, since the next one may begin before what is left of it. */
function pieceOf(
  { id, t0, t1 }: Pick<ChunkRow, 'id' | 't0' | 't1'>,
  row: ChunkRow,
  { from, to, direction }: Stretch,
  decode: Decode,
): Piece {
  const [first, last] = direction === 'forward' ? [Math.max(t0, from), to] : [from, Math.min(t1, to)]
  return { id, begin: direction === 'forward' ? first : last, load: () => within(decode(row), first, last) }
}

/** Rows in order of where they begin in the direction of reading, a page at a time. */
function chunkRows(sql: SqlReads, stretch: Stretch): () => Promise<ChunkRow | undefined> {
  const { tag, from, to, chunkId, chunksPerPage } = stretch
  const isForward = stretch.direction === 'forward'
  const order = isForward ? 't1' : 't0'
  const text = statement(stretch.direction)
  let page: readonly ChunkRow[] = []
  let [index, isLast, size] = [0, false, Math.min(chunksPerPage, firstSize)]
  let last: readonly [number, number] = isForward ? [-Number.MAX_VALUE, 0] : [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]
  return async () => {
    if (index >= page.length && !isLast) {
      page = await sql.all<ChunkRow>(text, [tag, from, to, chunkId, ...last, size])
      index = 0
      isLast = page.length < size
      size = Math.min(chunksPerPage, fittingIn(page))
      const end = page.at(-1)
      if (end) last = [end[order], end.id]
    }
    return page[index++]
  }
}

/** How many chunks are read next, when they are as long as these. */
function fittingIn(page: readonly ChunkRow[]): number {
  const bytes = page.reduce((sum, { blob }) => sum + blob.length, 0)
  return Math.max(1, Math.floor((page.length * bytesPerPage) / Math.max(1, bytes)))
}

/**
 * Chunks in order never overlap, so their ends are in the same order as their beginnings: one index finds the first one
 * of a range, the other the first one beyond it, and nothing further away is looked at.
 */
function statement(direction: Direction): string {
  const isForward = direction === 'forward'
  const [order, after, sense] = isForward ? ['t1', '>', ''] : ['t0', '<', 'DESC']
  const among = (alias: string): string => `${alias}.tag = ?1 AND ${alias}.isOpen = 0 AND ${alias}.isLate = 0`
  const beyond = isForward
    ? `c.t1 <= ifnull((SELECT t1 FROM chunk AS b WHERE ${among('b')} AND b.t0 > ?3 ORDER BY b.t0, b.id LIMIT 1), 1e308)`
    : `c.t0 >= ifnull((SELECT t0 FROM chunk AS b WHERE ${among('b')} AND b.t1 < ?2 ORDER BY b.t1 DESC, b.id DESC LIMIT 1), -1e308)`
  return `SELECT id, t0, t1, n, blob FROM chunk AS c
    WHERE ${among('c')} AND c.t1 >= ?2 AND c.t0 <= ?3 AND c.id <= ?4 AND (c.${order}, c.id) ${after} (?5, ?6)
      AND ${beyond}
    ORDER BY c.${order} ${sense}, c.id ${sense} LIMIT ?7`
}

function within(samples: Samples, from: number, to: number): Samples {
  return slice(samples, firstAt(samples, from), firstAfter(samples, to))
}
