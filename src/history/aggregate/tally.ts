import { isBad, isGood } from '../../model/status.ts'
import { isSameValue, type Value } from '../../model/value.ts'
import { type Entry, entryAt, type Samples } from '../samples.ts'
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
  /** Samples that are not usable under the configuration. */
  bad = 0
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

  /**
   * Takes the samples of a block from one index to before another, and gives the index of the last usable one, or -1.
   * `previous` is the last usable sample before them, wherever it is.
   */
  add(
    block: Samples,
    { from, to }: { readonly from: number; readonly to: number },
    configuration: AggregateConfiguration,
    previous: Entry | undefined,
  ): number {
    const { statuses, values } = block
    let [last, lastValue, hasLast] = [-1, previous?.value ?? null, previous !== undefined]
    for (let index = from; index < to; index++) {
      const [status, value] = [statuses[index] as number, values[index] as Value]
      this.#addQuality(status)
      if (isUsable(status, configuration)) {
        if (this.usable++ === 0) {
          this.hasSkippedFirst = this.bad > 0
          this.firstUsable = entryAt(block, index)
        }
        if (!isGood(status)) this.uncertain++
        // Without any value before it, the first one is a transition too (Part 13 §5.4.3.24).
        if (!hasLast || !isSameValue(lastValue, value)) this.transitions++
        ;[last, lastValue, hasLast] = [index, value, true]
        this.#addNumber(numberOf(value))
      } else this.bad++
      if (!isBad(status)) this.#addExtreme(block, index)
    }
    if (to > from) {
      if (this.count === 0) this.first = entryAt(block, from)
      this.last = entryAt(block, to - 1)
      this.count += to - from
      this.hasSkippedLast = last < to - 1
    }
    if (last >= 0) this.lastUsable = entryAt(block, last)
    return last
  }

  #addNumber(number: number | undefined): void {
    if (number === undefined) return
    this.numbers++
    this.sum += number
    const distance = number - this.mean
    this.mean += distance / this.numbers
    this.squares += distance * (number - this.mean)
  }

  #addExtreme(block: Samples, index: number): void {
    const number = numberOf(block.values[index] as Value)
    if (number === undefined) return
    if (!isGood(block.statuses[index] as number)) {
      this.uncertainLow = Math.min(this.uncertainLow, number)
      this.uncertainHigh = Math.max(this.uncertainHigh, number)
      return
    }
    const { minimum, maximum } = this
    if (!minimum || number < minimum.number) this.minimum = extremeAt(block, index, number)
    else if (number === minimum.number) minimum.isMultiple = true
    if (!maximum || number > maximum.number) this.maximum = extremeAt(block, index, number)
    else if (number === maximum.number) maximum.isMultiple = true
  }

  #addQuality(status: number): void {
    const severity = Math.min(status >>> 30, 2)
    const worst = this.worst === undefined ? -1 : Math.min(this.worst >>> 30, 2)
    if (severity > worst) {
      this.worst = status
      this.isWorstMultiple = false
    } else if (severity === worst) this.isWorstMultiple = true
  }
}

function extremeAt(block: Samples, index: number, number: number): Extreme {
  return { entry: entryAt(block, index), number, isMultiple: false }
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
