import type { Sample, TagSample } from '../model/sample.ts'
import { isSameValue, type Value } from '../model/value.ts'

/** The newest samples of the tags that a pipeline reads from outside; they outlive its runs. */
export class ExternalSamples {
  readonly tags: ReadonlySet<string>
  readonly #latest = new Map<string, Sample>()

  /** Remembers these tags only. */
  constructor(tags: Iterable<string>) {
    this.tags = new Set(tags)
  }

  /** Takes in a batch; tells which of it is read, and whether a value or status is another than before. */
  take(samples: readonly TagSample[]): { readonly read: readonly TagSample[]; readonly hasChanged: boolean } {
    const read = samples.filter(({ tag }) => this.tags.has(tag))
    let hasChanged = false
    for (const { tag, sample } of read) {
      const before = this.#latest.get(tag)
      if (!before || before.status !== sample.status || !isSame(before.value, sample.value)) hasChanged = true
      this.#latest.set(tag, sample)
    }
    return { read, hasChanged }
  }

  /** All that is known. */
  all(): readonly TagSample[] {
    return [...this.#latest].map(([tag, sample]) => ({ tag, sample }))
  }
}

/** Numbers by their bits: a function may well tell 0 and -0 apart, and NaN that stays NaN is no change. */
function isSame(a: Value, b: Value): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Object.is(a, b) : isSameValue(a, b)
}
