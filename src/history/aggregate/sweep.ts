import { isBad, isGood } from '../../model/status.ts'
import { HistorianBit, HistoryStatus, withBits } from '../history-status.ts'
import { type Entry, entryAt, isTyped, type Samples } from '../samples.ts'
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
  /** The first interval that the next stretch may reach into. */
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

  /** Takes the next samples of the range. */
  addBlock(block: Samples): void {
    if (this.#need === 'raw') this.#tally(block)
    else this.#connect(block)
  }

  /** Takes a sample behind the range, which closes the last stretch; one raw and one usable are enough. */
  add(entry: Entry): void {
    const usable = isUsable(entry.status, this.#configuration)
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

  /** Samples by interval. */
  #tally(block: Samples): void {
    const { grid } = this
    for (let from = 0; from < block.count; ) {
      const interval = grid.indexOf(block.times[from] as number)
      const to = interval < 0 ? from + 1 : Math.max(from + 1, grid.endIn(block, interval))
      const last = this.raw[interval]?.add(block, { from, to }, this.#configuration, this.#usable) ?? -1
      if (last >= 0) this.#usable = entryAt(block, last)
      from = to
    }
  }

  /** Stretches between samples. Most are between two Good numbers: those need no objects. */
  #connect(block: Samples): void {
    for (let from = 0; from < block.count; ) {
      this.add(entryAt(block, from))
      const to = this.#endOfPlain(block, from)
      if (to > from + 1) {
        for (let index = from + 1; index < to; index++) this.#plain(block, index)
        this.#usable = entryAt(block, to - 1)
        this.#earlier = entryAt(block, to - 2)
        this.#lastRaw = this.#usable
      }
      from = to
    }
  }

  /** Where a row of Good numbers ends that begins at an index. */
  #endOfPlain({ statuses, values, count }: Samples, from: number): number {
    let end = from
    if (isTyped(values)) while (end < count && isGood(statuses[end] as number)) end++
    return Math.max(from + 1, end)
  }

  /** The stretch between a Good number and the one before it, which is Good too. */
  #plain(block: Samples, index: number): void {
    const { times } = block
    const [from, to] = [times[index - 1] as number, times[index] as number]
    if (this.#need !== 'instants') this.#layPlain(block, index)
    else if (this.#instantBeyond(from) < to) this.#fixInstants(entryAt(block, index - 1), entryAt(block, index), to)
  }

  #layPlain({ times, values }: Samples, index: number): void {
    const { grid } = this
    const [from, to] = [times[index - 1] as number, times[index] as number]
    const [first, second] = [values[index - 1] as number, values[index] as number]
    const isKept = this.#need === 'simple' && this.#configuration.isStepped
    const slope = isKept || to <= from ? 0 : (second - first) / (to - from)
    this.#reach(from)
    for (let at = this.#reached; at < grid.count && grid.low(at) < to; at++) {
      const [low, high] = [Math.max(from, grid.low(at)), Math.min(to, grid.high(at))]
      const duration = high - low
      const tally = this.time[at]
      if (!tally || duration <= 0) continue
      tally.good += duration
      tally.rawGood += duration
      tally.area += (first + ((low + high) / 2 - from) * slope) * duration
      if (first === 0) tally.zero += duration
      else tally.nonZero += duration
    }
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
    this.#reach(from)
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

  /** Stretches follow one another, so the first interval of one is where the last one ended, or behind it. */
  #reach(from: number): void {
    while (this.#reached < this.grid.count && this.grid.high(this.#reached) <= from) this.#reached++
  }

  /** The first timestamp at or behind a time; it goes on from where it was. */
  #instantBeyond(time: number): number {
    const { grid } = this
    while (this.#reached < grid.count && grid.timestamp(this.#reached) < time) this.#reached++
    return this.#reached < grid.count ? grid.timestamp(this.#reached) : Number.POSITIVE_INFINITY
  }

  /** Values at the timestamps from `before` on, until `to` (Interpolative, Part 13 §5.4.3.4). */
  #fixInstants(before: Entry, after: Entry | undefined, to: number): void {
    const { grid } = this
    this.#instantBeyond(before.time)
    for (let index = this.#reached; index < grid.count; index++) {
      const time = grid.timestamp(index)
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
