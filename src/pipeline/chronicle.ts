import type { Observable } from 'rxjs'
import type { Clock } from '../model/clock.ts'
import { resultTag } from '../model/diagnostics.ts'
import type { Outcome, PlantEvent } from '../model/event.ts'
import type { ProgramTransition } from '../model/program.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { statusName } from '../model/status.ts'
import { ownerTag, parameterTag } from '../model/tag.ts'
import type { Value } from '../model/value.ts'
import { Outlet } from '../rx/outlet.ts'
import type { Failure } from './activity.ts'
import type { CheckedPipeline } from './checked.ts'
import { Diagnostics, idleCounters } from './diagnostics.ts'
import type { StepCounters, StepHappening } from './execution.ts'
import * as told from './pipeline-events.ts'
import type { ProgramMachine } from './program-machine.ts'
import { canShow, Published } from './published.ts'
import type { RememberedPipeline } from './remembered.ts'
import type { Run, RunHost } from './run.ts'
import { StepEventLimit } from './step-event-limit.ts'

/** That a step blocks the event loop is told at most this often, in milliseconds. */
const blockedTellMs = 60_000

/** How a run was over. */
export interface Closing {
  readonly initiator: string
  readonly outcome: Outcome
  readonly failure?: Failure | undefined
}

/** What a chronicle is made of. */
export interface ChronicleOptions {
  readonly clock: Clock
  readonly program: ProgramMachine
  readonly before?: Chronicle | undefined
  /** What is known from before the program was started. */
  readonly remembered?: RememberedPipeline | undefined
}

/** Tells the world of a pipeline: its samples, its events, its diagnostics, each thing once and in order. */
export class Chronicle {
  readonly published: Published
  readonly #checked: CheckedPipeline
  readonly #clock: Clock
  readonly #program: ProgramMachine
  readonly #events = new Outlet<PlantEvent>()
  readonly #diagnostics: Diagnostics
  readonly #stepEvents: StepEventLimit
  /** When each step was last told to have blocked the event loop. */
  readonly #blockedTimes = new Map<string, number>()
  #run: Run | undefined
  #cycles = 0
  #finalResult: readonly TagSample[] = []

