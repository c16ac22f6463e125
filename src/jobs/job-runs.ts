import { isMillraceError, messageOf } from '../model/errors.ts'
import type { PlantEvent } from '../model/event.ts'
import type { Job, JobRequest } from '../model/job.ts'
import { isBad, statusName } from '../model/status.ts'
import { afterRestart, type RunEnding } from './after-restart.ts'
import { checkOrder } from './check-order.ts'
import type { JobBook } from './job-book.ts'
import { stateAfter } from './job-change.ts'
import type { JobPipeline } from './job-pipeline.ts'
import { newResponse, outputsOf, resultOf } from './job-response.ts'
import { JobSchedule } from './job-schedule.ts'
import type { JobAsked, JobsOptions } from './jobs-options.ts'

/** A job that was under way when the program ended. */
interface CutOff {
  readonly equipment: string
  readonly id: string
  readonly pipeline: string
  readonly ending: RunEnding | undefined
}

type Of<Kind extends PlantEvent['kind']> = Extract<PlantEvent, { kind: Kind }>

/** Starts runs for job orders whose turn it is, and lets the jobs follow their runs. */
export class JobRuns {
  readonly #options: JobsOptions
  readonly #book: JobBook
  readonly #schedule: JobSchedule
  /** What was asked for last of a run through its job. */
  readonly #asked = new Map<string, JobAsked & { readonly request: JobRequest }>()
  /** Who or what made the newest transition of a run, and why it failed. */
  readonly #told = new Map<string, { readonly initiator: string; readonly failure?: string }>()
  readonly #cutOff: CutOff[] = []

  constructor(options: JobsOptions, book: JobBook) {
    this.#options = options
    this.#book = book
    this.#schedule = new JobSchedule(options, book, (...job) => this.#start(...job))
  }

