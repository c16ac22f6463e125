import { isBad, isGood } from '../../model/status.ts'

/** The aggregates that history computes (Part 13 §5.4.3), and the numeric part of their NodeIds in namespace 0. */
export const aggregateIds = {
  Interpolative: 2341,
  Average: 2342,
  TimeAverage: 2343,
  TimeAverage2: 11285,
  Total: 2344,
  Minimum: 2346,
  Maximum: 2347,
  MinimumActualTime: 2348,
  MaximumActualTime: 2349,
  Range: 2350,
  Count: 2352,
  DurationInStateZero: 11307,
  DurationInStateNonZero: 11308,
  NumberOfTransitions: 2355,
  Start: 2357,
  End: 2358,
  Delta: 2359,
  DurationGood: 2360,
  DurationBad: 2361,
  PercentGood: 2362,
  PercentBad: 2363,
  WorstQuality: 2364,
  StandardDeviationSample: 11426,
  StandardDeviationPopulation: 11427,
} as const

/** Name of an aggregate. */
export type AggregateName = keyof typeof aggregateIds

/** How aggregates judge data (AggregateConfigurationType, Part 13 §4.2.1.2); the two percentages are from 0 to 100. */
export interface AggregateConfiguration {
  readonly treatUncertainAsBad: boolean
  readonly percentDataBad: number
  readonly percentDataGood: number
  readonly useSlopedExtrapolation: boolean
  /** Values hold until the next one (the property Stepped of the variable's HistoricalDataConfiguration). */
  readonly isStepped: boolean
}

/** The defaults of Part 13 §4.2.1.2. */
export const defaultConfiguration: AggregateConfiguration = {
  treatUncertainAsBad: true,
  percentDataBad: 100,
  percentDataGood: 100,
  useSlopedExtrapolation: false,
  isStepped: false,
}

/** Tells whether a status code counts as usable under a configuration: Good, or Uncertain unless that is treated as Bad. */
export function isUsable(status: number, { treatUncertainAsBad }: AggregateConfiguration): boolean {
  return treatUncertainAsBad ? isGood(status) : !isBad(status)
}
