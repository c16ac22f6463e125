import type { Value } from '../../model/value.ts'
import { isTyped, noSamples, type Samples, sorted, valueColumn } from '../samples.ts'

/**
 * The newest samples of one tag, in memory, in order of arrival. What was pushed counts for readers once it is committed;
 * a transaction that fails takes its samples back.
 */
export class Head {
  #times = new Float64Array(8)
  #statuses = new Uint32Array(8)
  #values: Float64Array | Value[] = new Float64Array(8)
  /** Absent until a sample of a run comes: most tags of devices never have any. */
  #runs: Uint32Array | undefined
  #count = 0
  #committed = 0

  /** How many samples there are, committed or not. */
  get count(): number {
    return this.#count
  }

  /** `run` is the number of the run that produced it, 0 for none. */
  push(time: number, status: number, value: Value, run: number): void {
    const at = this.#count
    if (at === this.#times.length) this.#grow()
    this.#times[at] = time
    this.#statuses[at] = status
    if (typeof value === 'number') this.#values[at] = value
    else this.#untyped()[at] = value
    if (this.#runs) this.#runs[at] = run
    else if (run !== 0) {
      this.#runs = new Uint32Array(this.#times.length)
      this.#runs[at] = run
    }
    this.#count = at + 1
  }

  commit(): void {
    this.#committed = this.#count
  }

  rollback(): void {
    this.#count = this.#committed
  }

  /** A copy of all samples in order of time; equal times in order of arrival. */
  all(): Samples {
    return this.#copy(this.#count)
  }

  /** A copy of the samples that readers may see, in order of time. */
  visible(): Samples {
    return this.#copy(this.#committed)
  }

  /** Holds these samples instead, all of them committed. */
  replace(samples: Samples): void {
    this.#times = new Float64Array(Math.max(8, samples.count))
    this.#times.set(samples.times)
    this.#statuses = new Uint32Array(this.#times.length)
    this.#statuses.set(samples.statuses)
    this.#values = isTyped(samples.values) ? new Float64Array(this.#times.length) : [...samples.values]
    if (isTyped(samples.values)) (this.#values as Float64Array).set(samples.values)
    this.#runs = samples.runs && new Uint32Array(this.#times.length)
    if (samples.runs) this.#runs?.set(samples.runs)
    this.#count = samples.count
    this.#committed = samples.count
  }

  /** Forgets everything, but keeps the room: the next samples will be of the same kind. */
  clear(): void {
    this.#count = 0
    this.#committed = 0
    if (!isTyped(this.#values)) this.#values = new Float64Array(this.#times.length)
  }

  #copy(count: number): Samples {
    if (count === 0) return noSamples
    const values = this.#values
    return sorted({
      count,
      times: this.#times.slice(0, count),
      statuses: this.#statuses.slice(0, count),
      values: isTyped(values) ? values.slice(0, count) : valueColumn(values.slice(0, count)),
      runs: this.#runs?.slice(0, count),
    })
  }

  #grow(): void {
    const size = this.#times.length * 2
    const [times, statuses] = [new Float64Array(size), new Uint32Array(size)]
    times.set(this.#times)
    statuses.set(this.#statuses)
    this.#times = times
    this.#statuses = statuses
    if (this.#runs) {
      const runs = new Uint32Array(size)
      runs.set(this.#runs)
      this.#runs = runs
    }
    if (!isTyped(this.#values)) return
    const values = new Float64Array(size)
    values.set(this.#values)
    this.#values = values
  }

  #untyped(): Value[] {
    if (isTyped(this.#values)) this.#values = Array.from<Value>(this.#values.subarray(0, this.#count))
    return this.#values
  }
}
