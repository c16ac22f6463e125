import type { Value } from '../../model/value.ts'
import { isTyped, noSamples, type Samples, sorted, valueColumn } from '../samples.ts'

/** Bytes of one piece of {@link Room}: a few hundred heads. A piece is kept until each of its heads has grown out of it. */
const pieceBytes = 1024 * 1024

/** Room for the heads of many tags: a hundred thousand small arrays of their own take ten times as long to make. */
export class Room {
  #piece = new ArrayBuffer(0)
  #at = 0

  /** An array of doubles that are 0. */
  numbers(count: number): Float64Array<ArrayBuffer> {
    const at = this.#take(count * 8)
    return new Float64Array(this.#piece, at, count)
  }

  /** An array of integers that are 0. */
  integers(count: number): Uint32Array<ArrayBuffer> {
    const at = this.#take(count * 4)
    return new Uint32Array(this.#piece, at, count)
  }

  #take(bytes: number): number {
    if (this.#at + bytes > this.#piece.byteLength) {
      this.#piece = new ArrayBuffer(Math.max(pieceBytes, bytes))
      this.#at = 0
    }
    const at = this.#at
    // What follows is aligned for doubles again.
    this.#at += Math.ceil(bytes / 8) * 8
    return at
  }
}

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
    if (at === this.#times.length) this.#grow(at * 2)
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

  /** Makes room for so many samples at once; growing again and again costs several times as much. */
  reserve(count: number, room?: Room): void {
    if (count > this.#times.length) this.#grow(count, room)
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

  #grow(size: number, room?: Room): void {
    const times = room?.numbers(size) ?? new Float64Array(size)
    const statuses = room?.integers(size) ?? new Uint32Array(size)
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
    const values = room?.numbers(size) ?? new Float64Array(size)
    values.set(this.#values)
    this.#values = values
  }

  #untyped(): Value[] {
    if (isTyped(this.#values)) this.#values = Array.from<Value>(this.#values.subarray(0, this.#count))
    return this.#values
  }
}
