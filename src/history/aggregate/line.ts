import { isGood } from '../../model/status.ts'
import type { Entry } from '../history-store.ts'
import { type AggregateConfiguration, isUsable } from './configuration.ts'
import { numberOf } from './tally.ts'

/** How much a stretch of time can be trusted. */
export type Trust = 'good' | 'uncertain' | 'bad'

/** The value over a stretch of time as a straight line; a stretch without a usable value has none. */
export interface Line {
  readonly trust: Trust
  readonly at: (time: number) => number
  /** Tells whether the value is a number at all. */
  readonly hasNumber: boolean
}

const nothing: Line = { trust: 'bad', at: () => 0, hasNumber: false }

/**
 * The line from a raw sample to the next raw one (Simple Bounding Values, Part 13 §3.1.9): sloped where both are usable,
 * else held. What is held before a Bad sample, or extrapolated behind the last one, is uncertain unless values are stepped.
 */
export function simpleLine(
  before: Entry | undefined,
  after: Entry | undefined,
  earlier: Entry | undefined,
  configuration: AggregateConfiguration,
): Line {
  if (!before || !isUsable(before.status, configuration)) return nothing
  const own = isGood(before.status) ? 'good' : 'uncertain'
  if (isHeld(before, configuration)) return held(before, own)
  if (!after) return { ...extrapolated(before, earlier, configuration), trust: 'uncertain' }
  if (!isUsable(after.status, configuration)) return held(before, 'uncertain')
  return sloped(before, after, isGood(after.status) ? own : 'uncertain')
}

/** The line from a usable sample to the next usable one (Interpolated Bounding Values, Part 13 §3.1.8). */
export function interpolatedLine(
  before: Entry,
  after: Entry | undefined,
  earlier: Entry | undefined,
  hasSkipped: boolean,
  configuration: AggregateConfiguration,
): Line {
  if (!after) return { ...extrapolated(before, earlier, configuration), trust: 'uncertain' }
  return sloped(before, after, !hasSkipped && isGood(before.status) && isGood(after.status) ? 'good' : 'uncertain')
}

/** A line that goes on behind the last sample: held, or along the slope of the last two. */
export function extrapolated(before: Entry, earlier: Entry | undefined, configuration: AggregateConfiguration): Line {
  const isAlong = configuration.useSlopedExtrapolation && !isHeld(before, configuration) && earlier
  return isAlong ? sloped(earlier, before, 'uncertain') : held(before, 'uncertain')
}

/** Tells whether a sample's value holds until the next: the tag is stepped, or the value is nothing that could be sloped. */
export function isHeld({ value }: Entry, { isStepped }: AggregateConfiguration): boolean {
  return isStepped || (typeof value !== 'number' && typeof value !== 'bigint')
}

/** The value of a sample, held. */
export function held({ value }: Entry, trust: Trust): Line {
  const number = numberOf(value)
  return { trust, at: () => number ?? 0, hasNumber: number !== undefined }
}

function sloped(before: Entry, after: Entry, trust: Trust): Line {
  const [from, to] = [numberOf(before.value), numberOf(after.value)]
  if (from === undefined || to === undefined || after.time <= before.time) return held(before, trust)
  const slope = (to - from) / (after.time - before.time)
  return { trust, at: (time) => from + (time - before.time) * slope, hasNumber: true }
}
