import type { Cancel, Clock } from '../model/clock.ts'
import type { PipelineDefinition } from '../model/definition.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Activity, ActivityHost } from './activity.ts'
import type { Execution, WaveResult } from './execution.ts'
import type { RunClock } from './run-clock.ts'
import { startTrigger } from './trigger.ts'

type Batch = Map<string, TagSample>

/**
 * Runs the waves of a pipeline one after the other.
 *
 * A trigger that fires while an asynchronous wave is under way is skipped, queued, or cancels it, as the pipeline says. What
 * comes in meanwhile is kept, the newest sample of each tag, until the next wave starts: a wave has one set of inputs.
 */
export class Waves implements Activity {
  readonly #definition: PipelineDefinition
  readonly #execution: Execution
  readonly #clock: Clock
  readonly #runClock: RunClock
  readonly #host: ActivityHost
  readonly #parameters = new Map<string, Sample>()
  #inbox: Batch = new Map()
  /** Batches of the waves that wait (`overlap: queue`), never more than `queueLengthMax`. */
  readonly #queue: Batch[] = []
  /** Whether one more wave is wanted after this one, and whether it computes everything. */
  #again: 'changed' | 'all' | undefined
  #phase: 'idle' | 'computing' | 'waiting' = 'idle'
  #controller = new AbortController()
  #cancelTrigger: Cancel = () => {}
  #hasComputed = false
  #isPaused = false
  #isStopped = false

  /** `clock` drives the trigger; `runClock` stands still while the run is suspended. */
  constructor(
    { definition, execution }: { readonly definition: PipelineDefinition; readonly execution: Execution },
    { clock, runClock }: { readonly clock: Clock; readonly runClock: RunClock },
    host: ActivityHost,
  ) {
    this.#definition = definition
    this.#execution = execution
    this.#clock = clock
    this.#runClock = runClock
    this.#host = host
  }

  begin(): void {
    if (this.#isPaused || this.#isStopped) return
    let isStopped = false
    let cancel: Cancel = () => {
      isStopped = true
    }
    // The first wave may end the run before the trigger has told how to stop it.
    this.#cancelTrigger = () => cancel()
    const stop = startTrigger(this.#definition.trigger, {
      clock: this.#clock,
      fire: () => this.#fire([]),
      missed: (count) => this.#host.onMissed(count),
    })
    if (isStopped) stop()
    else cancel = stop
  }

  feed(samples: readonly TagSample[], hasChanged: boolean): void {
    if (hasChanged && this.#definition.trigger.kind === 'change') {
      this.#fire(samples)
      return
    }
    if (this.#phase === 'idle' && !this.#isPaused) this.#execution.feed(samples)
    else keep(this.#queue.at(-1) ?? this.#inbox, samples)
  }

  setParameter(name: string, sample: Sample): void {
    this.#parameters.set(name, sample)
    if (this.#definition.trigger.kind === 'change') this.#fire([])
  }

  /** A step asks for a wave of what has changed; it is not a trigger, so no overlap is counted. */
  wake(): void {
    if (this.#isStopped) return
    this.#again ??= 'changed'
    if (this.#phase === 'idle' && !this.#isPaused) this.#continue()
  }

  pause(): void {
    this.#isPaused = true
    this.#cancelTrigger()
    if (this.#phase === 'idle') this.#runClock.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#runClock.resume()
    this.begin()
    if (this.#phase === 'idle') this.#continue()
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#cancelTrigger()
    if (this.#queue.length > 0) this.#host.onQueue(0)
    this.#queue.length = 0
    if (this.#phase === 'idle') this.#host.onIdle()
  }

  cancel(): void {
    this.#controller.abort()
    this.stop()
  }

  /** The declared trigger has fired, for `change` with what has changed. */
  #fire(samples: readonly TagSample[]): void {
    if (this.#isStopped) return
    if (this.#phase === 'waiting' && this.#definition.overlap === 'queue') {
      this.#enqueue(samples)
      return
    }
    keep(this.#inbox, samples)
    if (this.#phase === 'waiting') {
      this.#overlap()
      return
    }
    // A scan computes everything, so that time passes for all blocks alike.
    const isPartial = this.#definition.trigger.kind === 'change' && this.#hasComputed
    this.#again = isPartial ? (this.#again ?? 'changed') : 'all'
    if (this.#phase === 'idle' && !this.#isPaused) this.#continue()
  }

  #overlap(): void {
    const isReplacing = this.#controller.signal.aborted
    if (this.#definition.overlap === 'skip' || isReplacing) {
      this.#host.onMissed(1)
      return
    }
    this.#again = 'all'
    this.#controller.abort()
  }

  #enqueue(samples: readonly TagSample[]): void {
    const isFull = this.#queue.length >= this.#definition.queueLengthMax
    if (isFull) this.#host.onMissed(1)
    else this.#host.onQueue(this.#queue.push(new Map()))
    keep(this.#queue.at(-1) ?? this.#inbox, samples)
  }

  /** Runs wave after wave until one is asynchronous or none is wanted. */
  #continue(): void {
    while (this.#phase === 'idle' && !this.#isPaused && !this.#isStopped) {
      const scope = this.#again
      const batch = scope === undefined ? this.#queue.shift() : undefined
      if (scope === undefined && !batch) return
      if (batch) this.#host.onQueue(this.#queue.length)
      this.#again = undefined
      const inbox = this.#inbox
      this.#inbox = new Map()
      this.#takeIn(inbox)
      if (batch) this.#takeIn(batch)
      for (const [name, sample] of this.#parameters) this.#execution.setParameter(name, sample)
      this.#parameters.clear()
      this.#wave(scope === 'changed' || (batch !== undefined && this.#definition.trigger.kind === 'change'))
    }
  }

  #takeIn(batch: Batch): void {
    if (batch.size > 0) this.#execution.feed([...batch.values()])
  }

  #wave(onlyChanged: boolean): void {
    if (this.#controller.signal.aborted) this.#controller = new AbortController()
    const started = this.#clock.monotonic()
    this.#phase = 'computing'
    this.#hasComputed = true
    const result = this.#execution.wave({ onlyChanged, signal: this.#controller.signal })
    if (!(result instanceof Promise)) {
      this.#settle(result, started)
      return
    }
    this.#phase = 'waiting'
    void result.then((later) => {
      this.#settle(later, started)
      this.#continue()
    })
  }

  #settle(result: WaveResult, started: number): void {
    this.#phase = 'computing'
    this.#host.publish()
    if (result.kind !== 'cancelled') this.#host.onWave(this.#clock.monotonic() - started)
    this.#phase = 'idle'
    if (result.kind === 'failed') this.#host.onFailed(result)
    else if (this.#isStopped) this.#host.onIdle()
    else if (this.#isPaused) this.#runClock.pause()
  }
}

function keep(batch: Batch, samples: readonly TagSample[]): void {
  for (const each of samples) batch.set(each.tag, each)
}
