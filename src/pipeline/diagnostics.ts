import type { Cancel, Clock } from '../model/clock.ts'
import { diagnosticTag, pipelineDiagnostics, stepDiagnostics, stepOwner } from '../model/diagnostics.ts'
import type { Outcome } from '../model/event.ts'
import type { ProgramState } from '../model/program.ts'
import { good, type TagSample } from '../model/sample.ts'
import type { Value } from '../model/value.ts'
import type { StepCounters } from './execution.ts'

/** Diagnostics are published at most this often, however fast the pipeline runs. */
const publishMs = 250

/** What a pipeline tells about itself; counters are UInt32 and wrap around. */
export interface PipelineFigures {
  state: ProgramState
  currentRunId: string
  lastOutcome: Outcome
  runCount: number
  cycleCount: number
  lastCycleTime: number
  missedCycleCount: number
  queueDepth: number
  heldBackEventCount: number
  blockedCount: number
  lastError: string
}

/** Publishes the diagnostics of a pipeline and of its steps: what has changed, at most four times a second. */
export class Diagnostics {
  readonly figures: PipelineFigures = {
    state: 'Ready',
    currentRunId: '',
    lastOutcome: 'None',
    runCount: 0,
    cycleCount: 0,
    lastCycleTime: 0,
    missedCycleCount: 0,
    queueDepth: 0,
    heldBackEventCount: 0,
    blockedCount: 0,
    lastError: '',
  }
  readonly #pipeline: string
  readonly #clock: Clock
  readonly #counters: () => readonly StepCounters[]
  readonly #publish: (samples: readonly TagSample[]) => void
  readonly #published = new Map<string, Value>()
  #cancel: Cancel | undefined
  #lastTime = Number.NEGATIVE_INFINITY
  #isClosed = false

  /** `counters` gives those of the steps. */
  constructor(
    pipeline: string,
    clock: Clock,
    {
      counters,
      publish,
    }: { counters: () => readonly StepCounters[]; publish: (samples: readonly TagSample[]) => void },
  ) {
    this.#pipeline = pipeline
    this.#clock = clock
    this.#counters = counters
    this.#publish = publish
  }

  /** Something has changed: it is published now, or when the time has come. */
  touch(): void {
    if (this.#cancel || this.#isClosed) return
    const wait = this.#lastTime + publishMs - this.#clock.monotonic()
    if (wait <= 0) {
      this.flush()
      return
    }
    this.#cancel = this.#clock.after(wait, () => this.flush())
  }

  /** Publishes what has changed, at once. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#lastTime = this.#clock.monotonic()
    const time = this.#clock.now()
    const samples: TagSample[] = []
    const tell = (owner: string, name: string, value: Value): void => {
      const tag = diagnosticTag(owner, name)
      if (this.#published.get(tag) === value) return
      this.#published.set(tag, value)
      samples.push({ tag, sample: good(value, time) })
    }
    for (const { name } of pipelineDiagnostics) tell(this.#pipeline, name, counted(this.#figure(name)))
    for (const step of this.#counters()) {
      const owner = stepOwner(this.#pipeline, step.step)
      for (const { name } of stepDiagnostics) tell(owner, name, counted(stepFigure(step, name)))
    }
    if (samples.length > 0) this.#publish(samples)
  }

  /** Publishes the last word and takes the timer away. */
  close(): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
  }

  #figure(name: string): Value {
    return this.figures[name as keyof PipelineFigures]
  }
}

/** What steps tell before the first run: they have done nothing yet, and that is known. */
export function idleCounters(steps: readonly string[]): readonly StepCounters[] {
  const idle = { state: 'Idle', executionCount: 0, errorCount: 0, lastDurationMs: 0, lastError: '' } as const
  return steps.map((step) => ({ step, ...idle }))
}

function stepFigure(step: StepCounters, name: string): Value {
  if (name === 'lastDuration') return step.lastDurationMs
  return step[name as 'state' | 'executionCount' | 'errorCount' | 'lastError']
}

function counted(value: Value): Value {
  return typeof value === 'number' && Number.isInteger(value) ? value >>> 0 : value
}
