import type { Sample, TagSample } from '../../model/sample.ts'
import { isBad, Status } from '../../model/status.ts'
import type { Plan } from './plan.ts'
import { type Samples, sameValue } from './samples.ts'

/** A source from outside: an external tag, or a parameter. */
interface Entrance {
  readonly slot: number
  readonly owner: string
  /** The newest sample that came. */
  last: Sample | undefined
  isWaiting: boolean
}

/**
 * What comes from outside waits here until the next wave takes it in all at once: so a wave that is under way keeps the
 * inputs that it began with.
 */
export class Inputs {
  readonly #samples: Samples
  readonly #plan: Plan
  readonly #externals: ReadonlyMap<string, Entrance>
  readonly #parameters: ReadonlyMap<string, Entrance>
  #waiting: Entrance[] = []

  constructor(plan: Plan, samples: Samples) {
    this.#plan = plan
    this.#samples = samples
    const entrance = (slot: number, owner: string): Entrance => ({ slot, owner, last: undefined, isWaiting: false })
    this.#externals = new Map(plan.externals.map(({ tag, slot, owner }) => [tag, entrance(slot, owner)]))
    this.#parameters = new Map(plan.parameters.map(({ name, slot }) => [name, entrance(slot, plan.id)]))
  }

  /** Tells whether a value or a status is another one. A newer source time alone is taken in, but is no reason for a wave. */
  feed(samples: readonly TagSample[]): boolean {
    let isNews = false
    for (const { tag, sample } of samples) {
      const entrance = this.#externals.get(tag)
      if (entrance && this.#enter(entrance, sample)) isNews = true
    }
    return isNews
  }

  setParameter(name: string, sample: Sample): void {
    const entrance = this.#parameters.get(name)
    if (entrance) this.#enter(entrance, sample)
  }

  /** Takes in all that waits. */
  take(): void {
    if (this.#waiting.length === 0) return
    for (const entrance of this.#waiting) {
      entrance.isWaiting = false
      this.#samples.write(entrance.slot, entrance.last as Sample)
    }
    this.#waiting = []
  }

  #enter(entrance: Entrance, sample: Sample): boolean {
    const judged = this.#judged(entrance.slot, sample, entrance.owner)
    const last = entrance.last ?? this.#samples.read(entrance.slot)
    entrance.last = judged
    if (!entrance.isWaiting) this.#waiting.push(entrance)
    entrance.isWaiting = true
    return last.status !== judged.status || !sameValue(last.value, judged.value)
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