  /** See `Jobs.claimed`. */
  get claimed(): ReadonlySet<string> {
    return new Set(this.#cutOff.map(({ pipeline }) => pipeline))
  }

  /** Takes in a job as it was when the program ended. */
  remember(equipment: string, { state, order, response }: Job, ending: RunEnding | undefined): void {
    const { id, pipeline } = order
    if (state === 'Running' || state === 'Interrupted') this.#cutOff.push({ equipment, id, pipeline, ending })
    if (state === 'Aborted' && response?.startedAt !== undefined) this.#schedule.hold(pipeline, equipment)
  }

  /** See `Jobs.isAtWork`. */
  isAtWork(pipeline: string): boolean {
    return this.#schedule.runOf(pipeline) !== undefined
  }

  /** See `Jobs.begin`. */
  begin(): void {
    for (const each of this.#cutOff.splice(0)) this.#goOn(each)
    this.#schedule.begin()
  }

  /** See `Jobs.pipelinesChanged`. */
  pipelinesChanged(): void {
    for (const [equipment, list] of this.#book.lists) {
      for (const job of list.all) {
        const isWaiting = job.state === 'NotAllowedToStart' || job.state === 'AllowedToStart'
        const { pipeline } = job.order
        if (!isWaiting || this.#options.pipeline(pipeline)?.equipment === equipment) continue
        this.abortWaiting(equipment, job, `pipeline ${pipeline} is no longer there`)
      }
    }
    this.#schedule.pipelinesChanged()
  }

  /** Starts nothing more. */
  stop(): void {
    this.#schedule.stop()
  }

  /** Asks the run of a job for something; throws a MillraceError when the pipeline is not in the state for it. */
  request({ order, response }: Job, asked: JobAsked & { readonly request: JobRequest }): void {
    const pipeline = this.#options.pipeline(order.pipeline)
    if (!pipeline || !response) return
    const before = this.#asked.get(response.id)
    this.#asked.set(response.id, asked)
    try {
      carryOut(pipeline, asked)
    } catch (error) {
      if (before) this.#asked.set(response.id, before)
      else this.#asked.delete(response.id)
      throw error
    }
    if (asked.request === 'stop') this.stopAsked(order.pipeline)
  }

  /** See `Jobs.stopAsked`. */
  stopAsked(pipeline: string): void {
    const runId = this.#schedule.runOf(pipeline)
    const found = runId === undefined ? undefined : this.#book.jobOfRun(runId)
    if (!found?.job.response || !isUnderWay(found.job)) return
    const { equipment, job } = found
    this.#book.note(equipment, { ...job, response: { ...found.job.response, isStopAsked: true } })
  }

  /** Aborts a job order that has not run. */
  abortWaiting(equipment: string, job: Job, reason: string): void {
    const { newId, pipeline } = this.#options
    const response = {
      ...newResponse(newId(), equipment, pipeline(job.order.pipeline)),
      result: 'Unsuccessful',
      reason,
    } as const
    this.#put(equipment, job, { state: 'Aborted', response, reason })
  }

  /** Starts what may be started in the list of a piece of equipment. */
  schedule(equipment: string): void {
    this.#schedule.schedule(equipment)
  }

  /** Lets the jobs follow what happens to the pipelines. */
  take(event: PlantEvent): void {
    if (event.kind === 'programTransitioned') this.#followProgram(event)
    else if (event.kind === 'pipelineStarted') this.#started(event)
    else if (event.kind === 'pipelineFailed') {
      const { runId, message } = event
      if (this.#book.ofRun(runId)) this.#told.set(runId, { initiator: 'auto', failure: message })
    } else if (event.kind === 'pipelineCompleted') {
      const found = this.#book.jobOfRun(event.runId)
      if (found && isUnderWay(found.job)) this.#ended(found.equipment, found.job, event, event.time)
    }
  }

  #followProgram(event: Of<'programTransitioned'>): void {
    const { pipeline, from, to, runId, initiator, time } = event
    if (from === 'Halted') this.#schedule.release(pipeline)
    const found = this.#book.jobOfRun(runId)
    if (found && isUnderWay(found.job)) {
      this.#told.set(runId, { initiator })
      if (to === 'Suspended') this.#follow(found, 'suspended', { initiator, time })
      else if (from === 'Suspended' && to === 'Running') this.#follow(found, 'resumed', { initiator, time })
    }
    const equipment = this.#options.pipeline(pipeline)?.equipment
    if (to === 'Ready' && equipment !== undefined) this.#schedule.scheduleSoon(equipment)
  }

  #started({ runId, time }: Of<'pipelineStarted'>): void {
    const found = this.#book.jobOfRun(runId)
    if (found?.job.state !== 'AllowedToStart') return
    const { equipment, job } = found
    const response = { ...newResponse(runId, equipment, this.#options.pipeline(job.order.pipeline)), startedAt: time }
    this.#put(equipment, job, { state: 'Running', response, reason: '', time })
  }

  #follow(
    { equipment, job }: { readonly equipment: string; readonly job: Job },
    cause: 'suspended' | 'resumed',
    { initiator, time }: { readonly initiator: string; readonly time: number },
  ): void {
    const state = stateAfter(job, cause)
    if (!state || !job.response) return
    const asked = this.#takeAsked(job.response.id, cause === 'suspended' ? ['pause'] : ['resume'])
    const reason = asked?.comment || `${cause} by ${initiator || 'a client'}`
    this.#put(equipment, job, { state, response: { ...job.response, reason }, reason, time })
  }

  #ended(equipment: string, job: Job, { outcome, results }: RunEnding, time: number): void {
    const { order } = job
    const { isStopAsked: _, ...response } = job.response ?? newResponse('', equipment, undefined)
    const pipeline = this.#options.pipeline(order.pipeline)
    const isGood = outcome === 'Completed' || outcome === 'Stopped'
    const state = stateAfter(job, isGood ? 'ended' : 'failed')
    if (!state || !job.response) return
    const asked = this.#takeAsked(response.id, isGood ? ['stop'] : ['abort'])
    const told = this.#told.get(response.id)
    this.#told.delete(response.id)
    this.#asked.delete(response.id)
    this.#schedule.free(order.pipeline, response.id)
    const by = outcome === 'Completed' ? '' : `${outcome.toLowerCase()} by ${told?.initiator || 'a client'}`
    const reason = asked?.comment || told?.failure || by
    const result = resultOf(outcome, pipeline)
    const outputs = pipeline ? outputsOf(pipeline, results) : []
    if (state === 'Aborted') this.#schedule.hold(order.pipeline, equipment)
    this.#put(equipment, job, {
      state,
      response: { ...response, endedAt: time, result, outputs, reason },
      reason,
      time,
    })
    this.#schedule.scheduleSoon(equipment)
  }