  /**
   * It makes the transitions of `program`, so that none is made without being told. It counts on from the one `before`, or
   * from what is `remembered`.
   */
  constructor(checked: CheckedPipeline, { clock, program, before, remembered }: ChronicleOptions) {
    this.#checked = checked
    this.#clock = clock
    this.#program = program
    this.published = new Published(checked, clock.now(), remembered?.samples)
    this.#stepEvents = new StepEventLimit(clock, (count) =>
      this.#events.next(told.heldBackEvent(this.#subject(), count)),
    )
    const idle = idleCounters([...checked.steps, ...checked.finally].map(({ id }) => id))
    this.#diagnostics = new Diagnostics(checked.definition.id, clock, {
      counters: (): readonly StepCounters[] => this.#run?.counters() ?? idle,
      publish: (samples) => this.published.told(samples),
    })
    const figures = before === undefined ? rememberedFigures(remembered) : before.#diagnostics.figures
    Object.assign(this.#diagnostics.figures, figures, { state: program.state })
    this.#finalResult = before === undefined ? rememberedResults(checked, remembered) : before.#finalResult
    this.#diagnostics.flush()
  }

  /** What happened. */
  get events$(): Observable<PlantEvent> {
    return this.#events.values$
  }

  /** The outputs at the end of the last run. */
  get finalResult(): readonly TagSample[] {
    return this.#finalResult
  }

  /** An output as it was at the end of the last run, by the tag of the result. */
  result(tag: string): Sample | undefined {
    const { id } = this.#checked.definition
    const { port } = this.#checked.outputs.find(({ port: { name } }) => resultTag(id, name) === tag) ?? {}
    return port && this.#finalResult.find((each) => each.tag === ownerTag(id, port.name))?.sample
  }

  /** What a run tells here. */
  get listener(): Pick<RunHost, 'publish' | 'onStep' | 'onWave' | 'onMissed' | 'onQueue'> {
    return {
      publish: (samples) => this.published.computed(samples),
      onStep: (happening, run) => this.stepHappened(happening, run),
      onWave: (durationMs) => this.waved(durationMs),
      onMissed: (count) => this.missed(count),
      onQueue: (depth) => this.queued(depth),
    }
  }

  /** A run is started. */
  started(run: Run, transition: ProgramTransition): void {
    const { initiator } = run.origin
    this.#run = run
    this.#cycles = 0
    const { figures } = this.#diagnostics
    Object.assign(figures, { currentRunId: run.id, runCount: figures.runCount + 1, cycleCount: 0 })
    this.published.release()
    // One time for all that is told of the start: clients find an event by the start of its run.
    const subject = { ...this.#subject(), time: run.origin.startedAt }
    this.transitioned(transition, initiator, [told.startedEvent(subject, run.origin)], subject)
  }

  /** The run is over for the world: it may still be cleaning up. */
  closed(transition: ProgramTransition, { initiator, outcome, failure }: Closing): void {
    this.#finalResult = this.published.outputs
    this.published.hold()
    const { figures } = this.#diagnostics
    figures.lastOutcome = outcome
    if (failure) figures.lastError = textOf(failure)
    const durationMs = this.#clock.monotonic() - (this.#run?.startedAt ?? 0)
    const closing = { outcome, durationMs, cycles: this.#cycles, results: this.#finalResult, failure }
    this.transitioned(transition, initiator, told.closingEvents(this.#subject(), closing))
  }

  /** Makes a transition and tells it, then the events that belong to it. */
  transitioned(
    transition: ProgramTransition,
    initiator: string,
    events: readonly PlantEvent[] = [],
    subject = this.#subject(),
  ): void {
    this.#diagnostics.figures.state = transition.to
    this.#program.make(transition, subject.time)
    for (const event of [told.transitionEvent(subject, transition, initiator), ...events]) this.#events.next(event)
    this.#diagnostics.touch()
  }

  /** The last error is forgotten. */
  forgotError(): void {
    this.#diagnostics.figures.lastError = ''
  }

  /** Something happened to a step. */
  stepHappened(happening: StepHappening, run: Run): void {
    const isFailure = happening.kind === 'failed' || happening.kind === 'restarted'
    if (happening.kind === 'failed') this.#diagnostics.figures.lastError = textOf(happening)
    if (isFailure || this.#checked.definition.stepEvents) {
      if (happening.kind === 'failed' && happening.isRepeated) this.#stepEvents.holdBack()
      else if (this.#stepEvents.admits({ isFailure })) {
        this.#events.next(told.stepEvent(this.#subject(run), happening, this.#cycles + 1))
      }
      this.#diagnostics.figures.heldBackEventCount = this.#stepEvents.heldBack
    }
    this.#diagnostics.touch()
  }

  /** A step kept the event loop busy for so long; told once a minute at most, and always counted. */
  blocked(step: string, durationMs: number): void {
    const { figures } = this.#diagnostics
    figures.blockedCount++
    figures.lastError = `${step}: kept everything waiting for ${Math.round(durationMs)} ms`
    this.#diagnostics.touch()
    const now = this.#clock.monotonic()
    if (now - (this.#blockedTimes.get(step) ?? Number.NEGATIVE_INFINITY) < blockedTellMs) return
    this.#blockedTimes.set(step, now)
    this.#events.next(told.blockedEvent(this.#subject(), { step, cycle: this.#cycles, durationMs }))
  }

  /** A wave was made. */
  waved(lastCycleTime: number): void {
    Object.assign(this.#diagnostics.figures, { cycleCount: ++this.#cycles, lastCycleTime })
    this.#diagnostics.touch()
  }

  /** Triggers came to nothing. */
  missed(count: number): void {
    this.#diagnostics.figures.missedCycleCount += count
    this.#diagnostics.touch()
  }

  /** So many triggers wait for the wave that is under way. */
  queued(depth: number): void {
    this.#diagnostics.figures.queueDepth = depth
    this.#diagnostics.touch()
  }

  /** A run has ended for good; its counters are final. */
  ended(): void {
    this.#diagnostics.touch()
  }

  /** A parameter has a value, with an event when somebody set it. */
  parameterSet(parameter: string, sample: Sample, by?: { readonly initiator: string; readonly oldValue: Value }): void {
    this.published.told([{ tag: parameterTag(this.#checked.definition.id, parameter), sample }])
    if (!by) return
    this.#events.next(told.parameterEvent(this.#subject(), { parameter, ...by, newValue: sample.value }))
  }

  /** Says the last word and takes its timer away. */
  close(): void {
    this.#stepEvents.close()
    this.#diagnostics.close()
    this.published.close()
    this.#events.complete()
  }

  #subject(run = this.#run): told.EventSubject {
    const { id, name } = this.#checked.definition
    return { id, name, runId: run?.id ?? '', time: this.#clock.now() }
  }
}

function rememberedFigures({ state, runs }: Partial<RememberedPipeline> = {}) {
  if (!runs) return {}
  const { count, lastOutcome, lastError } = runs
  // A Reset has forgotten the error, whatever the record of the run says.
  return { runCount: count, lastOutcome, lastError: state === 'Halted' ? lastError : '' }
}

function rememberedResults(
  { definition, outputs }: CheckedPipeline,
  remembered: RememberedPipeline | undefined,
): readonly TagSample[] {
  const portByTag = new Map(outputs.map(({ port }) => [ownerTag(definition.id, port.name), port]))
  return (remembered?.runs?.results ?? []).filter(({ tag, sample }) => {
    const port = portByTag.get(tag)
    return port !== undefined && canShow(port, sample)
  })
}

function textOf({ step, message, status }: { step: string; message: string; status: number }): string {
  return `${step}: ${message || statusName(status)}`
}
