import type { AggregateName } from '../../../src/history/aggregate/configuration.ts'
import type { Entry } from '../../../src/history/history-store.ts'
import { type Case, isGood, pieces, severity, usable } from './by-definition.ts'

const good = 0
const doubt = 0x40a40000
const bad = 0x80000000
const noData = 0x809b0000
const Bit = { calculated: 1, interpolated: 2, partial: 4, multiple: 16 } as const

/** A status code with the bits that say how the value came about (§5.3.3); without any of them it is left as it is. */
const withBits = (code: number, bits: number): number => (bits === 0 ? code : (code | 0x400 | bits) >>> 0)

/** How good an amount of data is against the two limits (§4.2.1.2, §5.4.3.2.1): samples, or time. */
function judged(amounts: { good: number; uncertain: number; bad: number }, each: Case): number {
  const { treatUncertainAsBad, percentDataGood, percentDataBad } = each.configuration
  const whole = amounts.good + amounts.uncertain + amounts.bad
  const fine = treatUncertainAsBad ? amounts.good : amounts.good + amounts.uncertain
  const best = amounts.uncertain > 0 ? doubt : good
  if (amounts.bad === 0 || (fine / whole) * 100 >= percentDataGood) return best
  return (amounts.bad / whole) * 100 >= percentDataBad ? bad : doubt
}

function bySamples(each: Case): number {
  const fine = each.inside.filter((entry) => usable(entry, each.configuration))
  const sure = fine.filter(isGood).length
  return judged({ good: sure, uncertain: fine.length - sure, bad: each.inside.length - fine.length }, each)
}

/** By time, with Simple Bounding Values (§5.4.3.2.2, §5.4.3.2.3). */
function byTime(each: Case): number {
  const { configuration } = each
  const amounts = { good: 0, uncertain: 0, bad: 0 }
  for (const { x, y, before, after } of pieces(each.all, each)) {
    const isSure = configuration.isStepped || (after !== undefined && usable(after, configuration))
    const ends = configuration.isStepped ? [before] : [before, after]
    if (!before || !usable(before, configuration)) amounts.bad += y - x
    else if (isSure && ends.every((end) => end && isGood(end))) amounts.good += y - x
    else amounts.uncertain += y - x
  }
  return judged(amounts, each)
}

/** TimeAverage and Total: sure where every line is between two Good samples that follow one another. */
function byLines(each: Case): number {
  const entries = each.all.filter((entry) => usable(entry, each.configuration))
  const covered = pieces(entries, each).filter(({ before }) => before)
  const isSure = covered.every(({ before, after }) => {
    if (!before || !after) return false
    return isGood(before) && isGood(after) && each.all.indexOf(after) === each.all.indexOf(before) + 1
  })
  return isSure ? good : doubt
}

function interpolative({ all, timestamp, configuration }: Case): number {
  const before = all.findLast((entry) => entry.time <= timestamp && usable(entry, configuration)) as Entry
  if (before.time === timestamp) return before.status
  const after = all.find((entry) => entry.time > timestamp && usable(entry, configuration))
  const behind = all.slice(all.indexOf(before) + 1)
  const isSkipped =
    configuration.isStepped && after
      ? behind.some((entry) => entry.time <= timestamp)
      : behind.some((entry) => !usable(entry, configuration) && (!after || entry.time < after.time))
  const ends = configuration.isStepped ? [before] : [before, after]
  const isSure = after !== undefined && !isSkipped && ends.every((end) => end && isGood(end))
  return withBits(isSure ? good : doubt, Bit.interpolated)
}

/** Extremes are of Good values; samples that count as Bad, and Uncertain values beyond, cast doubt on them (§5.4.3.10 to §5.4.3.14). */
function extreme(each: Case, sense: 'least' | 'most', isActualTime: boolean): readonly [number, number] {
  const values = each.inside.filter(isGood).map(({ value }) => value as number)
  const found = sense === 'least' ? Math.min(...values) : Math.max(...values)
  const isDoubtful = isDoubted(each, found, sense)
  const first = each.inside.find((entry) => isGood(entry) && entry.value === found)
  const isRaw = !isDoubtful && (isActualTime || first?.time === each.timestamp)
  const isMultiple = values.filter((value) => value === found).length > 1
  return [isDoubtful ? doubt : good, (isRaw ? 0 : Bit.calculated) | (isMultiple ? Bit.multiple : 0)]
}

function isDoubted({ inside, configuration }: Case, found: number, sense: 'least' | 'most'): boolean {
  const doubtful = inside.filter((entry) => severity(entry) === 1).map(({ value }) => value as number)
  return (
    inside.some((entry) => !usable(entry, configuration)) ||
    doubtful.some((value) => (sense === 'least' ? value < found : value > found))
  )
}

function range(each: Case): number {
  const values = each.inside.filter(isGood).map(({ value }) => value as number)
  const isLow = isDoubted(each, Math.min(...values), 'least')
  return isLow || isDoubted(each, Math.max(...values), 'most') ? doubt : good
}

/** Status and bits of a result that has a value, without the bit Partial, by the tables of Part 13 §5.4.3. */
const definitions: Readonly<Record<AggregateName, (each: Case) => readonly [code: number, bits: number]>> = {
  Interpolative: (each) => [interpolative(each), 0],
  Average: (each) => [bySamples(each), Bit.calculated],
  Count: (each) => [bySamples(each), Bit.calculated],
  NumberOfTransitions: (each) => [bySamples(each), Bit.calculated],
  TimeAverage: (each) => [byLines(each), Bit.calculated],
  Total: (each) => [byLines(each), Bit.calculated],
  TimeAverage2: (each) => [byTime(each), Bit.calculated],
  DurationInStateZero: (each) => [byTime(each), Bit.calculated],
  DurationInStateNonZero: (each) => [byTime(each), Bit.calculated],
  Minimum: (each) => extreme(each, 'least', false),
  Maximum: (each) => extreme(each, 'most', false),
  MinimumActualTime: (each) => extreme(each, 'least', true),
  MaximumActualTime: (each) => extreme(each, 'most', true),
  Range: (each) => [range(each), Bit.calculated],
  Start: ({ inside }) => [inside[0]?.status ?? noData, 0],
  End: ({ inside }) => [inside.at(-1)?.status ?? noData, 0],
  Delta: ({ inside, configuration }) => {
    const ends = [inside[0], inside.at(-1)]
    return [ends.every((end) => end && usable(end, configuration)) ? good : doubt, Bit.calculated]
  },
  StandardDeviationSample: () => [good, Bit.calculated],
  StandardDeviationPopulation: () => [good, Bit.calculated],
  WorstQuality: ({ inside }) => {
    const ranks = inside.map((entry) => Math.min(severity(entry), 2))
    const isMultiple = ranks.filter((rank) => rank === Math.max(...ranks)).length > 1
    return [good, Bit.calculated | (isMultiple ? Bit.multiple : 0)]
  },
  DurationGood: () => [good, Bit.calculated],
  DurationBad: () => [good, Bit.calculated],
  PercentGood: () => [good, Bit.calculated],
  PercentBad: () => [good, Bit.calculated],
}

/** The status of a result; `isPartial` tells whether the interval is cut short, or the data begins or ends inside it. */
export function statusByDefinition(
  aggregate: AggregateName,
  each: Case,
  { hasValue, isPartial }: { readonly hasValue: boolean; readonly isPartial: boolean },
): number {
  if (!hasValue) return noData
  const [code, bits] = definitions[aggregate](each)
  if (aggregate === 'Interpolative') return code
  return withBits(code, bits | (isPartial ? Bit.partial : 0))
}
