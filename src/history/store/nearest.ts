import type { SqlReads } from '../../sqlite/driver.ts'
import type { Entry, Neighbours } from '../history-store.ts'
import { entryAt, firstAt, type Samples } from '../samples.ts'
import type { ChunkRow, Decode } from './chunk-reader.ts'
import { firstAfter } from './merge.ts'

/** Times that one statement looks for; it has a place for each, so that they are bound bit by bit. */
export const timesMax = 128

/** Late chunks of a tag that are looked at; where there are more, each time is searched for by itself. */
const lateMax = 1000

/** What is asked of a tag. */
export interface NearestRequest {
  readonly tag: number
  readonly times: readonly number[]
  readonly isUsable: (status: number) => boolean
  /** As of a stretch: what was in memory, and the last chunk that belongs to it. */
  readonly head: Samples
  readonly chunkId: number
  readonly hasLate: boolean
}

/** A chunk with its samples. */
interface Piece {
  readonly t0: number
  readonly t1: number
  readonly samples: Samples
}

/**
 * What lies around each of at most {@link timesMax} times, with one statement for all of them. Undefined where the nearest samples
 * are not usable, damaged, several of one time, or where a late chunk reaches in: such a time has to be searched for by itself.
 */
export async function nearestOf(
  sql: SqlReads,
  request: NearestRequest,
  decode: Decode,
): Promise<(Neighbours | undefined)[]> {
  const { tag, times, chunkId } = request
  // Sizes are powers of two, so that few statements have to be prepared.
  const size = 2 ** Math.ceil(Math.log2(Math.max(1, times.length)))
  const padded = Array.from({ length: size }, (_, index) => times[index] ?? times[0] ?? 0)
  const rows = await sql.all<ChunkRow>(statement(size), [tag, chunkId, ...padded])
  const pieces = rows.map((row): Piece => ({ t0: row.t0, t1: row.t1, samples: decode(row) }))
  const found = times.map((time) => around(pieces, request, time))
  return request.hasLate ? withoutLate(sql, request, found) : found
}

/** Drops what a late chunk may know better. */
async function withoutLate(
  sql: SqlReads,
  { tag, chunkId }: NearestRequest,
  found: readonly (Neighbours | undefined)[],
): Promise<(Neighbours | undefined)[]> {
  const late = await sql.all<{ t0: number; t1: number }>(
    `SELECT t0, t1 FROM chunk WHERE tag = ? AND isOpen = 0 AND isLate = 1 AND id <= ? LIMIT ${lateMax + 1}`,
    [tag, chunkId],
  )
  if (late.length > lateMax) return found.map(() => undefined)
  return found.map((each) => {
    if (!each) return undefined
    const from = each.before?.time ?? Number.NEGATIVE_INFINITY
    const to = each.after?.time ?? Number.POSITIVE_INFINITY
    return late.some(({ t0, t1 }) => t0 <= to && t1 >= from) ? undefined : each
  })
}

/** The chunks in which the last sample before each time, the last one at it and the first one behind it are. */
function statement(size: number): string {
  const places = Array.from({ length: size }, (_, index) => `(?${index + 3})`).join(',')
  const one = (condition: string, order: string): string =>
    `SELECT (SELECT id FROM chunk WHERE tag = ?1 AND isOpen = 0 AND isLate = 0 AND id <= ?2 AND ${condition}
       ORDER BY ${order} LIMIT 1) FROM asked`
  return `WITH asked (time) AS (VALUES ${places})
    SELECT id, t0, t1, n, blob FROM chunk WHERE id IN (
      ${one('t0 < time', 't0 DESC, id DESC')} UNION ${one('t0 <= time', 't0 DESC, id DESC')}
      UNION ${one('t1 > time', 't1, id')}
    ) ORDER BY t0, id`
}

function around(pieces: readonly Piece[], { head, isUsable }: NearestRequest, time: number): Neighbours | undefined {
  // Chunks in order never overlap, so their ends grow as their beginnings do.
  const first = pieces[countWhile(pieces, ({ t0 }) => t0 < time) - 1]
  const last = pieces[countWhile(pieces, ({ t0 }) => t0 <= time) - 1]
  const next = pieces[countWhile(pieces, ({ t1 }) => t1 <= time)]
  const same = [...new Set([first, last]), { samples: head }].flatMap((piece) => (piece ? samplesAt(piece, time) : []))
  const before = later(beforeIn(first?.samples, time), beforeIn(head, time))
  const after = earlier(afterIn(next?.samples, time), afterIn(head, time))
  const isMissing = next !== undefined && firstAfter(next.samples, time) === next.samples.count
  const at = same[0]
  const isSure = [before, at, after].every((entry) => !entry || isUsable(entry.status))
  if (isMissing || same.length > 1 || !isSure) return undefined
  return { before, at, after, hasSkippedBefore: false, hasSkippedAfter: false }
}

function samplesAt({ samples }: Pick<Piece, 'samples'>, time: number): Entry[] {
  const [from, to] = [firstAt(samples, time), firstAfter(samples, time)]
  return Array.from({ length: to - from }, (_, index) => entryAt(samples, from + index))
}

function beforeIn(samples: Samples | undefined, time: number): Entry | undefined {
  const index = samples ? firstAt(samples, time) - 1 : -1
  return samples && index >= 0 ? entryAt(samples, index) : undefined
}

function afterIn(samples: Samples | undefined, time: number): Entry | undefined {
  const index = samples ? firstAfter(samples, time) : 0
  return samples && index < samples.count ? entryAt(samples, index) : undefined
}

/** Of equal times, what is in memory arrived later. */
function later(inChunk: Entry | undefined, inMemory: Entry | undefined): Entry | undefined {
  if (!inChunk || !inMemory) return inChunk ?? inMemory
  return inMemory.time >= inChunk.time ? inMemory : inChunk
}

function earlier(inChunk: Entry | undefined, inMemory: Entry | undefined): Entry | undefined {
  if (!inChunk || !inMemory) return inChunk ?? inMemory
  return inChunk.time <= inMemory.time ? inChunk : inMemory
}

/** How many pieces at the beginning hold what is asked; it holds for none behind them. */
function countWhile(pieces: readonly Piece[], holds: (piece: Piece) => boolean): number {
  let [low, high] = [0, pieces.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(pieces[middle] as Piece)) low = middle + 1
    else high = middle
  }
  return low
}
