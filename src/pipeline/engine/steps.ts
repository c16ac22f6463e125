import { type StepState, stepStates } from '../../model/diagnostics.ts'
import { messageOf } from '../../model/errors.ts'
import { isBad, isGood, Status, worst } from '../../model/status.ts'
import type { Value } from '../../model/value.ts'
import type { ExecutionHost, StepCounters, WaveResult } from '../execution.ts'
import { accept } from './accept.ts'
import { statusOf } from './failure.ts'
import { startSlot } from './layout.ts'
import { BlockMoment } from './moment.ts'
import type { Operation, Plan, PlanOutput } from './plan.ts'
import { type Samples, sameValue } from './samples.ts'
import { FailureTelling } from './telling.ts'

/** What an operation's inputs say together. */
export interface Origin {
  readonly status: number
  readonly cause: string | undefined
  /** Source time of the newest input. */
  readonly time: number
}

const stateNumber = Object.fromEntries(stepStates.map((state, index) => [state, index])) as Record<StepState, number>

/** The steps of one execution: what they remember, what they count, and how their results become samples. */
export class Steps {
  readonly executions: Uint32Array
  readonly memories: object[]
  readonly moments: (BlockMoment | undefined)[]
  readonly #errors: Uint32Array
  readonly #states: Uint8Array
  readonly #durations: Float64Array
  readonly #telling: FailureTelling
  readonly #plan: Plan
  readonly #samples: Samples
  readonly #host: ExecutionHost

  constructor(plan: Plan, samples: Samples, options: { host: ExecutionHost; wake: (index: number) => void }) {
    const count = plan.operations.length
    this.#plan = plan
    this.#samples = samples
    this.#host = options.host
    this.executions = new Uint32Array(count)
    this.#errors = new Uint32Array(count)
    this.#states = new Uint8Array(count)
    this.#durations = new Float64Array(count)
    this.#telling = new FailureTelling(count, options.host.clock)
    const none = {}
    this.memories = plan.operations.map(({ work }) =>
      work.kind === 'plugin' && work.plugin.kind === 'block' ? work.plugin.memory(work.config as never) : none,
    )
    this.moments = plan.operations.map(({ work, index }) =>
      work.kind === 'plugin' && work.plugin.kind === 'block'
        ? new BlockMoment(options.host.clock, () => options.wake(index))
        : undefined,
    )
  }

