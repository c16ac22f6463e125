import { firstAt, type Samples } from '../samples.ts'
import { firstAfter } from '../store/merge.ts'

/** The intervals of a processed read (Part 13 §5.4.2.2), in order of time whatever the direction. */
export class Grid {
  readonly count: number
  /** Reads backwards: an interval includes its later end, which is its timestamp, and excludes the earlier one. */
  readonly isReversed: boolean
  readonly #start: number
  readonly #end: number
  readonly #width: number
  /** All edges in order of time. */
  readonly #edges: Float64Array

  /** `start` and `end` differ; a width of 0, or more than the range, means one interval. */
  constructor(start: number, end: number, width: number) {
    const range = Math.abs(end - start)
    this.isReversed = end < start
    this.#start = start
    this.#end = end
    this.#width = width > 0 && width < range ? width : range
    this.count = Math.ceil(range / this.#width)
    this.#edges = Float64Array.from({ length: this.count + 1 }, (_, index) =>
      this.#edge(this.isReversed ? this.count - index : index),
    )
  }

  /** Everything that is covered. */
  get from(): number {
    return Math.min(this.#start, this.#end)
  }

  get to(): number {
    return Math.max(this.#start, this.#end)
  }

  /** The earlier end of an interval. */
  low(index: number): number {
    return this.#edges[index] as number
  }

  /** The later end of an interval. */
  high(index: number): number {
    return this.#edges[index + 1] as number
  }

  /** The time that names an interval: its beginning in the direction of reading. */
  timestamp(index: number): number {
    return this.isReversed ? this.high(index) : this.low(index)
  }

  /** Tells whether an interval is shorter than the others: the rest of a range that is not divided evenly. */
  isShort(index: number): boolean {
    return this.high(index) - this.low(index) < this.#width && this.count > 1
  }

  /** The interval that includes a time, or -1. */
  indexOf(time: number): number {
    if (time < this.from || time > this.to || time === this.#end) return -1
    const steps = Math.floor(Math.abs(time - this.#start) / this.#width)
    // The division may be off by one where an edge is no exact multiple.
    let step = Math.min(steps, this.count - 1)
    const beyond = (at: number): boolean => (this.isReversed ? time <= this.#edge(at) : time >= this.#edge(at))
    if (step + 1 < this.count && beyond(step + 1)) step++
    if (step > 0 && !beyond(step)) step--
    return this.isReversed ? this.count - 1 - step : step
  }

  /** The index of the first sample of a block that lies behind an interval. */
  endIn(block: Samples, index: number): number {
    const high = this.high(index)
    return this.isReversed ? firstAfter(block, high) : firstAt(block, high)
  }

  /** Edges by steps from the start. */
  #edge(step: number): number {
    if (step >= this.count) return this.#end
    return this.isReversed ? this.#start - step * this.#width : this.#start + step * this.#width
  }
}
