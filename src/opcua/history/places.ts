import { isMinDate } from 'node-opcua'
import type { EventPosition } from './events/event-history-view.ts'
import type { HistoryPosition } from './history-view.ts'

/** What raw and modified reads go by: a range, a direction, and how much may be returned. */
export interface Domain {
  readonly start: number
  readonly end: number
  /** Values for each page. */
  readonly pageMax: number
  /** Values in all: an open range ends after so many (Part 11 §6.5.3.2). */
  readonly totalMax: number
}

/** Where a read goes on. */
export type Place =
  | {
      readonly kind: 'raw'
      readonly domain: Domain
      readonly withBounds: boolean
      /** Only the bound at the end is missing. */
      readonly isAtEnd: boolean
      readonly after: HistoryPosition | undefined
      /** Values that were returned already. */
      readonly returned: number
    }
  | {
      readonly kind: 'modified'
      readonly domain: Domain
      readonly after: HistoryPosition | undefined
      readonly returned: number
    }
  | {
      readonly kind: 'events'
      readonly domain: Domain
      readonly after: EventPosition | undefined
      readonly returned: number
    }
  | { readonly kind: 'atTime' | 'processed'; readonly index: number }

/** Values of one page at most, for each node. */
export const returnMax = 10_000

/** Values of one page at most where each needs objects of its own: a long page of them would keep everybody else waiting. */
export const objectsMax = 2000

/** What one answer may hold for all nodes together: it has to fit into a message, which is encoded in one go. */
const answerMax = 50_000

/** How many values a page of one node may have when a request asks for several nodes. */
export function pageMaxOf(nodes: number): number {
  return Math.min(returnMax, Math.floor(answerMax / Math.max(1, nodes)))
}

/**
 * The domain of a raw or modified read; undefined when fewer than two of start, end and number are given. Without a start
 * time goes backwards from the end.
 */
export function domainOf(
  details: { readonly startTime: Date | null; readonly endTime: Date | null; readonly numValuesPerNode: number },
  pageMax: number,
): Domain | undefined {
  const { numValuesPerNode: count } = details
  const [start, end] = [timeOf(details.startTime), timeOf(details.endTime)]
  if ([start !== undefined, end !== undefined, count > 0].filter(Boolean).length < 2) return undefined
  const limited = count > 0 ? Math.min(count, pageMax) : pageMax
  if (start !== undefined && end !== undefined)
    return { start, end, pageMax: limited, totalMax: Number.POSITIVE_INFINITY }
  const open =
    start === undefined
      ? { start: end as number, end: Number.NEGATIVE_INFINITY }
      : { start, end: Number.POSITIVE_INFINITY }
  return { ...open, pageMax: limited, totalMax: count }
}

/**
 * A time that was given, in milliseconds since 1970 UTC. The stack keeps what is below a millisecond beside the date; a number
 * of today's size has steps of a quarter of a microsecond, so that is how exact times of history are.
 */
export function timeOf(
  date: (Date & { readonly picoseconds?: number }) | null | undefined,
  picoseconds = date?.picoseconds ?? 0,
): number | undefined {
  if (!date || isMinDate(date) || Number.isNaN(date.getTime())) return undefined
  return date.getTime() + picoseconds / 1e9
}
