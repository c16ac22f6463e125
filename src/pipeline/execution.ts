import type { Clock } from '../model/clock.ts'
import type { StepState } from '../model/diagnostics.ts'
import type { RunOrigin } from '../model/run.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Value } from '../model/value.ts'
import type { StepPlugin } from '../plugin/define.ts'
import type { Isolation } from './isolation.ts'

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
      /** It failed like this a moment ago: it is counted, and not told again. */
      readonly isRepeated?: boolean | undefined
    }
  /** A step goes on, but what it remembered is lost. */
  | { readonly kind: 'restarted'; readonly step: string; readonly message: string }

/**
 * Watches the event loop. An execution leaves its number in the second of the cells while it computes, and the index of the
 * operation in the third; the first is the watch's own.
 */
export interface StepWatch {
  readonly cells: Int32Array
  /** Gives an execution its number. `steps` are by the index of their operation, `plugins` those that run in this thread. */
  enlist(execution: {
    readonly pipeline: string
    readonly steps: readonly string[]
    readonly plugins: readonly StepPlugin[]
  }): number
  release(execution: number): void
}

/** What an execution needs from outside. */
export interface ExecutionHost {
  readonly clock: Clock
  /** The run that it belongs to: every sample that it hands out carries it. */
  readonly run?: RunOrigin | undefined
  /** Calls a device method; rejects when it fails (a MillraceError carries the status). */
  call(request: {
    readonly device: string
    readonly method: string
    readonly inputs: Readonly<Record<string, Value>>
    readonly signal: AbortSignal
  }): Promise<Readonly<Record<string, Value>>>
  /** Runs the steps of isolated plugins; without it they are computed in this thread, as under virtual time. */
  readonly isolation?: Isolation | undefined
  /** Watches which step is computed; nobody does when it is absent. */
  readonly watch?: StepWatch | undefined
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

/**
 * One run of a compiled pipeline: it holds the samples of all slots, the blocks' memory and the operators' subscriptions.
 *
 * What a step gives:
 * - An output has the worst status of its step's inputs with the cause of that input, and the source time of the newest.
 *   A Bad input is no error: the function is not called, and its outputs are Bad. A function with `computeSamples` decides.
 * - An error is to throw, to reject or to run out of time. After all attempts `onError` decides what becomes of the outputs.
 *   `onStep` tells of it once, until the step works again; the counters count each.
 * - A value that is missing, of another type or not finite is Bad with the step as cause; one outside EURange is Uncertain.
 * - A block's time is the clock's: `elapsed` goes on although no input changes, and an output that time alone has changed
 *   takes the time of its wave. A method's outputs have the time of its end.
 * - A `delay` step hands on the value that its input had at the end of the wave before: a usable one as Good, for a Bad one
 *   the last usable as UncertainLastUsableValue, so that a loop gets over a fault. Before, it gives `config.initial`.
 *
 * Deadlines are for each attempt: that of the step, else 10 s for an asynchronous function and that of the method, or 60 s,
 * for a method. A step with `until` has none but its own.
 */
export interface Execution {
  /**
   * Takes in samples of external tags, for the next wave: one that is under way keeps the inputs that it began with. Tells
   * whether a value or a status that this pipeline reads has changed; a newer source time alone is taken in, and passed on by
   * the next wave, but is no reason for one. No wave starts by itself. A running sequence takes it in at once and computes
   * the steps that wait for their `until`.
   */
  feed(samples: readonly TagSample[]): boolean
  setParameter(name: string, sample: Sample): void
  /**
   * Runs one wave with a consistent set of inputs. `onlyChanged` computes only what lies downstream of what changed in value,
   * status or source time since the last wave, and steps that asked to be woken; the samples are the same as after a full
   * wave. The first one computes everything. Returns a value when everything was synchronous, a promise otherwise. Waves of
   * one execution must not overlap.
   *
   * An asynchronous step starts as soon as its own inputs are there. A method is called when a value that it was last called
   * with successfully has changed; one without wired inputs in each full wave. `until` has no meaning in a wave. A step that
   * fails with `onError: fail` ends the wave: what is under way is cancelled, and nothing new is begun. What a wave leaves
   * undone, because it failed or was cancelled, keeps its samples and is computed in the next.
   */
  wave(options: {
    readonly onlyChanged: boolean
    readonly signal?: AbortSignal | undefined
  }): WaveResult | Promise<WaveResult>
  /**
   * Runs every step to its completion, in the order of wires and `after` (`run: once`); independent steps side by side.
   *
   * A step with `until` is computed when it begins and whenever its inputs change or it is woken, until all conditions hold;
   * with Bad inputs it waits. An operator waits for its first emission likewise. Any other step is computed or called once,
   * for which Bad inputs are an error (BadDataUnavailable). A retry of a step with `until` keeps the block's memory.
   */
  sequence(options: { readonly signal: AbortSignal }): Promise<WaveResult>
  /**
   * Runs the `finally` steps in their order, each with its own deadline and retry; a failing one does not keep the others
   * from running, and the result is that of the first that failed. Aborting ends it without the rest.
   */
  finish(options: { readonly signal: AbortSignal }): Promise<WaveResult>
  /** Samples that changed since the last call, under all their tags: step outputs, step inputs, pipeline outputs. */
  changes(): readonly TagSample[]
  /** Device writes that became due since the last call: another usable value, or for `on: wave` another completed wave. */
  dueWrites(): readonly TagSample[]
  /** The current sample of a tag of this pipeline. */
  sample(tag: string): Sample | undefined
  counters(): readonly StepCounters[]
  /** Ends subscriptions and timers; idempotent. */
  close(): void
}
