import type { Cancel, Clock } from '../model/clock.ts'
import type { RunOrigin } from '../model/run.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Activity, ActivityHost, Failure } from './activity.ts'
import type { CheckedPipeline } from './checked.ts'
import type { Execution, ExecutionHost, StepCounters, StepHappening } from './execution.ts'
import { RunClock } from './run-clock.ts'
import { Sequence } from './sequence.ts'
import { Waves } from './waves.ts'

/** How a run ended: by itself, because it was asked to, or because a step failed. */
export type RunResult = { readonly kind: 'completed' } | { readonly kind: 'cancelled' } | Failure

/** Makes an execution of a pipeline; the engine's, unless a test has its own. */
export type ExecutionFactory = (host: ExecutionHost) => Execution

/** What a run needs, and whom it tells. */
export interface RunHost {
  readonly clock: Clock
  readonly call: ExecutionHost['call']
  readonly createExecution: ExecutionFactory
  readonly isolation?: ExecutionHost['isolation']
  readonly watch?: ExecutionHost['watch']
  publish(samples: readonly TagSample[]): void
  write(samples: readonly TagSample[]): void
  onStep(happening: StepHappening, run: Run): void
  onWave(durationMs: number): void
  onMissed(count: number): void
  /** So many triggers wait now. */
  onQueue(depth: number): void
  /** A step failed; the run cleans up now. */
  onFailed(failure: Failure, run: Run): void
  /** All is over, the `finally` steps too. */
  onEnded(result: RunResult, run: Run): void
}

/** What a run starts with. */
export interface RunInputs {
  readonly externals: Iterable<TagSample>
  readonly parameters: Iterable<readonly [string, Sample]>
}

/** One run of a pipeline, from Start to the end of its last `finally` step. */
export class Run {
  /** Who started it and what it runs; its samples carry it. */
  readonly origin: RunOrigin
  /** When it was started, on the monotonic clock. */
  readonly startedAt: number
  /** Settles when nothing of it is left. */
  readonly ended: Promise<void>
  readonly #checked: CheckedPipeline
  readonly #host: RunHost
  readonly #runClock: RunClock
  readonly #finishing = new AbortController()
  #resolveEnded: () => void = () => {}
  #execution: Execution | undefined
  #activity: Activity | undefined
  #phase: 'waiting' | 'active' | 'finishing' | 'ended' = 'waiting'
  #result: RunResult = { kind: 'cancelled' }
  #isPaused = false
  #isCancelled = false
  #cancelGrace: Cancel = () => {}
  #counters: readonly StepCounters[] = []

  /** Nothing happens before {@link begin}. */
  constructor(origin: RunOrigin, checked: CheckedPipeline, host: RunHost) {
    this.origin = origin
    this.startedAt = host.clock.monotonic()
    this.#checked = checked
    this.#host = host
    this.#runClock = new RunClock(host.clock)
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
  }

  /** Its id. */
  get id(): string {
    return this.origin.runId
  }

  /** Whether nothing of it is left. */
  get hasEnded(): boolean {
    return this.#phase === 'ended'
  }

