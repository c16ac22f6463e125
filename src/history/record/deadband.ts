import type { Sample } from '../../model/sample.ts'
import { isBad } from '../../model/status.ts'
import { isSameValue } from '../../model/value.ts'

/**
 * Lets a sample through when its status differs from the last one kept, or its value differs by more than an absolute
 * deadband (Part 4 §7.22.2); without a deadband everything passes. Values that are no numbers pass when they are other values.
 */
export class Deadband {
  readonly #width: number
  #last: Sample | undefined

  /** `width` is in the unit of the tag. */
  constructor(width: number) {
    this.#width = width
  }

  /** Lets the next sample through, whatever it is. */
  reset(): void {
    this.#last = undefined
  }

  passes(sample: Sample): boolean {
    const last = this.#last
    if (last && last.status === sample.status && !this.#differs(last, sample)) return false
    this.#last = sample
    return true
  }

  #differs(last: Sample, { value, status }: Sample): boolean {
    if (isBad(status)) return false
    if (typeof value === 'number' && typeof last.value === 'number') {
      // NaN differs by nothing that could be compared, so it passes.
      return !(Math.abs(value - last.value) <= this.#width)
    }
    return !isSameValue(value, last.value)
  }
}
