import type { Job } from '../model/job.ts'
import { type JobEntry, JobQueue } from './job-queue.ts'

/** How much a list holds. */
export interface ListLimits {
  /** Job orders at most (MaxDownloadableJobOrders). */
  readonly max: number
  /** Their size together, in bytes, so that JobOrderList always fits into a message. */
  readonly bytesMax: number
}

/** The job orders of one piece of equipment, and which of them wait for which pipeline. */
export class JobList {
  readonly #limits: ListLimits
  readonly #byId = new Map<string, JobEntry>()
  readonly #queues = new Map<string, JobQueue>()
  /** Those that are over, in the order in which they ended. */
  readonly #finished = new Set<JobEntry>()
  readonly #sizes = new Map<string, number>()
  #bytes = 0
  #arrivals = 0
  #all: readonly Job[] | undefined

  constructor(limits: ListLimits) {
    this.#limits = limits
  }

  /** All of them in order of arrival. */
  get all(): readonly Job[] {
    this.#all ??= Array.from(this.#byId.values(), ({ job }) => job)
    return this.#all
  }

  /** The entry of a JobOrderID. */
  find(id: string): JobEntry | undefined {
    return this.#byId.get(id)
  }

  /** The ones that wait for a pipeline. */
  queue(pipeline: string): JobQueue {
    const queue = this.#queues.get(pipeline) ?? new JobQueue()
    this.#queues.set(pipeline, queue)
    return queue
  }

  /** Pipelines for which some wait. */
  get awaited(): readonly string[] {
    return [...this.#queues].flatMap(([pipeline, queue]) => (queue.length > 0 ? pipeline : []))
  }

  /** Those that are over, the one that ended first in front. */
  get finished(): Iterable<JobEntry> {
    return this.#finished
  }

  /** The ones that must go to make room for another of that size, or undefined when there is no room for it. */
  roomFor(size: number): readonly JobEntry[] | undefined {
    const { max, bytesMax } = this.#limits
    const gone: JobEntry[] = []
    let [count, bytes] = [this.#byId.size, this.#bytes]
    const isRoom = () => count < max && bytes + size <= bytesMax
    for (const entry of this.#finished) {
      if (isRoom()) break
      gone.push(entry)
      count--
      bytes -= this.#sizes.get(entry.job.order.id) ?? 0
    }
    return isRoom() ? gone : undefined
  }

  /** Whether one may be replaced by another of that size. */
  hasRoomInstead(id: string, size: number): boolean {
    return this.#bytes - (this.#sizes.get(id) ?? 0) + size <= this.#limits.bytesMax
  }

  /** Puts a job order in, or a new version of it in the place of the one before. */
  put(job: Job, size?: number): void {
    const { id } = job.order
    const entry = this.#byId.get(id)
    if (entry) this.#leave(entry)
    const now = entry ?? { arrival: this.#arrivals++, job }
    now.job = job
    if (!entry) this.#byId.set(id, now)
    if (size !== undefined) {
      this.#bytes += size - (this.#sizes.get(id) ?? 0)
      this.#sizes.set(id, size)
    }
    if (job.state === 'AllowedToStart') this.queue(job.order.pipeline).add(now)
    if (isOver(job)) this.#finished.add(now)
    this.#all = undefined
  }

  /** Takes a job order off the list. */
  remove(id: string): void {
    const entry = this.#byId.get(id)
    if (!entry) return
    this.#leave(entry)
    this.#byId.delete(id)
    this.#bytes -= this.#sizes.get(id) ?? 0
    this.#sizes.delete(id)
    this.#all = undefined
  }

  #leave(entry: JobEntry): void {
    if (entry.job.state === 'AllowedToStart') this.queue(entry.job.order.pipeline).remove(entry)
    this.#finished.delete(entry)
  }
}

function isOver({ state }: Job): boolean {
  return state === 'Ended' || state === 'Aborted'
}
