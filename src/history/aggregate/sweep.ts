import { isBad, isGood } from '../../model/status.ts'
import { HistorianBit, HistoryStatus, withBits } from '../history-status.ts'
import type { Entry } from '../history-store.ts'
import { type AggregateConfiguration, isUsable } from './configuration.ts'
import type { Grid } from './grid.ts'
import { extrapolated, held, interpolatedLine, isHeld, type Line, simpleLine } from './line.ts'
import { numberOf, RawTally, TimeTally } from './tally.ts'

/** What an aggregate needs to be known about its intervals. */
export type Need = 'raw' | 'simple' | 'interpolated' | 'instants'

/** What lies before a range: samples that its first intervals lean on. */
export interface Before {
  /** The last sample before the range. */
  readonly raw: Entry | undefined
  /** The last usable one, and the usable one before that. */
  readonly usable: Entry | undefined
  readonly earlier: Entry | undefined
}

/** Goes over samples once, in order of time, and lays them and the stretches between them over the intervals of a grid. */
export class Sweep {
  readonly grid: Grid
  readonly raw: readonly RawTally[]
  readonly time: readonly TimeTally[]
  /** Values at the timestamps of the intervals. */
  readonly instants: (Entry | undefined)[] = []
  readonly #configuration: AggregateConfiguration
  readonly #need: Need
  /** The first interval that reaches beyond the last stretch. */
  #reached = 0
  #lastRaw: Entry | undefined
  #usable: Entry | undefined
  #earlier: Entry | undefined
  /** When the first sample that is not usable came after the last usable one. */
  #skippedAt = Number.POSITIVE_INFINITY

  constructor(grid: Grid, need: Need, configuration: AggregateConfiguration, before: Before) {
    this.grid = grid
    this.#need = need
    this.#configuration = configuration
    this.raw = Array.from({ length: need === 'raw' ? grid.count : 0 }, () => new RawTally())
    this.time = Array.from(
      { length: need === 'simple' || need === 'interpolated' ? grid.count : 0 },
      () => new TimeTally(),
    )
    this.#lastRaw = before.raw
    this.#usable = before.usable
    this.#earlier = before.earlier
    if (before.raw && !isUsable(before.raw.status, configuration)) this.#skippedAt = before.raw.time
  }

  /** Takes the next sample; those behind the range close the last stretch, one raw and one usable are enough. */
  add(entry: Entry): void {
    const usable = isUsable(entry.status, this.#configuration)
    if (this.#need === 'raw') this.raw[this.grid.indexOf(entry.time)]?.add(entry, this.#configuration, this.#usable)
    if (this.#need === 'simple') this.#between(this.#lastRaw, entry)
    this.#lastRaw = entry
    if (!usable) {
      this.#skippedAt = Math.min(this.#skippedAt, entry.time)
      return
    }
    this.#join(entry)
    this.#earlier = this.#usable
    this.#usable = entry
    this.#skippedAt = Number.POSITIVE_INFINITY
  }

  /** Says that there are no more samples at all, not even behind the range. */
  end(): void {
    if (this.#need === 'simple') this.#between(this.#lastRaw, undefined)
    this.#join(undefined)
  }

  /** From one raw sample to the next. */
  #between(before: Entry | undefined, after: Entry | undefined): void {
    const earlier = this.#usable === before ? this.#earlier : this.#usable
    const line = simpleLine(before, after, earlier, this.#configuration)
    this.#lay(before?.time ?? Number.NEGATIVE_INFINITY, after?.time ?? Number.POSITIVE_INFINITY, line, before)
  }

  /** From one usable sample to the next. */
  #join(after: Entry | undefined): void {
    const before = this.#usable
    if (!before) return
    const to = after?.time ?? Number.POSITIVE_INFINITY
    if (this.#need === 'interpolated') {
      const hasSkipped = this.#skippedAt < Number.POSITIVE_INFINITY
      this.#lay(before.time, to, interpolatedLine(before, after, this.#earlier, hasSkipped, this.#configuration))
    }
    if (this.#need === 'instants') this.#fixInstants(before, after, to)
  }

  #lay(from: number, to: number, line: Line | undefined, raw?: Entry): void {
    const { grid } = this
    // Stretches follow one another, so the first interval is where the last stretch ended, or behind it.
    while (this.#reached < grid.count && grid.high(this.#reached) <= from) this.#reached++
    for (let index = this.#reached; index < grid.count && grid.low(index) < to; index++) {
      const [low, high] = [Math.max(from, grid.low(index)), Math.min(to, grid.high(index))]
      const duration = high - low
      const tally = this.time[index]
      if (!tally || duration <= 0) continue
      tally[line?.trust ?? 'bad'] += duration
      if (raw && isGood(raw.status)) tally.rawGood += duration
      if (!raw || isBad(raw.status)) tally.rawBad += duration
      if (!line || line.trust === 'bad' || !line.hasNumber) continue
      tally.area += ((line.at(low) + line.at(high)) / 2) * duration
      if (raw && numberOf(raw.value) === 0) tally.zero += duration
      else tally.nonZero += duration
    }
  }

  /** Values at the timestamps from `before` on, until `to` (Interpolative, Part 13 §5.4.3.4). */
  #fixInstants(before: Entry, after: Entry | undefined, to: number): void {
    const { grid } = this
    for (let index = Math.max(0, grid.firstBeyond(before.time) - 1); index < grid.count; index++) {
      const time = grid.timestamp(index)
      if (time < before.time) continue
      if (time >= to) break
      this.instants[index] = time === before.time ? before : this.#interpolated(before, after, time)
    }
  }

  #interpolated(before: Entry, after: Entry | undefined, time: number): Entry {
    const configuration = this.#configuration
    const isKept = isHeld(before, configuration)
    const hasSkipped = isKept ? this.#skippedAt <= time : this.#skippedAt < Number.POSITIVE_INFINITY
    const line = !after
      ? extrapolated(before, this.#earlier, configuration)
      : isKept
        ? held(before, hasSkipped || !isGood(before.status) ? 'uncertain' : 'good')
        : interpolatedLine(before, after, this.#earlier, hasSkipped, configuration)
    const status = line.trust === 'good' ? 0 : HistoryStatus.UncertainDataSubNormal
    const value = line.hasNumber && !(isKept || typeof before.value === 'boolean') ? line.at(time) : before.value
    return { time, value, status: withBits(status, HistorianBit.interpolated) }
  }
}