  /** The worst status of an operation's inputs, its cause, and the source time of the newest. */
  originOf({ wired }: Operation): Origin {
    const { times, causes } = this.#samples
    if (wired.length === 0) return { status: Status.Good, cause: undefined, time: times[startSlot] as number }
    let from = wired[0] as number
    let status = this.#samples.statusOf(from)
    let time = Number.NEGATIVE_INFINITY
    for (const slot of wired) {
      const joined = worst(status, this.#samples.statusOf(slot))
      if (joined !== status) from = slot
      status = joined
      time = Math.max(time, times[slot] as number)
    }
    return { status, cause: isGood(status) ? undefined : causes[from], time }
  }

  /** Stores the outputs of an operation, each judged by its port. `now` is the time of the wave. */
  store(operation: Operation, outputs: unknown, origin: Origin, now: number): void {
    if (operation.outputs.length > 0 && (typeof outputs !== 'object' || outputs === null)) {
      throw new TypeError(`step ${operation.step} gave ${String(outputs)} in place of an object with its outputs`)
    }
    for (const output of operation.outputs) {
      this.storeOutput(operation, output, (outputs as Record<string, unknown>)[output.name], origin, now)
    }
    this.completed(operation)
  }

  /** Stores one output of an operation, judged by its port. */
  storeOutput(operation: Operation, { slot, port }: PlanOutput, given: unknown, origin: Origin, now: number): void {
    const { value, status } = accept(port, given, origin.status)
    const cause = status === origin.status ? origin.cause : operation.owner
    const sourceTime = isBlock(operation) ? this.#blockTime(slot, { value, time: origin.time, now }) : origin.time
    this.#samples.write(slot, { value, status, sourceTime, cause })
  }

  /** Stores the samples that a function decided itself. */
  storeSamples(operation: Operation, outputs: unknown, origin: Origin): void {
    for (const { name, slot, port } of operation.outputs) {
      const given = (
        outputs as Record<string, { value?: unknown; status?: number; sourceTime?: number; cause?: string }>
      )[name]
      const sourceTime = given?.sourceTime ?? origin.time
      if (given && isBad(given.status ?? 0)) {
        const cause = given.cause ?? operation.owner
        this.#samples.write(slot, { value: null, status: given.status ?? 0, sourceTime, cause })
        continue
      }
      const { value, status } = accept(port, given?.value, given?.status ?? 0)
      const own = status === given?.status ? given.cause : operation.owner
      this.#samples.write(slot, {
        value,
        status,
        sourceTime,
        cause: isGood(status) ? undefined : (own ?? operation.owner),
      })
    }
    this.completed(operation)
  }

  /** Makes all outputs of an operation Bad. */
  spoil({ outputs }: Operation, { status, cause, time }: Origin): void {
    for (const { slot } of outputs) this.#samples.write(slot, { value: null, status, sourceTime: time, cause })
  }

  started({ index, step }: Operation): void {
    this.#states[index] = stateNumber.Executing
    this.#host.onStep?.({ kind: 'started', step })
  }

  /** A step worked. `durationMs` is given for what took its time. */
  completed({ index, step }: Operation, durationMs?: number): void {
    this.#states[index] = stateNumber.Completed
    this.#telling.worked(index)
    if (durationMs === undefined) return
    this.#durations[index] = durationMs
    this.#host.onStep?.({ kind: 'completed', step, durationMs })
  }

  /** A step failed after all its attempts: its outputs follow from `onError`. A result comes back when the policy is to fail. */
  failed(
    operation: Operation,
    error: unknown,
    { attempts, time }: { attempts: number; time: number },
  ): WaveResult | undefined {
    const { index, step, owner, onError, outputs } = operation
    const [status, message] = [statusOf(error), messageOf(error)]
    this.#errors[index] = (this.#errors[index] as number) + 1
    this.#states[index] = stateNumber.Error
    const told = this.#telling.failed(index, message)
    if (told !== 'known') {
      this.#host.onStep?.({ kind: 'failed', step, status, message, attempts, isRepeated: told === 'repeated' })
    }
    for (const { name, slot, port } of outputs) {
      const given = onError.kind === 'fallback' ? onError.values[name] : undefined
      const { value, status: taken } =
        given === undefined ? { value: null, status } : accept(port, given, Status.UncertainSubstituteValue)
      this.#samples.write(slot, { value, status: taken, sourceTime: time, cause: owner })
    }
    return onError.kind === 'fail' ? { kind: 'failed', step, status, message } : undefined
  }

  /** An inline operation that had failed works again. */
  healed(index: number): void {
    this.#states[index] = stateNumber.Completed
    this.#telling.worked(index)
  }

  setState(index: number, state: StepState): void {
    this.#states[index] = stateNumber[state]
  }

  counters(): readonly StepCounters[] {
    return [...this.#plan.operationByStep.values()].map(({ index, step }) => {
      const executionCount = this.executions[index] as number
      const state = stepStates[this.#states[index] as number] as StepState
      return {
        step,
        // The compiled program counts, and leaves the state to what goes wrong.
        state: state === 'Idle' && executionCount > 0 ? 'Completed' : state,
        executionCount,
        errorCount: this.#errors[index] as number,
        lastDurationMs: this.#durations[index] as number,
        lastError: this.#telling.messageOf(index),
      }
    })
  }

  close(): void {
    for (const moment of this.moments) moment?.close()
  }

  /** What a block's output changes to without a newer input was changed by time: it takes the time of the wave. */
  #blockTime(slot: number, { value, time, now }: { value: Value; time: number; now: number }): number {
    const last = this.#samples.times[slot] as number
    if (time > last || isBad(this.#samples.statusOf(slot))) return time
    return sameValue(value, this.#samples.valueOf(slot)) ? last : Math.max(time, now)
  }
}

function isBlock({ work }: Operation): boolean {
  return work.kind === 'plugin' && work.plugin.kind === 'block'
}
