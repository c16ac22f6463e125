import { MillraceError } from '../../model/errors.ts'
import type { Entry, HistoryStore } from '../history-store.ts'
import { type AggregateConfiguration, type AggregateName, isUsable } from './configuration.ts'
import { Grid } from './grid.ts'
import { noData, partialBit, rules } from './result.ts'
import { Sweep } from './sweep.ts'

/** A processed read (Part 11 §6.5.4): one result for each interval. */
export interface ProcessedRequest {
  readonly tag: string
  readonly start: number
  /** Before the start, it reads backwards. */
  readonly end: number
  /** Width of the intervals in milliseconds; 0 means one interval. */
  readonly interval: number
  readonly aggregate: AggregateName
  readonly configuration: AggregateConfiguration
}

/** Intervals that one read may have; more are asked for by several reads. */
export const intervalsMax = 200_000

/**
 * Computes an aggregate over intervals in one pass over the samples, which are never all in memory. Results are in the
 * order of reading. It rejects with `value-invalid` when the range is empty or has too many intervals.
 */
export async function readProcessed(
  store: Pick<HistoryStore, 'scan' | 'neighbours' | 'readPage'>,
  request: ProcessedRequest,
): Promise<Entry[]> {
  const { tag, start, end, interval, aggregate, configuration } = request
  if (!Number.isFinite(start) || !Number.isFinite(end) || start === end || !(interval >= 0)) {
    throw new MillraceError(
      'value-invalid',
      `${tag}: an aggregate needs a start and an end that differ, and an interval from 0`,
    )
  }
  if (Math.abs(end - start) / interval > intervalsMax && interval > 0) {
    throw new MillraceError(
      'value-out-of-range',
      `${tag}: the range has more than ${intervalsMax} intervals; ask for fewer`,
    )
  }
  const grid = new Grid(start, end, interval)
  const rule = rules[aggregate]
  const usable = (status: number): boolean => isUsable(status, configuration)
  const around = await contextOf(store, tag, grid.from, usable)
  const sweep = new Sweep(grid, rule.need, configuration, around)
  // The later end belongs to the range when it is read backwards, the earlier one does not.
  for await (const block of store.scan(tag, grid.from, grid.isReversed ? nextAfter(grid.to) : grid.to)) {
    sweep.addBlock(block)
  }
  await close(store, tag, sweep, grid, usable)
  const extent = await extentOf(store, tag)
  const results = Array.from({ length: grid.count }, (_, index) => {
    const kind = extent ? coverage(grid, index, extent) : 'none'
    if (kind === 'none' || (kind === 'after' && !rule.isExtrapolated)) return noData(sweep, index)
    return rule.result(sweep, index, kind === 'partial' || grid.isShort(index) ? partialBit : 0, configuration)
  })
  return grid.isReversed ? results.reverse() : results
}

async function contextOf(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  from: number,
  usable: (status: number) => boolean,
): Promise<{ raw: Entry | undefined; usable: Entry | undefined; earlier: Entry | undefined }> {
  const raw = (await store.neighbours(tag, from)).before
  const last = raw && (usable(raw.status) ? raw : (await store.neighbours(tag, from, usable)).before)
  const earlier = last && (await store.neighbours(tag, last.time, usable)).before
  return { raw, usable: last, earlier }
}

/** Gives the sweep what lies behind the range: the next sample, and the next usable one. */
async function close(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  sweep: Sweep,
  grid: Grid,
  usable: (status: number) => boolean,
): Promise<void> {
  const next = await store.neighbours(tag, grid.to)
  const raw = grid.isReversed ? next.after : (next.at ?? next.after)
  if (raw) sweep.add(raw)
  if (raw && usable(raw.status)) return
  const nextUsable = await store.neighbours(tag, grid.to, usable)
  const found = grid.isReversed ? nextUsable.after : (nextUsable.at ?? nextUsable.after)
  if (found) sweep.add(found)
  else sweep.end()
}

interface Extent {
  readonly first: number
  readonly last: number
}

async function extentOf(store: Pick<HistoryStore, 'readPage'>, tag: string): Promise<Extent | undefined> {
  const [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const oldest = await store.readPage({ tag, start: from, end: to, limit: 1 })
  const newest = await store.readPage({ tag, start: to, end: from, limit: 1 })
  const [first, last] = [oldest.samples.times[0], newest.samples.times[0]]
  return first === undefined || last === undefined ? undefined : { first, last }
}

/** How an interval lies to the data of a tag: `none` before it began, `after` it ended, `partial` where it begins or ends. */
function coverage(grid: Grid, index: number, { first, last }: Extent): 'none' | 'after' | 'partial' | 'whole' {
  const [low, high] = [grid.low(index), grid.high(index)]
  if (grid.isReversed ? high < first : high <= first) return 'none'
  if (grid.isReversed ? low >= last : low > last) return 'after'
  return low < first || high > last ? 'partial' : 'whole'
}

/** The next time that a double can tell from this one. */
function nextAfter(time: number): number {
  return time + Math.max(Number.MIN_VALUE, Math.abs(time) * Number.EPSILON)
}
