import type { TagSample } from '../../model/sample.ts'
import { HistoryStatus } from '../history-status.ts'

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
    this.#total++
    if (gap) {
      gap.count++
      gap.from = Math.min(gap.from, sample.sourceTime)
    } else this.#byTag.set(tag, { from: sample.sourceTime, count: 1 })
  }

  /** One `BadDataLost` sample for each tag: its time is that of the first sample lost, its value how many were. */
  take(now: number): TagSample[] {
    const markers = Array.from(this.#byTag, ([tag, { from, count }]) => ({
      tag,
      sample: { value: count, status: HistoryStatus.BadDataLost, sourceTime: Number.isFinite(from) ? from : now },
    }))
    this.#byTag.clear()
    this.#total = 0
    return markers
  }
}
