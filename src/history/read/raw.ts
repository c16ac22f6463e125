import { MillraceError } from '../../model/errors.ts'
import { HistoryStatus } from '../history-status.ts'
import type { HistoryStore, Position } from '../history-store.ts'
import { type Entry, entryAt } from '../samples.ts'

/** A raw read (ReadRawModifiedDetails, Part 11 §6.5.3); at least two of start, end and count are given. */
export interface RawRequest {
  readonly tag: string
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** Samples wanted in all; 0 means all of them, which then needs both times. */
  readonly count: number
  readonly hasBounds: boolean
  /** Samples in one answer at most. */
  readonly limit: number
  /** Where the answer before ended. */
  readonly after?: RawPosition | undefined
}

/** Where an answer ended: a position and how many samples were given so far. It is all that a continuation point stores. */
export interface RawPosition extends Position {
  readonly given: number
}

/** One answer, in the order of reading; `next` is there while there is more. */
export interface RawAnswer {
  readonly entries: readonly Entry[]
  readonly next?: RawPosition | undefined
}

/**
 * Reads raw history page by page. Without an end it reads forwards from the start, without a start backwards from the end;
 * a bound that is asked for and not there is a `BadBoundNotFound` sample at its time.
 */
export async function readRaw(
  store: Pick<HistoryStore, 'readPage' | 'neighbours'>,
  request: RawRequest,
): Promise<RawAnswer> {
  const { tag, count, hasBounds, limit, after } = request
  const { start, end } = timesOf(request)
  const given = after?.given ?? 0
  const first = hasBounds && !after ? await startBound(store, tag, start, end) : undefined
  const wanted = count > 0 ? count - given - (first ? 1 : 0) : Number.POSITIVE_INFINITY
  const room = Math.min(limit - (first ? 1 : 0), wanted)
  const head = first ? [first] : []
  if (room <= 0) {
    const isAll = count > 0 && given + head.length >= count
    return isAll ? { entries: head } : { entries: head, next: { ...beforeAll(start, end), given: given + head.length } }
  }
  const page = await store.readPage({ tag, start, end, isEndIncluded: false, limit: room, after })
  const entries = [...head, ...Array.from({ length: page.samples.count }, (_, index) => entryAt(page.samples, index))]
  const total = given + entries.length
  if (page.next) return count > 0 && total >= count ? { entries } : { entries, next: { ...page.next, given: total } }
  // The bound at the end comes with the last sample; an answer may be longer than its limit by this one.
  if (hasBounds && Number.isFinite(end) && start !== end && (count === 0 || total < count)) {
    entries.push(await endBound(store, tag, start, end))
  }
  return { entries }
}

function timesOf({ tag, start, end, count }: RawRequest): { start: number; end: number } {
  if (start !== undefined && end !== undefined) return { start, end }
  if (count > 0 && start !== undefined) return { start, end: Number.POSITIVE_INFINITY }
  if (count > 0 && end !== undefined) return { start: end, end: Number.NEGATIVE_INFINITY }
  throw new MillraceError('value-invalid', `${tag}: give two of start, end and number of values`)
}

/** The sample before the first one of the range, when none is exactly at the start. */
async function startBound(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  start: number,
  end: number,
): Promise<Entry | undefined> {
  const around = await store.neighbours(tag, start)
  if (around.at) return undefined
  return (start <= end ? around.before : around.after) ?? missing(start)
}

async function endBound(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  start: number,
  end: number,
): Promise<Entry> {
  const around = await store.neighbours(tag, end)
  return around.at ?? (start <= end ? around.after : around.before) ?? missing(end)
}

function missing(time: number): Entry {
  return { time, value: null, status: HistoryStatus.BadBoundNotFound }
}

/** The position in front of the first sample of a range. */
function beforeAll(start: number, end: number): Position {
  return { time: start, ordinal: start <= end ? -1 : Number.MAX_SAFE_INTEGER }
}
