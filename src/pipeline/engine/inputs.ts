import type { Sample, TagSample } from '../../model/sample.ts'
import { isBad, Status } from '../../model/status.ts'
import type { Plan } from './plan.ts'
import { type Samples, sameValue } from './samples.ts'

/**
 * What comes from outside waits here until the next wave takes it in all at once: so a wave that is under way keeps the
 * inputs that it began with.
 */
export class Inputs {
  readonly #samples: Samples
  readonly #plan: Plan
  readonly #externalByTag: ReadonlyMap<string, { readonly owner: string; readonly slot: number }>
  readonly #parameterByName: ReadonlyMap<string, number>
  readonly #waiting = new Map<number, Sample>()

  constructor(plan: Plan, samples: Samples) {
    this.#plan = plan
    this.#samples = samples
    this.#externalByTag = new Map(plan.externals.map((external) => [external.tag, external]))
    this.#parameterByName = new Map(plan.parameters.map(({ name, slot }) => [name, slot]))
  }

  /** Tells whether a value or a status is another one. A newer source time alone is taken in, but is no reason for a wave. */
  feed(samples: readonly TagSample[]): boolean {
    let isNews = false
    for (const { tag, sample } of samples) {
      const external = this.#externalByTag.get(tag)
      if (!external) continue
      const { slot, owner } = external
      const judged = this.#judged(slot, sample, owner)
      const last = this.#waiting.get(slot) ?? this.#samples.read(slot)
      if (last.status !== judged.status || !sameValue(last.value, judged.value)) isNews = true
      this.#waiting.set(slot, judged)
    }
    return isNews
  }

  setParameter(name: string, sample: Sample): void {
    const slot = this.#parameterByName.get(name)
    if (slot !== undefined) this.#waiting.set(slot, this.#judged(slot, sample, this.#plan.id))
  }

  /** Takes in all that waits. */
  take(): void {
    for (const [slot, sample] of this.#waiting) this.#samples.write(slot, sample)
    this.#waiting.clear()
  }

  /** A number that is none must not enter the array of numbers, whoever sent it. */
  #judged(slot: number, sample: Sample, owner: string): Sample {
    const { value, status, sourceTime } = sample
    if (isBad(status))
      return value === null && sample.cause !== undefined
        ? sample
        : { ...sample, value: null, cause: sample.cause ?? owner }
    if (value === null) return { value, status: Status.BadNoData, sourceTime, cause: owner }
    if (!this.#plan.isNumeric[slot]) return sample
    if (typeof value === 'bigint') return { ...sample, value: Number(value) }
    if (typeof value !== 'number') return { value: null, status: Status.BadTypeMismatch, sourceTime, cause: owner }
    return Number.isFinite(value) ? sample : { value: null, status: Status.BadOutOfRange, sourceTime, cause: owner }
  }
}
