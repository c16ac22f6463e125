import type { AggregateConfiguration, AggregateName } from '../../../src/history/aggregate/configuration.ts'
import type { Entry } from '../../../src/history/history-store.ts'

/** A result without its status bits: a value, or undefined where there is no data. */
export type Expected = number | undefined

/** Everything that a definition may ask about one interval of all of a tag's samples. */
export interface Case {
  readonly all: readonly Entry[]
  /** Samples of the interval: it includes its end that comes first in the direction of reading, and not the other one. */
  readonly inside: readonly Entry[]
  /** The earlier and the later end. */
  readonly from: number
  readonly to: number
  /** The end that comes first in the direction of reading, which names the interval. */
  readonly timestamp: number
  readonly configuration: AggregateConfiguration
}

/** 0 is Good, 1 is Uncertain, more is Bad. */
export const severity = (entry: Entry): number => entry.status >>> 30
export const isGood = (entry: Entry): boolean => severity(entry) === 0
export const isBad = (entry: Entry): boolean => severity(entry) >= 2
const numbers = (entries: readonly Entry[]): number[] => entries.map(({ value }) => value as number)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]): number => sum(values) / values.length

/** Whether a sample counts as good data (TreatUncertainAsBad, §4.2.1.2). */
export function usable(entry: Entry, { treatUncertainAsBad }: AggregateConfiguration): boolean {
  return treatUncertainAsBad ? isGood(entry) : !isBad(entry)
}

/** Pieces of an interval between neighbouring samples, each with the sample before and the one after it. */
export function pieces(
  entries: readonly Entry[],
  { from, to }: Pick<Case, 'from' | 'to'>,
): { x: number; y: number; before?: Entry; after?: Entry }[] {
  const cuts = [...new Set([from, ...entries.map(({ time }) => time).filter((time) => time > from && time < to), to])]
  return cuts.slice(1).map((y, index) => {
    const x = cuts[index] as number
    const before = entries.findLast(({ time }) => time <= x)
    const after = entries.find(({ time }) => time > x)
    return { x, y, ...(before ? { before } : {}), ...(after ? { after } : {}) }
  })
}

/**
 * The value at a time behind a sample: on the line to the next one, else held, or along the slope of the last two (§3.1.4).
 */
function valueAt(time: number, before: Entry, after: Entry | undefined, entries: readonly Entry[], each: Case): number {
  const { useSlopedExtrapolation, isStepped } = each.configuration
  const earlier = entries.findLast((entry) => entry.time < before.time)
  const [a, b] = after ? [before, after] : useSlopedExtrapolation && !isStepped ? [earlier, before] : [before, before]
  if (!a || a.time === b.time) return before.value as number
  return (a.value as number) + (((b.value as number) - (a.value as number)) * (time - a.time)) / (b.time - a.time)
}

/** TimeAverage and Total lay lines between usable samples, whatever lies between them, stepped or not. */
function timeAverage(each: Case, isTotal: boolean): Expected {
  const entries = each.all.filter((entry) => usable(entry, each.configuration))
  const covered = pieces(entries, each).filter(({ before }) => before)
  if (covered.length === 0) return undefined
  const total = sum(
    covered.map(({ x, y, before, after }) => {
      const value = (time: number): number => valueAt(time, before as Entry, after, entries, each)
      return ((value(x) + value(y)) / 2) * (y - x)
    }),
  )
  return isTotal ? total / 1000 : total / sum(covered.map(({ x, y }) => y - x))
}

/** TimeAverage2 lays lines between raw samples; before a Bad one, and where values are stepped, the last value is held. */
function timeAverage2(each: Case): Expected {
  const { configuration } = each
  const covered = pieces(each.all, each).filter(({ before }) => before && usable(before, configuration))
  if (covered.length === 0) return undefined
  const good = each.all.filter((entry) => usable(entry, configuration))
  const total = sum(
    covered.map(({ x, y, before, after }) => {
      const isHeld = configuration.isStepped || (after && !usable(after, configuration))
      const value = (time: number): number =>
        isHeld ? ((before as Entry).value as number) : valueAt(time, before as Entry, after, good, each)
      return ((value(x) + value(y)) / 2) * (y - x)
    }),
  )
  return total / sum(covered.map(({ x, y }) => y - x))
}

