import { randomBytes } from 'node:crypto'
import type { Job } from '../model/job.ts'
import { changedEvent, type JobChange } from './job-change.ts'
import { JobList } from './job-list.ts'

/** Where a job order is. */
export interface JobPlace {
  readonly equipment: string
  readonly id: string
}

/** How much all job orders of one piece of equipment may take, in bytes: JobOrderList must fit into a message of 4 MiB. */
const bytesMax = 3_000_000

/** What the book needs. */
export interface JobBookOptions {
  readonly settings: { readonly max: number }
  readonly keep: (change: JobChange) => void
}

/** The job orders of all equipment. Each change is handed on to be kept, with the event that tells of it. */
export class JobBook {
  readonly #options: JobBookOptions
  readonly #onChanged: (equipment: string) => void
  readonly #lists = new Map<string, JobList>()
  readonly #placeByRun = new Map<string, JobPlace>()

  constructor(options: JobBookOptions, onChanged: (equipment: string) => void) {
    this.#options = options
    this.#onChanged = onChanged
  }

  /** The list of a piece of equipment. */
  list(equipment: string): JobList {
    const list = this.#lists.get(equipment) ?? new JobList({ max: this.#options.settings.max, bytesMax })
    this.#lists.set(equipment, list)
    return list
  }

  /** Every list that there is, by its equipment. */
  get lists(): Iterable<readonly [string, JobList]> {
    return this.#lists
  }

  /** Where the job is that a run belongs to. */
  ofRun(runId: string): JobPlace | undefined {
    return this.#placeByRun.get(runId)
  }

  /** The job that a run belongs to, with where it is. */
  jobOfRun(runId: string): (JobPlace & { readonly job: Job }) | undefined {
    const place = this.#placeByRun.get(runId)
    const job = place && this.list(place.equipment).find(place.id)?.job
    return job && place ? { ...place, job } : undefined
  }

  /** A run is going to belong to a job. */
  assign(runId: string, place: JobPlace): void {
    this.#placeByRun.set(runId, place)
  }

  /** A run came to nothing. */
  unassign(runId: string): void {
    this.#placeByRun.delete(runId)
  }

  /** Puts a job order in as it was when the program ended; nothing is told of it. */
  restore(equipment: string, job: Job, size: number): void {
    this.list(equipment).put(job, size)
    if (job.response) this.assign(job.response.id, { equipment, id: job.order.id })
  }

  /** A job order is another one now, for a reason; `size` is given when its order is new. */
  put(equipment: string, job: Job, { size, reason }: { readonly size?: number; readonly reason: string }): void {
    const { order, changedAt: time, response } = job
    const before = this.list(equipment).find(order.id)?.job.response
    if (before && before.id !== response?.id) this.unassign(before.id)
    if (response) this.assign(response.id, { equipment, id: order.id })
    this.list(equipment).put(job, size)
    const eventId = randomBytes(16).toString('hex')
    const event = changedEvent(equipment, job, { time, eventId, reason })
    this.#options.keep({ kind: 'changed', event, hasNewOrder: size !== undefined })
    this.#onChanged(equipment)
  }

  /** Notes something of a job that is no transition. */
  note(equipment: string, job: Job): void {
    this.list(equipment).put(job)
    this.#options.keep({ kind: 'noted', equipment, job })
  }

  /** Takes a job order off its list. */
  remove(equipment: string, id: string): void {
    const list = this.list(equipment)
    const { response } = list.find(id)?.job ?? {}
    if (response) this.unassign(response.id)
    list.remove(id)
    this.#options.keep({ kind: 'removed', equipment, id })
    this.#onChanged(equipment)
  }

  /** Takes those off their lists that were over before a time. */
  removeOlder(time: number): void {
    for (const [equipment, list] of this.#lists) {
      for (const { job } of [...list.finished]) {
        if (job.changedAt < time) this.remove(equipment, job.order.id)
      }
    }
  }
}
