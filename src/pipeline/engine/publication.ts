import type { RunOrigin } from '../../model/run.ts'
import type { TagSample } from '../../model/sample.ts'
import { isBad } from '../../model/status.ts'
import type { Value } from '../../model/value.ts'
import type { Plan } from './plan.ts'
import { type Samples, sameValue } from './samples.ts'

/** What an execution hands out: samples that changed, under all their tags, and the writes that are due. */
export class Publication {
  readonly #plan: Plan
  readonly #samples: Samples
  readonly #run: RunOrigin | undefined
  readonly #published: readonly number[]
  readonly #written: { value: Value; wave: number }[]
  #until = -1

  /** What it hands out carries the run, when there is one. */
  constructor(plan: Plan, samples: Samples, run: RunOrigin | undefined) {
    this.#plan = plan
    this.#samples = samples
    this.#run = run
    this.#published = plan.tagsBySlot.flatMap((tags, slot) => (tags.length > 0 ? [slot] : []))
    this.#written = plan.writes.map(() => ({ value: null, wave: 0 }))
  }

  /** Samples that changed since the last call. A slot that is waited for has not changed yet. */
  changes(): readonly TagSample[] {
    const { changed } = this.#samples
    const run = this.#run
    const changes: TagSample[] = []
    for (const slot of this.#published) {
      if ((changed[slot] as number) <= this.#until || this.#samples.isPending(slot)) continue
      const sample = this.#samples.read(slot)
      for (const tag of this.#plan.tagsBySlot[slot] ?? []) changes.push(run ? { tag, sample, run } : { tag, sample })
    }
    // What changes from here on is newer than what has just been handed out.
    this.#until = this.#samples.tick++
    return changes
  }

  /** Writes that became due: another usable value, or another completed wave with a usable value. */
  dueWrites(waves: number): readonly TagSample[] {
    const due: TagSample[] = []
    this.#plan.writes.forEach(({ tag, slot, on }, index) => {
      const last = this.#written[index] as { value: Value; wave: number }
      const sample = this.#samples.read(slot)
      if (isBad(sample.status) || this.#samples.isPending(slot)) return
      const isDue = on === 'wave' ? waves > last.wave : !sameValue(sample.value, last.value)
      if (!isDue) return
      last.value = sample.value
      last.wave = waves
      due.push({ tag, sample })
    })
    return due
  }
}
