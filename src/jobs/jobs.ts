import { type Observable, Subscription } from 'rxjs'
import type { Cancel } from '../model/clock.ts'
import { isMillraceError, messageOf } from '../model/errors.ts'
import {
  type Job,
  type JobOrder,
  type JobRequest,
  type JobReturnStatus,
  jobStatus,
  jobTransition,
} from '../model/job.ts'
import { TrustedTime } from '../model/trusted-time.ts'
import { Outlet } from '../rx/outlet.ts'
import { checkOrder } from './check-order.ts'
import { JobBook } from './job-book.ts'
import { shortId } from './job-change.ts'
import { JobRuns } from './job-runs.ts'
import type { JobAsked, JobsOptions, RememberedJob } from './jobs-options.ts'
import { sizeOf } from './size.ts'

/** How often job orders that are over are looked through for those that are too old, in milliseconds. */
const forgetEveryMs = 3_600_000

/**
 * Job control of OPC 10031-4 V2: for each piece of equipment a list of job orders, in front of its pipelines. A job that runs is
 * a run of its pipeline: the pipeline decides what can be done with it, and what happens to the run happens to the job.
 */
export class Jobs {
  readonly #options: JobsOptions
  readonly #book: JobBook
  readonly #runs: JobRuns
  readonly #subscription = new Subscription()
  readonly #changes = new Outlet<string>()
  readonly #trusted: TrustedTime
  #cancelForgetting: Cancel = () => {}

  /** `remembered` is in order of arrival. Nothing is started before {@link begin}. */
  constructor(options: JobsOptions, remembered: readonly RememberedJob[] = []) {
    this.#options = options
    this.#trusted = new TrustedTime(options.clock)
    this.#book = new JobBook(options, (equipment) => this.#changes.next(equipment))
    this.#runs = new JobRuns(options, this.#book)
    for (const { equipment, job, ending } of remembered) {
      this.#book.restore(equipment, job, sizeOf(job.order.document))
      this.#runs.remember(equipment, job, ending)
    }
  }

  get max(): number {
    return this.#options.settings.max
  }

  get changes$(): Observable<string> {
    return this.#changes.values$
  }

  /** Pipelines whose runs the program has cut off, and that go on, or not, with their jobs. */
  get claimed(): ReadonlySet<string> {
    return this.#runs.claimed
  }

  list(equipment: string): readonly Job[] {
    return this.#book.list(equipment).all
  }

  find(equipment: string, id: string): Job | undefined {
    return this.#book.list(equipment).find(id)?.job
  }

  orderOf(runId: string): string | undefined {
    return this.#book.ofRun(runId)?.id
  }

  /** Whether a pipeline works on a job. */
  isAtWork(pipeline: string): boolean {
    return this.#runs.isAtWork(pipeline)
  }

  /** A pipeline was asked to stop: its job has ended then, also when the program ends before the run has. */
  stopAsked(pipeline: string): void {
    this.#runs.stopAsked(pipeline)
  }

  /** Decides about the jobs that were under way when the program ended, and begins to start those that wait. */
  begin(): void {
    this.#subscription.add(this.#options.events$.subscribe((event) => this.#runs.take(event)))
    this.#runs.begin()
    this.#forgetOld()
  }

  /** Pipelines came or went: job orders that wait for one that is gone are aborted. */
  pipelinesChanged(): void {
    this.#runs.pipelinesChanged()
  }

  /** Starts and notices nothing more; a job that is under way is dealt with at the next start. */
  stop(): void {
    this.#subscription.unsubscribe()
    this.#runs.stop()
    this.#cancelForgetting()
    this.#changes.complete()
  }

