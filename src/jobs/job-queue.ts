import type { Job } from '../model/job.ts'

/** A job order in a list, as it is now, and its place in the order of arrival. */
export interface JobEntry {
  readonly arrival: number
  job: Job
}

/**
 * The job orders of one pipeline that may start: those of higher priority first, of the same priority those with the earlier
 * StartTime, of the same StartTime those that came earlier (information-model 5.10). One without a StartTime may start at once.
 */
export class JobQueue {
  readonly #waiting: JobEntry[] = []
  /** How many have a StartTime. */
  #timed = 0

  /** How many wait. */
  get length(): number {
    return this.#waiting.length
  }

  /** Adds one in its place. */
  add(entry: JobEntry): void {
    let [low, high] = [0, this.#waiting.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(this.#waiting[middle] as JobEntry, entry) < 0) low = middle + 1
      else high = middle
    }
    this.#waiting.splice(low, 0, entry)
    if (entry.job.order.startTime !== undefined) this.#timed++
  }

  /** Takes one out, if it is there; call it before its order is another one. */
  remove(entry: JobEntry): void {
    const index = this.#waiting.indexOf(entry)
    if (index < 0) return
    this.#waiting.splice(index, 1)
    if (entry.job.order.startTime !== undefined) this.#timed--
  }

  /** The one whose turn it is at a time, in milliseconds since 1970 UTC. */
  next(now: number): JobEntry | undefined {
    return this.#waiting.find(({ job }) => (job.order.startTime ?? now) <= now)
  }

  /** The earliest StartTime that is still to come, or undefined. */
  nextTime(now: number): number | undefined {
    if (this.#timed === 0) return undefined
    const times = this.#waiting.flatMap(({ job: { order } }) => order.startTime ?? [])
    return times.reduce<number | undefined>(
      (earliest, time) => (time > now && time < (earliest ?? Number.POSITIVE_INFINITY) ? time : earliest),
      undefined,
    )
  }
}

function compare({ job: a, arrival: ofA }: JobEntry, { job: b, arrival: ofB }: JobEntry): number {
  const [startOfA, startOfB] = [a, b].map(({ order }) => order.startTime ?? 0) as [number, number]
  return b.order.priority - a.order.priority || startOfA - startOfB || ofA - ofB
}
