import type { Value } from '../../model/value.ts'
import type { BlockMoment } from './moment.ts'

/**
 * The samples of one execution as flat arrays, and what its operations remember.
 *
 * A slot's number lives in `numbers`, any other value in `others`; neither counts while the slot's status is Bad.
 * Ticks order what happens: a slot's `changed` is the tick at which it changed last.
 */
export interface Frame {
  readonly numbers: Float64Array
  readonly others: Value[]
  readonly statuses: Uint32Array
  readonly times: Float64Array
  readonly causes: (string | undefined)[]
  readonly changed: Float64Array
  /** By operation: the tick at which it asked to be computed although no input changed. */
  readonly wanted: Float64Array
  readonly executions: Uint32Array
  /** The third of them is the operation that is computed at this moment. */
  readonly cells: Int32Array
  readonly lowest: Float64Array
  readonly highest: Float64Array
  readonly memories: readonly object[]
  readonly moments: readonly (BlockMoment | undefined)[]
}

/** The way out of the compiled program for everything that is not plain: a status, a promise, an error, an odd value. */
export interface Exits {
  /** Evaluates an operation with all that may happen to it. */
  evaluate(index: number): void
  /** Takes the outputs of an operation whose inputs were all Good. */
  settle(index: number, outputs: unknown): void
  /** An operation threw. */
  thrown(index: number, error: unknown): void
  /** An output that was not Good, or was waited for, is about to become Good. */
  healed(index: number): void
}

/**
 * Computes the operations of a plan in order: all of them, or those with an input that changed at the tick `since` or later.
 * `now` and `monotonic` are the clock's times of the wave.
 */
export type Pass = (since: number, all: boolean, tick: number, now: number, monotonic: number) => void

/** The compiled form of a plan's operations. */
export interface Program {
  /** Binds the program to the samples of one execution. */
  bind(frame: Frame, exits: Exits): Pass
}