function interpolative(each: Case): Expected {
  const { all, timestamp, configuration } = each
  const entries = all.filter((entry) => usable(entry, configuration))
  const before = entries.findLast(({ time }) => time <= timestamp)
  if (!before) return undefined
  if (before.time === timestamp || configuration.isStepped) return before.value as number
  const after = entries.find(({ time }) => time > timestamp)
  return valueAt(timestamp, before, after, entries, each)
}

function lasting(each: Case, wanted: (before: Entry | undefined) => boolean): number {
  return sum(pieces(each.all, each).map(({ x, y, before }) => (wanted(before) ? y - x : 0)))
}

function deviation(values: readonly number[], less: 0 | 1): Expected {
  if (values.length === 0) return undefined
  if (values.length === 1) return 0
  const middle = mean(values)
  return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - less))
}

function transitions({ all, inside, configuration }: Case): number {
  const first = inside[0] ? all.indexOf(inside[0]) : 0
  const before = all.filter((entry, index) => index < first && usable(entry, configuration)).slice(-1)
  const values = [...before, ...inside.filter((entry) => usable(entry, configuration))].map(({ value }) => value)
  return values.filter((value, index) => (index === 0 ? before.length === 0 : value !== values[index - 1])).length
}

/** What each aggregate is by its definition in Part 13 §5.4.3, without any thought of speed. */
export const byDefinition: Readonly<Record<AggregateName, (each: Case) => Expected>> = {
  Interpolative: interpolative,
  Average: ({ inside, configuration }) => {
    const values = numbers(inside.filter((entry) => usable(entry, configuration)))
    return values.length > 0 ? mean(values) : undefined
  },
  TimeAverage: (each) => timeAverage(each, false),
  TimeAverage2: timeAverage2,
  Total: (each) => timeAverage(each, true),
  Minimum: ({ inside }) => least(numbers(inside.filter(isGood))),
  Maximum: ({ inside }) => most(numbers(inside.filter(isGood))),
  MinimumActualTime: ({ inside }) => least(numbers(inside.filter(isGood))),
  MaximumActualTime: ({ inside }) => most(numbers(inside.filter(isGood))),
  Range: ({ inside }) => {
    const values = numbers(inside.filter(isGood))
    return values.length > 0 ? Math.max(...values) - Math.min(...values) : undefined
  },
  Count: ({ inside, configuration }) => inside.filter((entry) => usable(entry, configuration)).length,
  NumberOfTransitions: transitions,
  Start: ({ inside }) => inside[0]?.value as number | undefined,
  End: ({ inside }) => inside.at(-1)?.value as number | undefined,
  Delta: ({ inside, configuration }) => {
    const values = numbers(inside.filter((entry) => usable(entry, configuration)))
    return values.length > 0 ? (values.at(-1) as number) - (values[0] as number) : undefined
  },
  StandardDeviationSample: ({ inside, configuration }) =>
    deviation(numbers(inside.filter((entry) => usable(entry, configuration))), 1),
  StandardDeviationPopulation: ({ inside, configuration }) =>
    deviation(numbers(inside.filter((entry) => usable(entry, configuration))), 0),
  WorstQuality: ({ inside }) =>
    [...inside].sort((a, b) => Math.min(severity(b), 2) - Math.min(severity(a), 2))[0]?.status,
  DurationGood: (each) => lasting(each, (before) => before !== undefined && isGood(before)),
  DurationBad: (each) => lasting(each, (before) => before === undefined || isBad(before)),
  PercentGood: (each) =>
    (lasting(each, (before) => before !== undefined && isGood(before)) / (each.to - each.from)) * 100,
  PercentBad: (each) =>
    (lasting(each, (before) => before === undefined || isBad(before)) / (each.to - each.from)) * 100,
  DurationInStateZero: (each) =>
    lasting(each, (before) => before !== undefined && usable(before, each.configuration) && before.value === 0),
  DurationInStateNonZero: (each) =>
    lasting(each, (before) => before !== undefined && usable(before, each.configuration) && before.value !== 0),
}

function least(values: readonly number[]): Expected {
  return values.length > 0 ? Math.min(...values) : undefined
}

function most(values: readonly number[]): Expected {
  return values.length > 0 ? Math.max(...values) : undefined
}
