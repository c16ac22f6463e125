import type { Cancel, Clock } from '../../model/clock.ts'
import type { StepWatch } from '../execution.ts'
import type { Plan } from './plan.ts'

/** Places of the cells: see {@link StepWatch}. */
const executionCell = 1
const operationCell = 2

/** Leaves a mark of the operation that is computed at this moment, for whoever watches the event loop. */
export class Mark {
  /** The generated program writes the index of its operation into the third of them. */
  readonly cells: Int32Array
  readonly #watch: StepWatch | undefined
  readonly #number: number

  constructor({ id, operations }: Plan, watch: StepWatch | undefined) {
    this.#watch = watch
    this.cells = watch?.cells ?? new Int32Array(3)
    const plugins = operations.flatMap(({ work, isIsolated }) =>
      work.kind === 'plugin' && !isIsolated ? [work.plugin] : [],
    )
    this.#number = watch?.enlist({ pipeline: id, steps: operations.map(({ step }) => step), plugins }) ?? 0
  }

  /** Code of this execution runs from here on; gives what {@link Mark.end} needs to take the mark back. */
  begin(): number {
    const before = this.cells[executionCell] as number
    this.cells[executionCell] = this.#number
    return before
  }

  /** It does not run any more. */
  end(before: number): void {
    this.cells[executionCell] = before
  }

  /** Runs code of this execution; what it does is marked until it returns. */
  during<T>(work: () => T, operation?: number): T {
    const before = this.begin()
    if (operation !== undefined) this.at(operation)
    try {
      return work()
    } finally {
      this.end(before)
    }
  }

  /** An operation is about to be computed. */
  at(operation: number): void {
    this.cells[operationCell] = operation
  }

  /** A clock whose callbacks are marked as an operation's. */
  clockOf(operation: number, clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, callback): Cancel => clock.after(delayMs, () => this.during(callback, operation)),
    }
  }

  close(): void {
    this.#watch?.release(this.#number)
  }
}
