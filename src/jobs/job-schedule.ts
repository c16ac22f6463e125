import type { Cancel } from '../model/clock.ts'
import type { Job } from '../model/job.ts'
import type { JobBook } from './job-book.ts'
import type { JobPipeline } from './job-pipeline.ts'
import type { JobsOptions } from './jobs-options.ts'

/** Start times further away than this are looked at again on the way: the clock on the wall may be set meanwhile. */
const wakeMaxMs = 60_000

/** Decides when a job order is started: its pipeline is Ready and free, its time has come, and nothing holds its equipment. */
export class JobSchedule {
  readonly #options: JobsOptions
  readonly #book: JobBook
  readonly #start: (equipment: string, job: Job, pipeline: JobPipeline) => void
  /** The run of the job that a pipeline works on. */
  readonly #runByPipeline = new Map<string, string>()
  /** Equipment whose jobs wait, by the pipeline whose aborted job holds it. */
  readonly #heldBy = new Map<string, string>()
  readonly #soon = new Map<string, Cancel>()
  #wakeAt = Number.POSITIVE_INFINITY
  #cancelWake: Cancel = () => {}
  #isBegun = false

  constructor(
    options: JobsOptions,
    book: JobBook,
    start: (equipment: string, job: Job, pipeline: JobPipeline) => void,
  ) {
    this.#options = options
    this.#book = book
    this.#start = start
  }

  /** Begins to start job orders. */
  begin(): void {
    this.#isBegun = true
    this.wake()
  }

  /** Starts nothing more. */
  stop(): void {
    this.#isBegun = false
    this.#cancelWake()
    for (const cancel of this.#soon.values()) cancel()
  }

  /** A pipeline works on the job of a run. */
  occupy(pipeline: string, runId: string): void {
    this.#runByPipeline.set(pipeline, runId)
  }

  /** The run of the job that a pipeline works on, if it does. */
  runOf(pipeline: string): string | undefined {
    return this.#runByPipeline.get(pipeline)
  }

  /** A pipeline works on the job of that run no more. */
  free(pipeline: string, runId: string): void {
    if (this.#runByPipeline.get(pipeline) === runId) this.#runByPipeline.delete(pipeline)
  }

  /** A job of a pipeline was aborted: the others of its equipment wait until the pipeline is reset, where that is wanted. */
  hold(pipeline: string, equipment: string): void {
    const isHalted = this.#options.pipeline(pipeline)?.state === 'Halted'
    if (this.#options.settings.holdsAfterAbort && isHalted) this.#heldBy.set(pipeline, equipment)
  }

  /** A pipeline was reset. */
  release(pipeline: string): void {
    this.#heldBy.delete(pipeline)
  }

  /** Pipelines came or went. */
  pipelinesChanged(): void {
    for (const pipeline of this.#heldBy.keys()) {
      if (this.#options.pipeline(pipeline)?.state !== 'Halted') this.release(pipeline)
    }
    this.wake()
  }

  /** Starts what may be started of a piece of equipment. */
  schedule(equipment: string): void {
    if (!this.#isBegun || [...this.#heldBy.values()].includes(equipment)) return
    const { clock, mayStart } = this.#options
    const list = this.#book.list(equipment)
    for (const id of list.awaited) {
      const pipeline = this.#options.pipeline(id)
      const isFree = pipeline?.state === 'Ready' && this.runOf(id) === undefined && mayStart?.(id) !== false
      const entry = isFree ? list.queue(id).next(clock.now()) : undefined
      if (entry && pipeline) this.#start(equipment, entry.job, pipeline)
      const next = list.queue(id).nextTime(clock.now())
      if (next !== undefined) this.#wakeFor(next)
    }
  }

  /** The same, but not at once: whoever waits for the end of a run comes first, and the event loop must not starve. */
  scheduleSoon(equipment: string): void {
    if (this.#soon.has(equipment)) return
    const cancel = this.#options.clock.after(0, () => {
      this.#soon.delete(equipment)
      this.schedule(equipment)
    })
    this.#soon.set(equipment, cancel)
  }

  /** Looks through all equipment. */
  wake(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
    for (const [equipment] of [...this.#book.lists]) this.schedule(equipment)
  }

  #wakeFor(time: number): void {
    if (time >= this.#wakeAt) return
    this.#cancelWake()
    this.#wakeAt = time
    const { clock } = this.#options
    this.#cancelWake = clock.after(Math.min(Math.max(time - clock.now(), 1), wakeMaxMs), () => this.wake())
  }
}
