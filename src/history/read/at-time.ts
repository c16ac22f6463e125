import { isGood } from '../../model/status.ts'
import { type AggregateConfiguration, isUsable } from '../aggregate/configuration.ts'
import { extrapolated, held, interpolatedLine, isHeld, simpleLine } from '../aggregate/line.ts'
import { HistorianBit, HistoryStatus, withBits } from '../history-status.ts'
import type { HistoryStore, Neighbours } from '../history-store.ts'
import type { Entry } from '../samples.ts'

/** A read at given times (ReadAtTimeDetails, Part 11 §6.5.5). */
export interface AtTimeRequest {
  readonly tag: string
  readonly times: readonly number[]
  /** Takes the samples next to a time even where they are Bad, instead of the nearest usable ones. */
  readonly useSimpleBounds: boolean
  readonly configuration: AggregateConfiguration
}

/** What at-time reads need of a store. */
type Neighbourhoods = Pick<HistoryStore, 'neighbours' | 'neighboursOfAll'>

const { UncertainDataSubNormal, BadNoData } = HistoryStatus

/**
 * The value at each time, in the order asked: the sample of exactly that time, else one interpolated between its neighbours
 * and marked so; behind the last sample extrapolated, before the first `BadNoData`.
 */
export async function readAtTime(store: Neighbourhoods, request: AtTimeRequest): Promise<Entry[]> {
  const { tag, times, useSimpleBounds, configuration } = request
  const usable = (status: number): boolean => isUsable(status, configuration)
  // What lies close together is found together.
  const order = times.map((_, index) => index).sort((a, b) => (times[a] as number) - (times[b] as number))
  const sorted = order.map((index) => times[index] as number)
  const around = await store.neighboursOfAll(tag, sorted, useSimpleBounds ? undefined : usable)
  const earlierOf = remembering((time) => store.neighbours(tag, time, usable).then(({ before }) => before))
  const entries: Entry[] = []
  for (const [place, index] of order.entries()) {
    const [time, neighbours] = [sorted[place] as number, around[place] as Neighbours]
    const entry = useSimpleBounds
      ? simple(neighbours, time, configuration)
      : await interpolated(neighbours, { time, configuration, earlierOf })
    entries[index] = entry ?? { time, value: null, status: BadNoData }
  }
  return entries
}

/** Times behind the last sample all lean on the same two. */
function remembering<T>(find: (time: number) => Promise<T>): (time: number) => Promise<T> {
  const known = new Map<number, Promise<T>>()
  return (time) => {
    const found = known.get(time) ?? find(time)
    known.set(time, found)
    return found
  }
}

function simple(
  { at, before, after }: Neighbours,
  time: number,
  configuration: AggregateConfiguration,
): Entry | undefined {
  if (at) return at
  if (!before || !isUsable(before.status, configuration)) return undefined
  const line = simpleLine(before, after, undefined, configuration)
  const value = isHeld(before, configuration) || !line.hasNumber ? before.value : line.at(time)
  return { time, value, status: statusOf(line.trust === 'good') }
}

async function interpolated(
  { at, before, after, hasSkippedBefore, hasSkippedAfter }: Neighbours,
  {
    time,
    configuration,
    earlierOf,
  }: {
    readonly time: number
    readonly configuration: AggregateConfiguration
    readonly earlierOf: (time: number) => Promise<Entry | undefined>
  },
): Promise<Entry | undefined> {
  if (at) return at
  if (!before) return undefined
  const isHeldHere = isHeld(before, configuration)
  const hasSkipped = hasSkippedBefore || (!isHeldHere && hasSkippedAfter)
  if (isHeldHere && after) {
    return { time, value: before.value, status: statusOf(!hasSkipped && isGood(before.status)) }
  }
  const earlier = after ? undefined : await earlierOf(before.time)
  const line = after
    ? interpolatedLine(before, after, earlier, hasSkipped, configuration)
    : isHeldHere
      ? held(before, 'uncertain')
      : extrapolated(before, earlier, configuration)
  return {
    time,
    value: line.hasNumber && !isHeldHere ? line.at(time) : before.value,
    status: statusOf(line.trust === 'good'),
  }
}

function statusOf(isGoodValue: boolean): number {
  return withBits(isGoodValue ? 0 : UncertainDataSubNormal, HistorianBit.interpolated)
}
