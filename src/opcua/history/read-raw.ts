import {
  type ExtensionObject,
  HistoryModifiedData,
  HistoryUpdateType,
  type NumericRange,
  type StatusCode,
  StatusCodes,
} from 'node-opcua'
import { bytesOf, type Value } from '../../model/value.ts'
import type { ReadableHistory } from './askers.ts'
import { columnsOf, countOf, type Wrap } from './column-data.ts'
import { dataValuesOf, historyDataOf, wrapOf } from './data-values.ts'
import type { Historized } from './historized-variables.ts'
import type { HistoryColumns, HistoryEntry, HistoryPage, HistoryRange, ModifiedPage } from './history-view.ts'
import { objectsMax, type Place } from './places.ts'

/** What one node of a request gets. */
export interface Answer {
  readonly status: StatusCode
  /** HistoryData, HistoryModifiedData or HistoryEvent. */
  readonly data?: ExtensionObject
  /** Where to go on; absent when there is no more. */
  readonly next?: Place | undefined
}

type RawPlace = Extract<Place, { kind: 'raw' }>
type ModifiedPlace = Extract<Place, { kind: 'modified' }>

/** No value was found beyond an end of the range (Part 11 §6.5.3.2). */
const boundNotFound = 0x80d70000

/** Bytes of values that one page may have; pages of long values have fewer of them. */
const pageBytesMax = 1_000_000

/** One page of raw history, with the values at the bounds of the range when they are asked for (Part 11 §6.5.3.2). */
export async function readRaw(
  history: ReadableHistory,
  historized: Historized,
  place: RawPlace,
  indexRange: NumericRange | null,
): Promise<Answer> {
  const { tag } = historized
  const { domain, withBounds, after, returned } = place
  const pageMax = indexRange && !indexRange.isEmpty() ? Math.min(domain.pageMax, objectsMax) : domain.pageMax
  const limit = Math.min(pageMax, domain.totalMax - returned)
  const isFirst = returned === 0
  const first = withBounds && isFirst ? await startBound(history, tag, place) : undefined
  const parts: HistoryColumns[] = first ? [columnsOf([first])] : []
  const more = (at: Partial<RawPlace>): Place => ({ ...place, ...at, returned: returned + countOf(parts) })
  let next: Place | undefined
  if (!place.isAtEnd) {
    const room = limit - countOf(parts)
    const page = room > 0 ? await pageOf(history, tag, place, room) : undefined
    if (page) parts.push(page.samples)
    if (!page || page.next) next = more({ after: page?.next ?? after })
  }
  if (!next && withBounds) {
    const isFull = countOf(parts) >= limit
    const last = isFull ? undefined : await endBound(history, tag, place)
    if (isFull && Number.isFinite(domain.end)) next = more({ isAtEnd: true })
    if (last) parts.push(columnsOf([last]))
  }
  if (returned + countOf(parts) >= domain.totalMax) next = undefined
  return answerOf(parts, { wrap: wrapOf(historized), indexRange, isFirst, next })
}

function answerOf(
  parts: readonly HistoryColumns[],
  how: {
    readonly wrap: Wrap
    readonly indexRange: NumericRange | null
    readonly isFirst: boolean
    readonly next: Place | undefined
  },
): Answer {
  const isEmpty = how.isFirst && !how.next && parts.every(isNothing)
  return {
    status: isEmpty ? StatusCodes.GoodNoData : StatusCodes.Good,
    data: historyDataOf(parts, how.wrap, how.indexRange),
    next: how.next,
  }
}

/** Tells whether there are no samples, only bounds that were not found. */
function isNothing({ count, statuses }: HistoryColumns): boolean {
  return count === 0 || (count === 1 && statuses[0] === boundNotFound)
}

/** A page that fits into a message. */
function pageOf(
  history: ReadableHistory,
  tag: string,
  { domain, after }: RawPlace,
  limit: number,
): Promise<HistoryPage> {
  return history.readPage({ tag, start: domain.start, end: domain.end, after, limit, bytesMax: pageBytesMax })
}

/** How many of the entries fit into a page; at least one. */
function fittingCount(entries: readonly HistoryEntry[]): number {
  let bytes = 0
  for (const [index, { value }] of entries.entries()) {
    bytes += bytesOf(value)
    if (bytes > pageBytesMax) return Math.max(1, index)
  }
  return entries.length
}

/** The value at the start: none of its own when samples are there, else the one before it in the direction of reading. */
async function startBound(
  history: ReadableHistory,
  tag: string,
  { domain: { start, end } }: RawPlace,
): Promise<HistoryEntry | undefined> {
  const { at, before, after } = await history.neighbours(tag, start)
  if (at) return undefined
  return (start <= end ? before : after) ?? { time: start, status: boundNotFound, value: null }
}

/** The value at the end, or the next one behind it. A range without an end has no bound there. */
async function endBound(
  history: ReadableHistory,
  tag: string,
  { domain: { start, end } }: RawPlace,
): Promise<HistoryEntry | undefined> {
  if (!Number.isFinite(end)) return undefined
  const { at, before, after } = await history.neighbours(tag, end)
  // A range of one moment has its samples already.
  if (at && start === end) return undefined
  if (at && start < end) {
    const { count, statuses, values } = (await history.readPage({ tag, start: end, end, limit: 1 })).samples
    return count > 0 ? { time: end, status: statuses[0] as number, value: values[0] as Value } : at
  }
  return at ?? (start <= end ? after : before) ?? { time: end, status: boundNotFound, value: null }
}

/** One page of the values that were changed, with who changed them and how (Part 11 §6.5.3.3). */
export async function readModified(
  history: ReadableHistory,
  historized: Historized,
  place: ModifiedPlace,
  indexRange: NumericRange | null,
): Promise<Answer> {
  const { domain, after, returned } = place
  const limit = Math.min(domain.pageMax, objectsMax, domain.totalMax - returned)
  const range = { tag: historized.tag, start: domain.start, end: domain.end, after, limit }
  const { entries, next } = await modifiedPageOf(history, range)
  const count = returned + entries.length
  const data = new HistoryModifiedData({
    modificationInfos: entries.map(({ user, at, kind }) => ({
      modificationTime: new Date(at),
      updateType: updateTypes[kind],
      userName: user,
    })),
  })
  data.dataValues = dataValuesOf(columnsOf(entries), wrapOf(historized), indexRange)
  return {
    status: count === 0 ? StatusCodes.GoodNoData : StatusCodes.Good,
    data,
    next: next && count < domain.totalMax ? { ...place, after: next, returned: count } : undefined,
  }
}

/** A page of changes that fits into a message: when its values are long, a shorter one is read. */
async function modifiedPageOf(history: ReadableHistory, range: HistoryRange): Promise<ModifiedPage> {
  const page = await history.readModified(range)
  const fitting = fittingCount(page.entries)
  return fitting < page.entries.length ? history.readModified({ ...range, limit: fitting }) : page
}

const updateTypes = {
  insert: HistoryUpdateType.Insert,
  replace: HistoryUpdateType.Replace,
  update: HistoryUpdateType.Update,
  delete: HistoryUpdateType.Delete,
} as const
