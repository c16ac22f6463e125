import { isGood } from '../model/status.ts'
import { type AggregateConfiguration, isUsable } from './aggregate/configuration.ts'
import { extrapolated, held, interpolatedLine, isHeld, type Line, simpleLine } from './aggregate/line.ts'
import { HistorianBit, HistoryStatus, withBits } from './history-status.ts'
import type { Entry, HistoryStore, Neighbours } from './history-store.ts'

/** A read of values at given times (Part 11 §6.5.5). */
export interface AtTimeRequest {
  readonly tag: string
  readonly times: readonly number[]
  /** Looks at the samples next to a time whatever their status, instead of at the next usable ones. */
  readonly useSimpleBounds: boolean
  readonly configuration: AggregateConfiguration
}

/**
 * The value at each of the given times, in their order: the sample of that time where there is one, else a value that is
 * interpolated and says so in its historian bits; `BadNoData` before the first sample.
 */
export async function readAtTime(store: Pick<HistoryStore, 'neighbours'>, request: AtTimeRequest): Promise<Entry[]> {
  const { tag, times, useSimpleBounds, configuration } = request
  const usable = (status: number): boolean => isUsable(status, configuration)
  const entries: Entry[] = []
  for (const time of times) {
    const raw = await store.neighbours(tag, time)
    if (raw.at) entries.push(raw.at)
    else if (useSimpleBounds)
      entries.push(between(time, raw, await earlierOf(store, tag, raw, configuration), configuration))
    else entries.push(await amongUsable(store, { tag, time, raw, usable, configuration }))
  }
  return entries
}

interface Instant {
  readonly tag: string
  readonly time: number
  readonly raw: Neighbours
  readonly usable: (status: number) => boolean
  readonly configuration: AggregateConfiguration
}

/** A value from the raw samples next to the time (Simple Bounding Values, Part 13 §3.1.9). */
function between(
  time: number,
  { before, after }: Neighbours,
  earlier: Entry | undefined,
  configuration: AggregateConfiguration,
): Entry {
  if (!before) return { time, value: null, status: HistoryStatus.BadNoData }
  return onLine(time, before, simpleLine(before, after, earlier, configuration))
}

/** A value from the usable samples next to the time (Interpolated Bounding Values, Part 13 §3.1.8). */
async function amongUsable(store: Pick<HistoryStore, 'neighbours'>, instant: Instant): Promise<Entry> {
  const { tag, time, raw, usable, configuration } = instant
  const isClean = [raw.before, raw.after].every((entry) => !entry || usable(entry.status))
  const near = isClean ? raw : await store.neighbours(tag, time, usable)
  const { before, after } = near
  if (!before) return { time, value: null, status: HistoryStatus.BadNoData }
  const earlier = await earlierOf(store, tag, near, configuration)
  if (isHeld(before, configuration)) {
    const isCertain = after !== undefined && before === raw.before && isGood(before.status)
    return onLine(time, before, held(before, isCertain ? 'good' : 'uncertain'))
  }
  const line = after
    ? interpolatedLine(before, after, earlier, !isClean, configuration)
    : extrapolated(before, earlier, configuration)
  return onLine(time, before, line)
}

/** The usable sample before the last one, where a slope goes on behind the end. */
async function earlierOf(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  { before, after }: Neighbours,
  configuration: AggregateConfiguration,
): Promise<Entry | undefined> {
  if (after || !before || !configuration.useSlopedExtrapolation) return undefined
  return (await store.neighbours(tag, before.time, (status) => isUsable(status, configuration))).before
}

function onLine(time: number, before: Entry, { trust, at, hasNumber }: Line): Entry {
  if (trust === 'bad') return { time, value: null, status: HistoryStatus.BadNoData }
  const value = hasNumber && typeof before.value === 'number' ? at(time) : before.value
  const status = trust === 'good' ? 0 : HistoryStatus.UncertainDataSubNormal
  return { time, value, status: withBits(status, HistorianBit.interpolated) }
}
