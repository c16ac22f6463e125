import {
  DataType,
  type NodeId,
  type NumericRange,
  type ReadAtTimeDetails,
  type ReadProcessedDetails,
  StatusCodes,
} from 'node-opcua'
import type { ReadableHistory } from './askers.ts'
import type { Wrap } from './column-data.ts'
import { historyDataOf, wrapAs, wrapComputed } from './data-values.ts'
import type { Historized } from './historized-variables.ts'
import type { AggregateSettings } from './history-view.ts'
import { timeOf } from './places.ts'
import type { Answer } from './read-raw.ts'

/** What a page of computed values needs besides the node. */
export interface PageOptions {
  /** The first value of the page among all that were asked for. */
  readonly index: number
  readonly pageMax: number
  readonly indexRange: NumericRange | null
}

/** Times of one page: each is looked for by itself. */
const timesMax = 1000

/** One page of the values at given times (Part 11 §6.5.5). */
export async function readAtTime(
  history: ReadableHistory,
  historized: Historized,
  { reqTimes, useSimpleBounds }: ReadAtTimeDetails,
  { index, pageMax, indexRange }: PageOptions,
): Promise<Answer> {
  const { tag, isStepped } = historized
  const all = (reqTimes ?? []).map(timeOf)
  if (all.length === 0 || all.includes(undefined)) return { status: StatusCodes.BadInvalidTimestampArgument }
  const times = (all as number[]).slice(index, index + Math.min(pageMax, timesMax))
  const columns = await history.readAtTime(tag, times, { useSimpleBounds, isStepped })
  const end = index + times.length
  return {
    status: StatusCodes.Good,
    data: historyDataOf([columns], wrapComputed(historized), indexRange),
    next: end < all.length ? { kind: 'atTime', index: end } : undefined,
  }
}

/** One page of an aggregate, a value for each interval (Part 11 §6.5.4). */
export async function readProcessed(
  history: ReadableHistory,
  historized: Historized,
  { details, aggregateId }: { readonly details: ReadProcessedDetails; readonly aggregateId: NodeId | undefined },
  { index, pageMax, indexRange }: PageOptions,
): Promise<Answer> {
  const { tag, isStepped } = historized
  const aggregate = aggregateOf(history, aggregateId)
  if (aggregate === undefined) return { status: StatusCodes.BadAggregateNotSupported }
  const settings = settingsOf(history, details)
  if (!settings) return { status: StatusCodes.BadAggregateInvalidInputs }
  const [start, end] = [timeOf(details.startTime), timeOf(details.endTime)]
  const { processingInterval: asked } = details
  if (start === undefined || end === undefined || start === end || !(asked >= 0) || !Number.isFinite(asked)) {
    return { status: StatusCodes.BadInvalidArgument }
  }
  const range = Math.abs(end - start)
  const interval = asked > 0 && asked < range ? asked : range
  const count = Math.ceil(range / interval)
  const [from, to] = [index, pageEnd(index, pageMax, count)]
  const direction = start < end ? interval : -interval
  const columns = await history.readProcessed({
    tag,
    start: start + from * direction,
    end: to < count ? start + to * direction : end,
    interval,
    aggregate,
    configuration: { ...settings, isStepped },
  })
  return {
    status: StatusCodes.Good,
    data: historyDataOf([columns], wrapAggregate(aggregate, historized), indexRange),
    next: to < count ? { kind: 'processed', index: to } : undefined,
  }
}

/** Where a page ends. The last one has at least two intervals: alone, a last one that is shorter could not be told from a whole one. */
function pageEnd(from: number, pageMax: number, count: number): number {
  const end = Math.min(from + pageMax, count)
  return count - end === 1 && end - from > 1 ? end - 1 : end
}

function aggregateOf({ aggregates }: ReadableHistory, id: NodeId | undefined): string | undefined {
  if (id?.namespace !== 0) return undefined
  return Object.entries(aggregates).find(([, number]) => number === id.value)?.[0]
}

/** The settings of a request; undefined when they cannot be met (Part 13 §4.2.1.2). */
function settingsOf(
  { aggregateDefaults }: ReadableHistory,
  { aggregateConfiguration: asked }: ReadProcessedDetails,
): AggregateSettings | undefined {
  if (!asked || asked.useServerCapabilitiesDefaults) return aggregateDefaults
  const { treatUncertainAsBad, percentDataBad, percentDataGood, useSlopedExtrapolation } = asked
  const isSound = percentDataBad <= 100 && percentDataGood <= 100 && percentDataGood >= 100 - percentDataBad
  return isSound ? { treatUncertainAsBad, percentDataBad, percentDataGood, useSlopedExtrapolation } : undefined
}

/** Aggregates whose results are of the type of the variable (Part 13 §5.4.3). */
const sameType = new Set([
  'Interpolative',
  'Minimum',
  'Maximum',
  'MinimumActualTime',
  'MaximumActualTime',
  'Range',
  'Start',
  'End',
  'Delta',
])
const counts = new Set(['Count', 'NumberOfTransitions'])

function wrapAggregate(aggregate: string, historized: Historized): Wrap {
  if (sameType.has(aggregate)) return wrapComputed(historized)
  if (counts.has(aggregate)) return wrapAs(DataType.Int32)
  return wrapAs(aggregate === 'WorstQuality' ? DataType.StatusCode : DataType.Double)
}
