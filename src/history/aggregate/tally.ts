import { isBad, isGood } from '../../model/status.ts'
import { isSameValue, type Value } from '../../model/value.ts'
import type { Entry } from '../history-store.ts'
import { type AggregateConfiguration, isUsable } from './configuration.ts'

/** The number that a value counts as; a value that is no number has none. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value)
  return undefined
}

/** An extreme Good value of an interval, and whether it was there more than once. */
export interface Extreme {
  readonly entry: Entry
  readonly number: number
  isMultiple: boolean
}

/** What the raw samples inside one interval add up to. */
export class RawTally {
  count = 0
  usable = 0
  bad = 0
  /** A sample with a Bad status, whatever the configuration makes of Uncertain ones. */
  hasBad = false
  /** Usable samples that are not Good. */
  uncertain = 0
  numbers = 0
  sum = 0
  /** Running mean and sum of squared differences from it (Welford), which stay exact where sums of squares do not. */
  mean = 0
  squares = 0
  minimum: Extreme | undefined
  maximum: Extreme | undefined
  /** Extremes of Uncertain values; they cast doubt on the Good ones that they exceed. */
  uncertainLow = Number.POSITIVE_INFINITY
  uncertainHigh = Number.NEGATIVE_INFINITY
  first: Entry | undefined
  last: Entry | undefined
  firstUsable: Entry | undefined
  lastUsable: Entry | undefined
  /** A sample that is not usable came before the first usable one. */
  hasSkippedFirst = false
  /** A sample that is not usable came after the last usable one. */
  hasSkippedLast = false
  worst: number | undefined
  isWorstMultiple = false
  transitions = 0

  add(entry: Entry, configuration: AggregateConfiguration, previousUsable: Entry | undefined): void {
    const { status } = entry
    this.count++
    this.first ??= entry
    this.last = entry
    this.#addQuality(status)
    if (isUsable(status, configuration)) this.#addUsable(entry, previousUsable)
    else {
      this.bad++
      this.hasSkippedLast = true
    }
    if (isBad(status)) this.hasBad = true
    const number = isBad(status) ? undefined : numberOf(entry.value)
    if (number !== undefined) this.#addNumber(number, entry, configuration)
  }

  #addUsable(entry: Entry, previous: Entry | undefined): void {
    if (this.usable === 0) this.hasSkippedFirst = this.bad > 0
    this.hasSkippedLast = false
    this.usable++
    this.firstUsable ??= entry
    this.lastUsable = entry
    if (!isGood(entry.status)) this.uncertain++
    // Without any value before it, the first one is a transition too (Part 13 §5.4.3.24).
    if (!previous || !isSameValue(previous.value, entry.value)) this.transitions++
  }

  #addNumber(number: number, entry: Entry, configuration: AggregateConfiguration): void {
    if (isUsable(entry.status, configuration)) {
      this.numbers++
      this.sum += number
      const distance = number - this.mean
      this.mean += distance / this.numbers
      this.squares += distance * (number - this.mean)
    }
    if (!isGood(entry.status)) {
      this.uncertainLow = Math.min(this.uncertainLow, number)
      this.uncertainHigh = Math.max(this.uncertainHigh, number)
      return
    }
    if (!this.minimum || number < this.minimum.number) this.minimum = { entry, number, isMultiple: false }
    else if (number === this.minimum.number) this.minimum.isMultiple = true
    if (!this.maximum || number > this.maximum.number) this.maximum = { entry, number, isMultiple: false }
    else if (number === this.maximum.number) this.maximum.isMultiple = true
  }

  #addQuality(status: number): void {
    const [severity, worst] = [
      Math.min(status >>> 30, 2),
      this.worst === undefined ? -1 : Math.min(this.worst >>> 30, 2),
    ]
    if (severity > worst) {
      this.worst = status
      this.isWorstMultiple = false
    } else if (severity === worst) this.isWorstMultiple = true
  }
}

/** What lies over one interval, by duration in milliseconds. */
export class TimeTally {
  good = 0
  uncertain = 0
  bad = 0
  /** Time integral of the values, in the unit of the tag times milliseconds. */
  area = 0
  zero = 0
  nonZero = 0
  /** Durations by the status of the raw sample at or before them. */
  rawGood = 0
  rawBad = 0
}