  #takeAsked(runId: string, requests: readonly JobRequest[]): JobAsked | undefined {
    const asked = this.#asked.get(runId)
    if (!asked || !requests.includes(asked.request)) return undefined
    this.#asked.delete(runId)
    return asked
  }

  /** A job that was under way when the program ended. */
  #goOn({ equipment, id, pipeline: pipelineId, ending }: CutOff): void {
    const job = this.#book.list(equipment).find(id)?.job
    const found = this.#options.pipeline(pipelineId)
    const pipeline = found?.equipment === equipment ? found : undefined
    if (!job?.response) return
    const next = afterRestart(job, { pipeline, ending })
    const time = this.#options.clock.now()
    if (next.kind === 'ended') this.#ended(equipment, job, next.ending, time)
    else if (next.kind === 'aborted' || !pipeline) {
      this.#fail(equipment, job, next.kind === 'aborted' ? next.reason : '')
    } else {
      const { isSuspended, reason } = next
      const state = stateAfter(job, isSuspended ? 'cutOff' : 'run') ?? job.state
      const runId = this.#options.newId()
      const again = { ...job, state, response: { ...job.response, id: runId, reason }, changedAt: time }
      this.#book.put(equipment, again, { reason })
      this.#run(equipment, again, pipeline, { runId, isSuspended })
    }
  }

  #start(equipment: string, job: Job, pipeline: JobPipeline): void {
    const runId = this.#options.newId()
    this.#book.assign(runId, { equipment, id: job.order.id })
    this.#run(equipment, job, pipeline, { runId, isSuspended: false })
  }

  /** Starts a run for a job. The job is Running when the pipeline says so, which may be over before this returns. */
  #run(
    equipment: string,
    job: Job,
    pipeline: JobPipeline,
    { runId, isSuspended }: { readonly runId: string; readonly isSuspended: boolean },
  ): void {
    const { order } = job
    const initiator = `job:${order.id}`
    this.#schedule.occupy(pipeline.id, runId)
    try {
      const checked = checkOrder(order, { equipment, pipeline })
      // The pipeline may be another one than when the order was stored.
      if ('status' in checked) throw new RefusedOrder(checked.message)
      for (const [name, value] of checked.values) {
        const status = pipeline.setParameter(name, value, initiator)
        if (isBad(status)) throw new RefusedOrder(`parameter ${name} cannot be set: ${statusName(status)}`)
      }
      pipeline.start({ initiator, runId, isSuspended })
    } catch (error) {
      this.#schedule.free(pipeline.id, runId)
      this.#book.unassign(runId)
      if (!(error instanceof RefusedOrder) && !isMillraceError(error)) throw error
      const now = this.#book.list(equipment).find(order.id)?.job
      // Somebody else was quicker: it waits on.
      if (now?.state === 'AllowedToStart' && isMillraceError(error)) return
      if (now) this.#fail(equipment, now, messageOf(error))
    }
  }

  /** Ends a job that cannot run, or go on. */
  #fail(equipment: string, job: Job, reason: string): void {
    if (!job.response) {
      this.abortWaiting(equipment, job, reason)
      return
    }
    const endedAt = this.#options.clock.now()
    const response = { ...job.response, endedAt, result: 'Unsuccessful', reason } as const
    this.#put(equipment, job, { state: 'Aborted', response, reason })
  }

  #put(
    equipment: string,
    job: Job,
    {
      time = this.#options.clock.now(),
      reason,
      ...change
    }: Pick<Job, 'state' | 'response'> & { readonly reason: string; readonly time?: number },
  ): void {
    this.#book.put(equipment, { ...job, ...change, changedAt: time }, { reason })
  }
}

/** An order that its pipeline does not take. */
class RefusedOrder extends Error {}

function isUnderWay({ state }: Job): boolean {
  return state === 'Running' || state === 'Interrupted'
}

function carryOut(
  pipeline: JobPipeline,
  { request, initiator }: { readonly request: JobRequest; readonly initiator: string },
): void {
  if (request === 'pause') pipeline.suspend({ initiator })
  else if (request === 'resume') pipeline.resume({ initiator })
  else if (request === 'stop') pipeline.stop({ initiator })
  else if (request === 'abort') pipeline.halt({ initiator })
}
