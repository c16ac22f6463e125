import type { Clock } from '../model/clock.ts'
import type { StepState } from '../model/diagnostics.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Value } from '../model/value.ts'

/** How a wave or a sequence ended. It never throws: a failure is a value. */
export type WaveResult =
  | { readonly kind: 'completed' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly step: string; readonly status: number; readonly message: string }

/** What happens to a step, for events. */
export type StepHappening =
  | { readonly kind: 'started'; readonly step: string }
  | { readonly kind: 'completed'; readonly step: string; readonly durationMs: number }
  | {
      readonly kind: 'failed'
      readonly step: string
      readonly status: number
      readonly message: string
      readonly attempts: number
    }

/** What an execution needs from outside. */
export interface ExecutionHost {
  readonly clock: Clock
  /** Calls a device method; rejects when it fails (a MillraceError carries the status). */
  call(request: {
    readonly device: string
    readonly method: string
    readonly inputs: Readonly<Record<string, Value>>
    readonly signal: AbortSignal
  }): Promise<Readonly<Record<string, Value>>>
  /** A step asks for a wave: an operator emitted later, or a block's wish to be woken has come. */
  onWake(): void
  onStep?(happening: StepHappening): void
  /** Samples that changed while a wave or sequence is still under way (its asynchronous part); the rest is in {@link Execution.changes}. */
  onChanges?(samples: readonly TagSample[]): void
}

/** Counters of a step. */
export interface StepCounters {
  readonly step: string
  readonly state: StepState
  readonly executionCount: number
  readonly errorCount: number
  readonly lastDurationMs: number
  readonly lastError: string
}

/** One run of a compiled pipeline: it holds the samples of all slots, the blocks' memory and the operators' subscriptions. */
export interface Execution {
  /** Takes in samples of external tags; tells whether one that this pipeline reads has changed. No wave starts by itself; a sequence re-evaluates its active steps. */
  feed(samples: readonly TagSample[]): boolean
  setParameter(name: string, sample: Sample): void
  /**
   * Runs one wave with a consistent set of inputs. `onlyChanged` computes only what lies downstream of what changed since the
   * last wave. Returns a value when everything was synchronous, a promise otherwise. Waves of one execution must not overlap.
   */
  wave(options: {
    readonly onlyChanged: boolean
    readonly signal?: AbortSignal | undefined
  }): WaveResult | Promise<WaveResult>
  /** Runs every step to its completion, in the order of wires and `after` (`run: once`). */
  sequence(options: { readonly signal: AbortSignal }): Promise<WaveResult>
  /** Runs the `finally` steps in their order; a failing one does not keep the others from running. */
  finish(options: { readonly signal: AbortSignal }): Promise<WaveResult>
  /** Samples that changed since the last call, under all their tags: step outputs, step inputs, pipeline outputs. */
  changes(): readonly TagSample[]
  /** Device writes that became due since the last call. */
  dueWrites(): readonly TagSample[]
  /** The current sample of a tag of this pipeline. */
  sample(tag: string): Sample | undefined
  counters(): readonly StepCounters[]
  /** Ends subscriptions and timers; idempotent. */
  close(): void
}
