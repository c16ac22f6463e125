import type { Logger } from 'pino'
import type { JobChange, JobChangedEvent } from './jobs/job-change.ts'
import type { RememberedJob } from './jobs/jobs-options.ts'
import type { Cancel, Clock } from './model/clock.ts'
import { messageOf } from './model/errors.ts'
import { type Job, type JobOrder, type JobResponse, jobStateNumber, jobStateOf } from './model/job.ts'
import type { Storable } from './sqlite/value-codec.ts'
import {
  type JobMessage,
  jobProgressed,
  jobRemoved,
  jobSaved,
  messagePosted,
  messagesTold,
  type StoredJob,
} from './store/job-store.ts'
import type { Store } from './store/store.ts'
import type { Statement } from './store/write-queue.ts'

type Stores = Pick<Store<unknown>, 'jobs' | 'runs' | 'queue'>

/** Who is told of jobs, and who knows that what was told is kept. */
export interface Telling {
  tell(event: JobChangedEvent): void
  /** Resolves to whether every event that was told so far is in the history of events. */
  kept(): Promise<boolean>
}

/** How long an event waits at most for its job to be durable, in milliseconds. */
const deadlineMs = 2000
/** How often it is looked whether what was told is kept. */
const forgetAfterMs = 500
/** Changes of jobs that may wait for a database that fails; no new ones are taken then. */
const waitingMax = 10_000

/**
 * Keeps job orders, and in the same transaction the event of each change, until that is in the history of events. An event is
 * told when its change is durable, so that nobody hears of what a crash takes back; one that was not told, or of which that is
 * not certain, is told again after a restart, with the same EventId.
 */
export class DurableJobs {
  /** The jobs as they were when the program ended, in order of arrival. */
  readonly remembered: readonly RememberedJob[]
  /** What was perhaps not told before the program ended, oldest first. */
  readonly untold: readonly JobChangedEvent[]
  readonly #queue: Stores['queue']
  readonly #clock: Clock
  readonly #log: Logger
  /** What is in the database, or on its way there: it is written again when the database has to be replaced. */
  readonly #jobs = new Map<string, StoredJob>()
  readonly #posted = new Map<number, JobMessage>()
  #telling: Telling | undefined
  #seq = 0
  #toldSeq = 0
  #cancelForgetting: Cancel | undefined
  #work: Promise<unknown> = Promise.resolve()
  #isClosed = false

  private constructor(
    { queue }: Stores,
    { jobs, messages, remembered }: Recovered,
    { clock, log }: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.#queue = queue
    this.#clock = clock
    this.#log = log
    this.remembered = remembered
    this.untold = messages.map(({ content }) => content as unknown as JobChangedEvent)
    for (const job of jobs) this.#jobs.set(keyOf(job), job)
    for (const message of messages) this.#posted.set(message.seq, message)
    this.#seq = messages.at(-1)?.seq ?? 0
    this.#toldSeq = this.#seq
  }

  /** Reads what is there; the runs that a crash has cut off must have been ended before. */
  static async recover(stores: Stores, options: { readonly clock: Clock; readonly log: Logger }): Promise<DurableJobs> {
    const jobs = await stores.jobs.list()
    const messages = await stores.jobs.outbox()
    const remembered: RememberedJob[] = []
    for (const stored of jobs) {
      const job = jobOf(stored)
      if (!job) continue
      const isCutOff = (job.state === 'Running' || job.state === 'Interrupted') && job.response !== undefined
      const { end } = (isCutOff && (await stores.runs.find(job.response?.id ?? ''))) || {}
      remembered.push({ equipment: stored.equipment, job, ending: end })
    }
    return new DurableJobs(stores, { jobs, messages, remembered }, options)
  }

  /** Whether so much waits for the database that no more should be taken. */
  get isFull(): boolean {
    return this.#queue.health.waiting >= waitingMax
  }

  /** Begins to tell; what is {@link untold} was told by somebody else. */
  begin(telling: Telling): void {
    this.#telling = telling
    if (this.#posted.size > 0) this.#forgetSoon()
  }

  /** Keeps a change and tells of it. */
  keep(change: JobChange): void {
    if (change.kind === 'removed') {
      this.#jobs.delete(keyOf(change))
      this.#add([jobRemoved(change.equipment, change.id)])
      return
    }
    if (change.kind === 'noted') {
      const noted = storedOf(change.equipment, change.job)
      this.#jobs.set(keyOf(noted), noted)
      this.#add([jobProgressed(noted)])
      return
    }
    const { event, hasNewOrder } = change
    const { equipment, job, time } = event
    const stored = storedOf(equipment, job)
    const message = { seq: ++this.#seq, equipment, job: job.order.id, time, content: event as unknown as Storable }
    this.#jobs.set(keyOf(stored), stored)
    this.#posted.set(message.seq, message)
    this.#add([hasNewOrder ? jobSaved(stored) : jobProgressed(stored), messagePosted(message)])
    void this.#queue.settled(deadlineMs).then(() => {
      if (this.#isClosed) return
      this.#toldSeq = message.seq
      this.#telling?.tell(event)
      this.#forgetSoon()
    })
  }

  /** The database is another one: what it must have is written again. */
  saveAll(): void {
    for (const job of this.#jobs.values()) this.#add([jobSaved(job)])
    for (const message of this.#posted.values()) this.#add([messagePosted(message)])
  }

  /** Forgets what was told and is kept; nothing is told any more afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelForgetting?.()
    await this.#work
    await this.#forget()
  }

  #add(statements: readonly Statement[]): void {
    this.#queue.add({ kind: 'job', statements })
  }

  #forgetSoon(): void {
    this.#cancelForgetting ??= this.#clock.after(forgetAfterMs, () => {
      this.#work = this.#forget().finally(() => {
        this.#cancelForgetting = undefined
        if (this.#posted.size > 0 && !this.#isClosed) this.#forgetSoon()
      })
    })
  }

  async #forget(): Promise<void> {
    const seq = this.#toldSeq
    const first = this.#posted.keys().next()
    if (first.done || first.value > seq) return
    try {
      if (!(await this.#telling?.kept())) return
    } catch (error) {
      this.#log.debug(`events of jobs are kept for longer: ${messageOf(error)}`)
      return
    }
    for (const each of this.#posted.keys()) if (each <= seq) this.#posted.delete(each)
    this.#queue.add({ kind: 'job', key: 'told events of jobs', statements: [messagesTold(seq)] })
  }
}

interface Recovered {
  readonly jobs: readonly StoredJob[]
  readonly messages: readonly JobMessage[]
  readonly remembered: readonly RememberedJob[]
}

function keyOf({ equipment, id }: { readonly equipment: string; readonly id: string }): string {
  return JSON.stringify([equipment, id])
}

function storedOf(equipment: string, { order, state, response, arrivedAt, changedAt }: Job): StoredJob {
  const plain = { order: order as unknown as Storable, response: response as unknown as Storable | undefined }
  return { equipment, id: order.id, state: jobStateNumber(state), ...plain, arrivedAt, changedAt }
}

function jobOf({ order, state: number, response, arrivedAt, changedAt }: StoredJob): Job | undefined {
  const state = jobStateOf(number)
  if (!state) return undefined
  return {
    ...{ order: order as unknown as JobOrder, state, arrivedAt, changedAt },
    ...(response === undefined ? {} : { response: response as unknown as JobResponse }),
  }
}
