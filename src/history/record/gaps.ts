import type { TagSample } from '../../model/sample.ts'
import { HistoryStatus } from '../history-status.ts'

/** Samples that were lost, as one batch of markers says it. */
export interface Gap {
  readonly markers: readonly TagSample[]
  readonly lost: number
  /** Source time of the first sample that was lost. */
  readonly from: number
}

/** Counts the samples that could not be kept, by tag, until the gap can be written into the history. */
export class Gaps {
  readonly #byTag = new Map<string, { from: number; count: number }>()
  #total = 0

  /** Samples that no gap in the history stands for yet. */
  get pending(): number {
    return this.#total
  }

  add({ tag, sample }: TagSample): void {
    const gap = this.#byTag.get(tag)
    const time = Number.isFinite(sample.sourceTime) ? sample.sourceTime : Number.POSITIVE_INFINITY
    this.#total++
    if (gap) {
      gap.count++
      gap.from = Math.min(gap.from, time)
    } else this.#byTag.set(tag, { from: time, count: 1 })
  }

  /** One `BadDataLost` sample for each tag: its time is that of the first sample lost, its value how many were. */
  take(now: number): Gap | undefined {
    if (this.#total === 0) return undefined
    let first = Number.POSITIVE_INFINITY
    const markers = Array.from(this.#byTag, ([tag, { from, count }]) => {
      const sourceTime = Number.isFinite(from) ? from : now
      first = Math.min(first, sourceTime)
      return { tag, sample: { value: count, status: HistoryStatus.BadDataLost, sourceTime } }
    })
    const lost = this.#total
    this.#byTag.clear()
    this.#total = 0
    return { markers, lost, from: first }
  }
}
