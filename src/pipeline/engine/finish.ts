import { messageOf } from '../../model/errors.ts'
import type { ExecutionHost, StepCounters, WaveResult } from '../execution.ts'
import { attempt } from './attempts.ts'
import { statusOf } from './failure.ts'
import type { Plan, PlanFinally } from './plan.ts'
import type { Samples } from './samples.ts'

type Counters = { -readonly [K in keyof StepCounters]: StepCounters[K] }

/** The `finally` steps of an execution: methods that are called one after the other, whatever became of the ones before. */
export class Finish {
  readonly #plan: Plan
  readonly #samples: Samples
  readonly #host: ExecutionHost
  readonly #counters: Counters[]

  constructor(plan: Plan, samples: Samples, host: ExecutionHost) {
    this.#plan = plan
    this.#samples = samples
    this.#host = host
    this.#counters = plan.finally.map(({ step }) => ({
      step,
      state: 'Idle',
      executionCount: 0,
      errorCount: 0,
      lastDurationMs: 0,
      lastError: '',
    }))
  }

  counters(): readonly StepCounters[] {
    return this.#counters.map((counters) => ({ ...counters }))
  }

  /** Tries all; the result is that of the first that failed. Aborting ends it without the rest. */
  async run(signal: AbortSignal): Promise<WaveResult> {
    let result: WaveResult = { kind: 'completed' }
    for (let index = 0; index < this.#plan.finally.length; index++) {
      if (signal.aborted) return { kind: 'cancelled' }
      const ended = await this.#try(index, signal)
      if (ended.kind === 'cancelled') return ended
      if (result.kind === 'completed') result = ended
    }
    return result
  }

  #try(index: number, signal: AbortSignal): Promise<WaveResult> {
    const final = this.#plan.finally[index] as PlanFinally
    const { step, owner, device, method, inputs, retry, timeoutMs } = final
    const counters = this.#counters[index] as Counters
    const { clock, onStep } = this.#host
    const startedAt = clock.monotonic()
    counters.state = 'Executing'
    onStep?.call(this.#host, { kind: 'started', step })
    return new Promise((resolve) => {
      const end = (result: WaveResult, state: StepCounters['state']) => {
        signal.removeEventListener('abort', abort)
        counters.state = state
        counters.lastDurationMs = clock.monotonic() - startedAt
        resolve(result)
      }
      const values = Object.fromEntries(inputs.map(({ name, slot }) => [name, this.#samples.read(slot).value]))
      const cancel = attempt({
        clock,
        deadlines: clock,
        retry,
        timeoutMs,
        subject: owner,
        call: (attempted) => {
          counters.executionCount++
          return this.#host.call({ device, method, inputs: values, signal: attempted })
        },
        succeeded: () => {
          end({ kind: 'completed' }, 'Completed')
          onStep?.call(this.#host, { kind: 'completed', step, durationMs: counters.lastDurationMs })
        },
        failed: (error, attempts) => {
          const [status, message] = [statusOf(error), messageOf(error)]
          counters.errorCount++
          counters.lastError = message
          end({ kind: 'failed', step, status, message }, 'Error')
          onStep?.call(this.#host, { kind: 'failed', step, status, message, attempts })
        },
      })
      const abort = () => {
        cancel()
        end({ kind: 'cancelled' }, 'Skipped')
      }
      signal.addEventListener('abort', abort)
    })
  }
}
