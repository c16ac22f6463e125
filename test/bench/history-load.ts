import type { TagSample } from '../../src/model/sample.ts'

/** Values as a plant has them: setpoints, rounded measurements, counters, sensors of single precision, a little noise. */
const kinds: readonly ((random: () => number, last: number, tag: number) => number)[] = [
  (random, last) => (random() < 0.01 ? Math.round(random() * 100) / 2 : last),
  (random, last) => Math.round((last + random() - 0.5) * 10) / 10,
  (random, last) => last + Math.floor(random() * 4),
  (random, last) => Math.fround(Math.round((last + random() * 0.2 - 0.1) * 100) / 100),
  (random, last) => Math.round((last + random() * 4 - 2) * 1000) / 1000,
]

/** When the histories of the benchmark begin. */
export const firstTime = 1_700_000_000_000

/** Makes batches in which each tag has its next sample, with clocks that jitter by a few milliseconds. */
export class Load {
  readonly #names: readonly string[]
  readonly #last: Float64Array
  #seed = 1
  #next = 0
  #time = firstTime

  constructor(tags: number) {
    this.#names = Array.from({ length: tags }, (_, index) => `plc${index % 100}.tag${index}`)
    this.#last = new Float64Array(tags).fill(20)
  }

  batch(size: number): TagSample[] {
    const random = (): number => {
      this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0
      return this.#seed / 2 ** 32
    }
    return Array.from({ length: size }, () => {
      const index = this.#next
      this.#next = (index + 1) % this.#names.length
      if (this.#next === 0) this.#time += 1000
      const value = (kinds[index % kinds.length] ?? kinds[0])!(random, this.#last[index] as number, index)
      this.#last[index] = value
      const sourceTime = this.#time + Math.floor(random() * 4)
      return { tag: this.#names[index] as string, sample: { value, status: 0, sourceTime } }
    })
  }
}
