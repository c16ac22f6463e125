import type { AggregateConfiguration, AggregateName } from '../../../src/history/aggregate/configuration.ts'
import type { Entry } from '../../../src/history/history-store.ts'

/** A result without its status bits: a value, or undefined where there is no data. */
export type Expected = number | undefined

/** Everything that a definition may ask about one interval [from, to) of all of a tag's samples. */
interface Case {
  readonly all: readonly Entry[]
  readonly inside: readonly Entry[]
  readonly from: number
  readonly to: number
  readonly configuration: AggregateConfiguration
}

const severity = (entry: Entry): number => entry.status >>> 30
const isGood = (entry: Entry): boolean => severity(entry) === 0
const isBad = (entry: Entry): boolean => severity(entry) >= 2
const numbers = (entries: readonly Entry[]): number[] => entries.map(({ value }) => value as number)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]): number => sum(values) / values.length

function usable(entry: Entry, { treatUncertainAsBad }: AggregateConfiguration): boolean {
  return treatUncertainAsBad ? isGood(entry) : !isBad(entry)
}

/** Pieces of an interval between neighbouring samples, each with the sample before and the one after it. */
function pieces(
  entries: readonly Entry[],
  { from, to }: Case,
): { x: number; y: number; before?: Entry; after?: Entry }[] {
  const cuts = [...new Set([from, ...entries.map(({ time }) => time).filter((time) => time > from && time < to), to])]
  return cuts.slice(1).map((y, index) => {
    const x = cuts[index] as number
    const before = entries.findLast(({ time }) => time <= x)
    const after = entries.find(({ time }) => time > x)
    return { x, y, ...(before ? { before } : {}), ...(after ? { after } : {}) }
  })
}

/** The area under a line through two samples between x and y. */
function area(x: number, y: number, before: Entry, after: Entry | undefined): number {
  const [v0, v1] = [before.value as number, (after?.value ?? before.value) as number]
  const line = (time: number): number =>
    after ? v0 + ((v1 - v0) * (time - before.time)) / (after.time - before.time) : v0
  return ((line(x) + line(y)) / 2) * (y - x)
}

function timeAverage(each: Case, isTotal: boolean): Expected {
  const entries = each.all.filter((entry) => usable(entry, each.configuration))
  const covered = pieces(entries, each).filter(({ before }) => before)
  if (covered.length === 0) return undefined
  const total = sum(covered.map(({ x, y, before, after }) => area(x, y, before as Entry, after)))
  return isTotal ? total / 1000 : total / sum(covered.map(({ x, y }) => y - x))
}

function timeAverage2(each: Case): Expected {
  const { configuration } = each
  const covered = pieces(each.all, each).filter(({ before }) => before && usable(before, configuration))
  if (covered.length === 0) return undefined
  const slopes = (after: Entry | undefined): Entry | undefined =>
    after && !configuration.isStepped && usable(after, configuration) ? after : undefined
  const total = sum(covered.map(({ x, y, before, after }) => area(x, y, before as Entry, slopes(after))))
  return total / sum(covered.map(({ x, y }) => y - x))
}

function interpolative({ all, from, configuration }: Case): Expected {
  const entries = all.filter((entry) => usable(entry, configuration))
  const before = entries.findLast(({ time }) => time <= from)
  const after = entries.find(({ time }) => time > from)
  if (!before) return undefined
  if (before.time === from || configuration.isStepped || !after) return before.value as number
  const [v0, v1] = [before.value as number, after.value as number]
  return v0 + ((v1 - v0) * (from - before.time)) / (after.time - before.time)
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

function transitions({ all, inside, from, configuration }: Case): number {
  const before = all.filter((entry) => entry.time < from && usable(entry, configuration)).slice(-1)
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
