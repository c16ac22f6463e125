import { isGood } from '../../model/status.ts'
import { type AggregateConfiguration, isUsable } from '../aggregate/configuration.ts'
import { extrapolated, held, interpolatedLine, isHeld, simpleLine } from '../aggregate/line.ts'
import { HistorianBit, HistoryStatus, withBits } from '../history-status.ts'
import type { HistoryStore } from '../history-store.ts'
import type { Entry } from '../samples.ts'

/** A read at given times (ReadAtTimeDetails, Part 11 §6.5.5). */
export interface AtTimeRequest {
  readonly tag: string
  readonly times: readonly number[]
  /** Takes the samples next to a time even where they are Bad, instead of the nearest usable ones. */
  readonly useSimpleBounds: boolean
  readonly configuration: AggregateConfiguration
}

/** Times that are looked for together. */
const atOnce = 16

const { UncertainDataSubNormal, BadNoData } = HistoryStatus

/**
 * The value at each time, in the order asked: the sample of exactly that time, else one interpolated between its neighbours
 * and marked so; behind the last sample extrapolated, before the first `BadNoData`.
 */
export async function readAtTime(store: Pick<HistoryStore, 'neighbours'>, request: AtTimeRequest): Promise<Entry[]> {
  const { times } = request
  const entries: Entry[] = []
  for (let from = 0; from < times.length; from += atOnce) {
    const group = times.slice(from, from + atOnce)
    entries.push(...(await Promise.all(group.map((time) => valueAt(store, request, time)))))
  }
  return entries
}

async function valueAt(store: Pick<HistoryStore, 'neighbours'>, request: AtTimeRequest, time: number): Promise<Entry> {
  const find = request.useSimpleBounds ? simple : interpolated
  return (await find(store, request.tag, time, request.configuration)) ?? { time, value: null, status: BadNoData }
}

async function simple(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  time: number,
  configuration: AggregateConfiguration,
): Promise<Entry | undefined> {
  const { at, before, after } = await store.neighbours(tag, time)
  if (at) return at
  if (!before || !isUsable(before.status, configuration)) return undefined
  const line = simpleLine(before, after, undefined, configuration)
  const value = isHeld(before, configuration) || !line.hasNumber ? before.value : line.at(time)
  return { time, value, status: statusOf(line.trust === 'good') }
}

async function interpolated(
  store: Pick<HistoryStore, 'neighbours'>,
  tag: string,
  time: number,
  configuration: AggregateConfiguration,
): Promise<Entry | undefined> {
  const usable = (status: number): boolean => isUsable(status, configuration)
  const { at, before, after, hasSkippedBefore, hasSkippedAfter } = await store.neighbours(tag, time, usable)
  if (at) return at
  if (!before) return undefined
  const isHeldHere = isHeld(before, configuration)
  const hasSkipped = hasSkippedBefore || (!isHeldHere && hasSkippedAfter)
  if (isHeldHere && after) {
    return { time, value: before.value, status: statusOf(!hasSkipped && isGood(before.status)) }
  }
  const earlier = after ? undefined : (await store.neighbours(tag, before.time, usable)).before
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