  /** Begins with the newest samples; does nothing when the run was ended before it could begin. */
  begin({ externals, parameters }: RunInputs): void {
    if (this.#phase !== 'waiting') return
    this.#phase = 'active'
    const execution = this.#host.createExecution(this.#executionHost())
    this.#execution = execution
    for (const [name, sample] of parameters) execution.setParameter(name, sample)
    execution.feed([...externals])
    const activity = this.#newActivity(execution)
    this.#activity = activity
    if (this.#isPaused) activity.pause()
    activity.begin()
  }

  /** Takes in samples of external tags. */
  feed(samples: readonly TagSample[], hasChanged: boolean): void {
    if (this.#phase === 'active') this.#activity?.feed(samples, hasChanged)
  }

  /** Takes in a parameter, for the next wave. */
  setParameter(name: string, sample: Sample): void {
    if (this.#phase === 'active') this.#activity?.setParameter(name, sample)
  }

  /** Starts nothing new until {@link resume}. */
  pause(): void {
    this.#isPaused = true
    if (this.#phase === 'active') this.#activity?.pause()
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    this.#isPaused = false
    if (this.#phase === 'active') this.#activity?.resume()
  }

  /** Lets what is under way end, then runs the `finally` steps. With `graceMs` it is cancelled after that time. */
  stop(graceMs?: number): void {
    if (this.#phase === 'waiting') {
      this.#close()
      return
    }
    if (this.#phase !== 'active') return
    this.#activity?.stop()
    if (graceMs === undefined || !this.#isStill('active')) return
    this.#cancelGrace = this.#host.clock.after(graceMs, () => this.cancel())
  }

  /** Cancels what is under way, then runs the `finally` steps. */
  cancel(): void {
    if (this.#phase === 'waiting') {
      this.#close()
      return
    }
    if (this.#phase !== 'active') return
    this.#isCancelled = true
    this.#activity?.cancel()
  }

  /** Gives up the `finally` steps too. */
  abandon(): void {
    this.cancel()
    this.#finishing.abort()
  }

  /** The current sample of a tag of the pipeline. */
  sample(tag: string): Sample | undefined {
    return this.#execution?.sample(tag)
  }

  /** Counters of the steps. */
  counters(): readonly StepCounters[] {
    return this.#phase === 'ended' ? this.#counters : (this.#execution?.counters() ?? [])
  }

  #newActivity(execution: Execution): Activity {
    const { definition } = this.#checked
    const host: ActivityHost = {
      publish: () => this.#publish(),
      onWave: (durationMs) => this.#host.onWave(durationMs),
      onMissed: (count) => this.#host.onMissed(count),
      onQueue: (depth) => this.#host.onQueue(depth),
      onIdle: () => this.#finish(),
      onCompleted: () => this.#end({ kind: 'completed' }),
      onFailed: (failure) => this.#end(failure),
    }
    if (definition.trigger.kind === 'once') return new Sequence(execution, this.#runClock, host)
    return new Waves({ definition, execution }, { clock: this.#host.clock, runClock: this.#runClock }, host)
  }

  #executionHost(): ExecutionHost {
    return {
      clock: this.#runClock,
      run: this.origin,
      isolation: this.#host.isolation,
      watch: this.#host.watch,
      call: (request) => {
        const activity = this.#activity
        const isGated = this.#phase === 'active' && activity instanceof Sequence
        return isGated ? activity.call(request, this.#host.call) : this.#host.call(request)
      },
      onWake: () => {
        if (this.#phase === 'active' && this.#activity instanceof Waves) this.#activity.wake()
      },
      onStep: (happening) => this.#host.onStep(happening, this),
      onChanges: (samples) => {
        this.#host.publish(samples)
        this.#write()
      },
    }
  }

  #publish(): void {
    const samples = this.#execution?.changes() ?? []
    if (samples.length > 0) this.#host.publish(samples)
    this.#write()
  }

  #write(): void {
    const due = this.#execution?.dueWrites() ?? []
    // Whatever was computed, a run that was cancelled drives nothing any more.
    if (due.length > 0 && !this.#isCancelled) this.#host.write(due)
  }

  #end(result: RunResult): void {
    if (this.#phase !== 'active') return
    this.#result = result
    if (result.kind === 'failed') this.#host.onFailed(result, this)
    this.#activity?.stop()
    this.#finish()
  }

  /** Time goes on for the `finally` steps, whatever the state was. */
  #finish(): void {
    if (this.#phase !== 'active') return
    this.#phase = 'finishing'
    this.#cancelGrace()
    this.#runClock.resume()
    const execution = this.#execution
    if (!execution || this.#checked.finally.length === 0) {
      this.#close()
      return
    }
    void execution.finish({ signal: this.#finishing.signal }).then((result) => {
      this.#publish()
      if (result.kind === 'failed' && this.#result.kind !== 'failed') this.#result = result
      this.#close()
    })
  }

  #close(): void {
    this.#counters = this.#execution?.counters() ?? []
    this.#execution?.close()
    this.#phase = 'ended'
    this.#host.onEnded(this.#result, this)
    this.#resolveEnded()
  }

  #isStill(phase: string): boolean {
    return this.#phase === phase
  }
}
