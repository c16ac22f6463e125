import {
  type AggregateConfiguration,
  type AggregateName,
  defaultConfiguration,
} from '../../history/aggregate/configuration.ts'
import { readProcessed } from '../../history/aggregate/processed.ts'
import type { Samples } from '../../history/samples.ts'
import { samplesFrom } from '../../history/samples.ts'
import type { KeptTag, ReadOnlyHistory } from '../../history/store/read-only-history.ts'
import { type DataType, isNumeric } from '../../model/value.ts'
import type { TimeRange } from '../time-range.ts'

/** Samples of one tag in a row, raw or computed by an aggregate. */
export interface Block {
  readonly tag: string
  readonly aggregate?: AggregateName
  readonly samples: Samples
}

/** How values are computed. */
export interface Processing {
  /** Width of the intervals, in milliseconds. */
  readonly width: number
  readonly aggregates: readonly AggregateName[]
}

/** Intervals that are computed together. */
const intervalsPerBlock = 5000

/** The raw samples of tags, one tag after the other, in order of time. */
export async function* rawBlocks(
  history: ReadOnlyHistory,
  tags: readonly string[],
  { from, to }: TimeRange,
): AsyncGenerator<Block> {
  for (const tag of tags) for await (const samples of history.scan(tag, from, to)) yield { tag, samples }
}

/** Values of intervals: one tag after the other, and of each one aggregate after the other. */
export async function* processedBlocks(
  history: ReadOnlyHistory,
  tags: readonly string[],
  range: TimeRange,
  { width, aggregates }: Processing,
): AsyncGenerator<Block> {
  const keptByName = new Map((await history.kept()).map((kept) => [kept.tag, kept]))
  for (const tag of tags) {
    const kept = keptByName.get(tag)
    const stretch = kept && stretchOf(kept, range, width)
    if (!stretch) continue
    for (const aggregate of aggregates) yield* computed(history, kept, { ...stretch, width, aggregate })
  }
}

/**
 * Where intervals begin and end: at the times that were given, else where the samples of the tag do, on multiples of the width, so
 * that intervals of a minute begin with the minute.
 */
function stretchOf({ first, last }: KeptTag, { from, to }: TimeRange, width: number): TimeRange | undefined {
  if (first === undefined || last === undefined) return undefined
  const stretch = {
    from: Number.isFinite(from) ? from : Math.floor(first / width) * width,
    to: Number.isFinite(to) ? to : (Math.floor(last / width) + 1) * width,
  }
  return stretch.from < stretch.to ? stretch : undefined
}

async function* computed(
  history: ReadOnlyHistory,
  { tag, dataType }: KeptTag,
  { from, to, width, aggregate }: TimeRange & { readonly width: number; readonly aggregate: AggregateName },
): AsyncGenerator<Block> {
  const configuration: AggregateConfiguration = { ...defaultConfiguration, isStepped: isStepped(dataType) }
  const count = Math.ceil((to - from) / width)
  for (let index = 0; index < count; ) {
    const end = endOfBlock(index, count)
    const [start, stop] = [from + index * width, end < count ? from + end * width : to]
    const request = { tag, start, end: stop, interval: width, aggregate, configuration }
    yield { tag, aggregate, samples: samplesFrom(await readProcessed(history, request)) }
    index = end
  }
}

/** The last block has two intervals or more: alone, a last one that is shorter could not be told from a whole one. */
function endOfBlock(from: number, count: number): number {
  const end = Math.min(from + intervalsPerBlock, count)
  return count - end === 1 ? end - 1 : end
}

/** As the server computes it: what is no number has nothing in between. */
function isStepped(dataType: string | undefined): boolean {
  return dataType !== undefined && !isNumeric(dataType as DataType)
}
