import { Status } from '../../model/status.ts'
import type { Value } from '../../model/value.ts'
import { HistorianBit, HistoryStatus, withBits } from '../history-status.ts'
import type { Entry } from '../history-store.ts'
import type { AggregateConfiguration, AggregateName } from './configuration.ts'
import type { Need, Sweep } from './sweep.ts'
import type { Extreme, RawTally, TimeTally } from './tally.ts'

const { calculated, multipleValues, partial } = HistorianBit
const { UncertainDataSubNormal, BadNoData } = HistoryStatus

/** What an aggregate needs, and how it reads its result off an interval. `bits` tells whether the interval is partial. */
interface Rule {
  readonly need: Need
  /** Goes on behind the last sample by extrapolation; other aggregates have no data there. */
  readonly isExtrapolated?: boolean
  readonly result: (sweep: Sweep, index: number, bits: number, configuration: AggregateConfiguration) => Entry
}

/** How each aggregate is computed. */
export const rules: Readonly<Record<AggregateName, Rule>> = {
  Interpolative: {
    need: 'instants',
    isExtrapolated: true,
    result: (sweep, index) => sweep.instants[index] ?? noData(sweep, index),
  },
  Average: counted(({ sum, numbers }) => (numbers > 0 ? sum / numbers : undefined)),
  TimeAverage: integral('interpolated', (tally, duration) => tally.area / duration),
  TimeAverage2: integral('simple', (tally, duration) => tally.area / duration),
  Total: integral('interpolated', (tally) => tally.area / 1000),
  Minimum: extreme((tally) => tally.minimum, false),
  Maximum: extreme((tally) => tally.maximum, false),
  MinimumActualTime: extreme((tally) => tally.minimum, true),
  MaximumActualTime: extreme((tally) => tally.maximum, true),
  Range: raw((tally) =>
    tally.minimum && tally.maximum
      ? [tally.maximum.number - tally.minimum.number, isDoubtful(tally, 'both') ? UncertainDataSubNormal : 0]
      : undefined,
  ),
  Count: counted(({ usable }) => usable),
  NumberOfTransitions: counted(({ transitions }) => transitions),
  Start: edge(({ first }) => first),
  End: edge(({ last }) => last),
  Delta: raw(({ firstUsable, lastUsable, hasSkippedFirst, hasSkippedLast }) => {
    const [first, last] = [Number(firstUsable?.value ?? Number.NaN), Number(lastUsable?.value ?? Number.NaN)]
    if (!firstUsable || Number.isNaN(last - first)) return undefined
    return [last - first, hasSkippedFirst || hasSkippedLast ? UncertainDataSubNormal : 0]
  }),
  StandardDeviationSample: raw(({ numbers, squares }) =>
    numbers > 0 ? [numbers > 1 ? Math.sqrt(squares / (numbers - 1)) : 0, 0] : undefined,
  ),
  StandardDeviationPopulation: raw(({ numbers, squares }) =>
    numbers > 0 ? [Math.sqrt(squares / numbers), 0] : undefined,
  ),
  WorstQuality: raw(({ worst, isWorstMultiple }) =>
    worst === undefined ? undefined : [worst, 0, isWorstMultiple ? multipleValues : 0],
  ),
  DurationGood: duration((tally) => tally.rawGood),
  DurationBad: duration((tally) => tally.rawBad),
  PercentGood: duration((tally, width) => (tally.rawGood / width) * 100),
  PercentBad: duration((tally, width) => (tally.rawBad / width) * 100),
  DurationInStateZero: state((tally) => tally.zero),
  DurationInStateNonZero: state((tally) => tally.nonZero),
}

/** An interval without data. */
export function noData({ grid }: Sweep, index: number): Entry {
  return { time: grid.timestamp(index), value: null, status: BadNoData }
}

type Read = (tally: RawTally) => readonly [Value, number, number?] | undefined

/** A result from the raw samples inside, with a status of its own. */
function raw(read: Read): Rule {
  return {
    need: 'raw',
    result: (sweep, index, bits) => {
      const [value, status, more = 0] = read(sweep.raw[index] as RawTally) ?? [undefined, 0]
      if (value === undefined) return noData(sweep, index)
      return { time: sweep.grid.timestamp(index), value, status: withBits(status, calculated | bits | more) }
    },
  }
}

/** A result whose status follows from the share of usable samples (PercentValues). */
function counted(read: (tally: RawTally) => number | undefined): Rule {
  return {
    need: 'raw',
    result: (sweep, index, bits, configuration) => {
      const tally = sweep.raw[index] as RawTally
      const value = read(tally)
      if (value === undefined) return noData(sweep, index)
      const { usable, bad, uncertain, count } = tally
      const share = { good: usable - uncertain, uncertain, bad, whole: count }
      return judged(sweep.grid.timestamp(index), value, shareStatus(share, configuration), calculated | bits)
    },
  }
}

