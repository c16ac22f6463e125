import type { Value } from '../../model/value.ts'
import type { Operation } from './plan.ts'
import { type Samples, sameValue } from './samples.ts'

/** What device methods were called with last, so that a cyclic pipeline calls them on news only. */
export class Calls {
  readonly #samples: Samples
  readonly #valuesByIndex = new Map<number, readonly Value[]>()

  constructor(samples: Samples) {
    this.#samples = samples
  }

  /**
   * Tells whether a method is to be called in this wave, and takes note of it: when a value differs from those of the last
   * successful call. A method without wired inputs is called in each wave.
   */
  isDue({ index, wired }: Operation): boolean {
    const values = wired.map((slot) => this.#samples.valueOf(slot))
    const last = this.#valuesByIndex.get(index)
    if (last && wired.length > 0 && values.every((value, i) => sameValue(value, last[i] as Value))) return false
    this.#valuesByIndex.set(index, values)
    return true
  }

  /** A call failed or was given up: the next wave calls again. */
  forget(index: number): void {
    this.#valuesByIndex.delete(index)
  }
}