  async store(
    equipment: string,
    order: JobOrder,
    { initiator, comment, isAllowed }: JobAsked & { readonly isAllowed: boolean },
  ): Promise<JobReturnStatus> {
    const list = this.#book.list(equipment)
    const refusal = this.#check(equipment, order)
    if (refusal !== undefined) return refusal
    if (list.find(order.id)) {
      const status = jobStatus.notAccepted | jobStatus.duplicateJobOrder
      return this.#refuse(equipment, status, `there is a job order ${shortId(order.id)} already; clear it first`)
    }
    const size = sizeOf(order.document)
    const gone = list.roomFor(size)
    if (!gone) {
      const status = jobStatus.notAccepted | jobStatus.queueFull
      return this.#refuse(equipment, status, `the list of job orders is full; clear some, or let them end`)
    }
    for (const { job } of gone) this.#book.remove(equipment, job.order.id)
    const now = this.#options.clock.now()
    const state = isAllowed ? 'AllowedToStart' : 'NotAllowedToStart'
    const job: Job = { order, state, arrivedAt: now, changedAt: now }
    this.#book.put(equipment, job, { size, reason: comment || `stored by ${initiator || 'a client'}` })
    if (isAllowed) this.#runs.schedule(equipment)
    return jobStatus.done
  }

  async update(equipment: string, order: JobOrder, { initiator, comment }: JobAsked): Promise<JobReturnStatus> {
    const list = this.#book.list(equipment)
    const job = list.find(order.id)?.job
    if (!job) return this.#unknown(equipment, order.id)
    if (jobTransition(job.state, 'update') === undefined) return this.#notNow(equipment, job, 'update')
    const refusal = this.#check(equipment, order)
    if (refusal !== undefined) return refusal
    const size = sizeOf(order.document)
    if (!list.hasRoomInstead(order.id, size)) {
      const status = jobStatus.notAccepted | jobStatus.queueFull
      return this.#refuse(equipment, status, 'the list of job orders has no room for it; clear some')
    }
    const updated: Job = { ...job, order, changedAt: this.#options.clock.now() }
    this.#book.put(equipment, updated, { size, reason: comment || `updated by ${initiator || 'a client'}` })
    if (job.state === 'AllowedToStart') this.#runs.schedule(equipment)
    return jobStatus.done
  }

  async request(
    equipment: string,
    id: string,
    { request, initiator, comment }: JobAsked & { readonly request: Exclude<JobRequest, 'update'> },
  ): Promise<JobReturnStatus> {
    const job = this.#book.list(equipment).find(id)?.job
    if (!job) return this.#unknown(equipment, id)
    const target = jobTransition(job.state, request)
    if (target === undefined) return this.#notNow(equipment, job, request)
    if (target === 'removed') {
      this.#book.remove(equipment, id)
      return jobStatus.done
    }
    if (job.state === 'Running' || job.state === 'Interrupted') {
      try {
        this.#runs.request(job, { request, initiator, comment })
      } catch (error) {
        if (!isMillraceError(error)) throw error
        return this.#refuse(equipment, jobStatus.invalidState, messageOf(error))
      }
      return jobStatus.done
    }
    const reason = comment || `${request} by ${initiator || 'a client'}`
    if (target === 'Aborted') this.#runs.abortWaiting(equipment, job, reason)
    else this.#book.put(equipment, { ...job, state: target, changedAt: this.#options.clock.now() }, { reason })
    if (target === 'AllowedToStart') this.#runs.schedule(equipment)
    return jobStatus.done
  }

  #check(equipment: string, order: JobOrder): JobReturnStatus | undefined {
    const checked = checkOrder(order, { equipment, pipeline: this.#options.pipeline(order.pipeline) })
    return 'values' in checked ? undefined : this.#refuse(equipment, checked.status, checked.message)
  }

  #unknown(equipment: string, id: string): JobReturnStatus {
    return this.#refuse(equipment, jobStatus.unknownJobOrder, `there is no job order ${shortId(id)}; correct the id`)
  }

  #notNow(equipment: string, { order, state }: Job, request: JobRequest): JobReturnStatus {
    const message = `job order ${shortId(order.id)} is ${state}, which does not allow ${request}`
    return this.#refuse(equipment, jobStatus.invalidState, message)
  }

  #refuse(equipment: string, status: JobReturnStatus, message: string): JobReturnStatus {
    this.#options.onRefused?.(equipment, message)
    return status
  }

  #forgetOld(): void {
    const { clock, settings } = this.#options
    this.#book.removeOlder(this.#trusted.now() - settings.keepMs)
    this.#cancelForgetting = clock.after(forgetEveryMs, () => this.#forgetOld())
  }
}