/** A result from the area under the values. */
function integral(need: 'simple' | 'interpolated', read: (tally: TimeTally, duration: number) => number): Rule {
  return {
    need,
    isExtrapolated: need === 'interpolated',
    result: (sweep, index, bits, configuration) => {
      const tally = sweep.time[index] as TimeTally
      const covered = tally.good + tally.uncertain
      if (covered === 0) return noData(sweep, index)
      const status =
        need === 'simple' ? timeStatus(sweep, index, configuration) : tally.uncertain > 0 ? UncertainDataSubNormal : 0
      return judged(sweep.grid.timestamp(index), read(tally, covered), status, calculated | bits)
    },
  }
}

function state(read: (tally: TimeTally) => number): Rule {
  return {
    need: 'simple',
    result: (sweep, index, bits, configuration) => {
      const status = timeStatus(sweep, index, configuration)
      return judged(sweep.grid.timestamp(index), read(sweep.time[index] as TimeTally), status, calculated | bits)
    },
  }
}

function duration(read: (tally: TimeTally, width: number) => number): Rule {
  return {
    need: 'simple',
    result: (sweep, index, bits) => {
      const { grid } = sweep
      const value = read(sweep.time[index] as TimeTally, grid.high(index) - grid.low(index))
      return { time: grid.timestamp(index), value, status: withBits(0, calculated | bits) }
    },
  }
}

function edge(read: (tally: RawTally) => Entry | undefined): Rule {
  return {
    need: 'raw',
    result: (sweep, index, bits) => {
      const entry = read(sweep.raw[index] as RawTally)
      return entry ? { ...entry, status: withBits(entry.status, bits) } : noData(sweep, index)
    },
  }
}

function extreme(read: (tally: RawTally) => Extreme | undefined, isActualTime: boolean): Rule {
  return {
    need: 'raw',
    result: (sweep, index, bits) => {
      const tally = sweep.raw[index] as RawTally
      const found = read(tally)
      if (!found) return noData(sweep, index)
      const doubt = isDoubtful(tally, found === tally.minimum ? 'minimum' : 'maximum')
      const at = sweep.grid.timestamp(index)
      const isRaw = !doubt && (isActualTime || found.entry.time === at)
      const own = (isRaw ? 0 : calculated) | (found.isMultiple ? multipleValues : 0)
      const status = withBits(doubt ? UncertainDataSubNormal : 0, own | bits)
      return { time: isActualTime ? found.entry.time : at, value: found.entry.value, status }
    },
  }
}

/** Samples inside that count as Bad, or Uncertain values beyond the Good extreme, cast doubt on it. */
function isDoubtful(tally: RawTally, which: 'minimum' | 'maximum' | 'both'): boolean {
  const { minimum, maximum, uncertainLow, uncertainHigh, bad } = tally
  const isLow = which !== 'maximum' && minimum !== undefined && uncertainLow < minimum.number
  const isHigh = which !== 'minimum' && maximum !== undefined && uncertainHigh > maximum.number
  return bad > 0 || isLow || isHigh
}

function timeStatus(sweep: Sweep, index: number, configuration: AggregateConfiguration): number {
  const { good, uncertain, bad } = sweep.time[index] as TimeTally
  return shareStatus({ good, uncertain, bad, whole: sweep.grid.high(index) - sweep.grid.low(index) }, configuration)
}

/** The status that follows from how much of an interval is good or bad (Part 13 §5.4.3.2.1). */
function shareStatus(
  { good, uncertain, bad, whole }: { good: number; uncertain: number; bad: number; whole: number },
  { treatUncertainAsBad, percentDataGood, percentDataBad }: AggregateConfiguration,
): number {
  const best = uncertain > 0 ? UncertainDataSubNormal : Status.Good
  if (bad === 0) return best
  const usable = treatUncertainAsBad ? good : good + uncertain
  // Where both limits are met at once, that of good data decides (§4.2.1.2).
  if (usable * 100 >= percentDataGood * whole) return best
  return bad * 100 >= percentDataBad * whole ? Status.Bad : UncertainDataSubNormal
}

/** A value with its status; a Bad result has no value. */
function judged(time: number, value: Value, status: number, bits: number): Entry {
  return { time, value: status === Status.Bad ? null : value, status: withBits(status, bits) }
}

/** The bit of an interval that is not complete. */
export const partialBit = partial
