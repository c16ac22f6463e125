import { isBad, isGood, Status } from '../../model/status.ts'
import type { Value } from '../../model/value.ts'
import { OperatorStreams } from '../../plugin/run/operator-streams.ts'
import type { ExecutionHost } from '../execution.ts'
import { IsolatedOperation } from './isolated.ts'
import type { Mark } from './mark.ts'
import type { Operation, Plan } from './plan.ts'
import type { Samples } from './samples.ts'
import type { Origin, Steps } from './steps.ts'

/** When an operation is computed, and whether its inputs have news for an operator. */
export interface Turn {
  readonly monotonic: number
  readonly isFed: boolean
}

/** What each kind of operation does, one at a time; the compiled program covers the plain cases of functions and blocks. */
export class Work {
  readonly #samples: Samples
  readonly #steps: Steps
  readonly #host: ExecutionHost
  readonly #mark: Mark
  readonly #streams: (OperatorStreams | undefined)[]
  readonly #isolated: (IsolatedOperation | undefined)[]

  constructor(
    plan: Plan,
    {
      samples,
      steps,
      host,
      mark,
      wake,
    }: { samples: Samples; steps: Steps; host: ExecutionHost; mark: Mark; wake: (index: number) => void },
  ) {
    this.#samples = samples
    this.#steps = steps
    this.#host = host
    this.#mark = mark
    const { isolation } = host
    this.#isolated = plan.operations.map((operation) => {
      const { index, isIsolated } = operation
      if (!isIsolated || !isolation) return undefined
      const moment = steps.moments[index]
      const onStep: ExecutionHost['onStep'] = (happening) => host.onStep?.(happening)
      return new IsolatedOperation(operation, { isolation, onStep, moment, wake: () => wake(index) })
    })
    this.#streams = plan.operations.map((operation) => {
      const { index, work, inputs, outputs } = operation
      if (work.kind !== 'plugin' || work.plugin.kind !== 'operator' || this.#isolated[index]) return undefined
      return new OperatorStreams({
        plugin: work.plugin,
        config: work.config,
        inputs: inputs.map(({ name }) => name),
        outputs: outputs.map(({ name }) => name),
        clock: mark.clockOf(index, host.clock),
        onLate: () => wake(index),
      })
    })
  }

  /** Whether an operation can be computed: the thread of an isolated one may still be starting. */
  isReady({ index, isIsolated }: Operation): boolean {
    return !isIsolated || (this.#isolated[index]?.isReady ?? true)
  }

  /** Whether an operation is computed with Bad inputs too. */
  takesBad({ work }: Operation): boolean {
    return work.kind === 'plugin' && work.plugin.kind === 'function' && work.plugin.compute === undefined
  }

  /** Computes a function, a block or an operator; throws what it throws. A promise comes back from an asynchronous one. */
  compute(operation: Operation, origin: Origin, { monotonic, isFed }: Turn): unknown {
    const { index, work } = operation
    if (work.kind !== 'plugin') throw new TypeError(`${operation.owner} has nothing to compute`)
    const { plugin } = work
    const config = work.config as never
    this.#steps.executions[index] = (this.#steps.executions[index] as number) + 1
    this.#mark.at(index)
    const isolated = this.#isolated[index]
    if (isolated) return this.#isolatedTurn(operation, isolated, { time: origin.time, monotonic, isFed })
    if (plugin.kind === 'operator') return this.#turn(operation, isFed)
    if (plugin.kind === 'block') {
      const moment = this.#steps.moments[index]
      moment?.begin(origin.time, monotonic)
      return plugin.compute(
        this.#values(operation) as never,
        config,
        this.#steps.memories[index] as object,
        moment as never,
      )
    }
    if (plugin.compute) return plugin.compute(this.#values(operation) as never, config)
    return plugin.computeSamples?.(this.#inputSamples(operation) as never, config)
  }

  /** Begins an attempt of an asynchronous operation. */
  async start(operation: Operation, origin: Origin, signal: AbortSignal): Promise<unknown> {
    const { index, work } = operation
    if (work.kind !== 'method') {
      const turn = { monotonic: this.#host.clock.monotonic(), isFed: true }
      return await this.#mark.during(() => this.compute(operation, origin, turn))
    }
    this.#steps.executions[index] = (this.#steps.executions[index] as number) + 1
    const { device, method } = work
    return await this.#host.call({ device, method, inputs: this.#values(operation), signal })
  }

  /** Stores what an operation gave. */
  store(operation: Operation, outputs: unknown, origin: Origin, now: number): void {
    const { work } = operation
    const kind = work.kind === 'plugin' ? work.plugin.kind : 'method'
    if (kind === 'operator') {
      this.#storeEmissions(operation, origin)
      return
    }
    if (this.takesBad(operation)) {
      this.#steps.storeSamples(operation, outputs, origin)
      return
    }
    this.#steps.store(operation, outputs, origin, now)
  }

  /** Converts a unit on a wire; status, time and cause stay. */
  convert(operation: Operation, { status, cause, time }: Origin): void {
    const { work, inputs, outputs } = operation
    const [from, to] = [inputs[0]?.slot, outputs[0]?.slot]
    if (work.kind !== 'convert' || from === undefined || to === undefined) return
    const value = (this.#samples.numbers[from] as number) * work.gain + work.offset
    const sample = Number.isFinite(value) ? { value, status } : { value: null, status: Status.BadOutOfRange }
    this.#samples.write(to, { ...(isBad(status) ? { value: null, status } : sample), sourceTime: time, cause })
  }

  /**
   * Moves a sample over a `delay`; tells whether anything changed. A loop would keep a status for ever that had entered it
   * once, so a usable value goes on as Good, and for a Bad one the last usable value as Uncertain (UncertainLastUsableValue).
   */
  moveOn(from: number, to: number): boolean {
    const { value, status, sourceTime, cause } = this.#samples.read(from)
    const before = this.#samples.read(to)
    if (!isBad(status)) this.#samples.write(to, { value, status: Status.Good, sourceTime, cause: undefined })
    else if (isBad(before.status)) this.#samples.write(to, { value: null, status, sourceTime, cause })
    else this.#samples.write(to, { ...before, status: Status.UncertainLastUsableValue, cause })
    return this.#samples.changed[to] === this.#samples.tick
  }

  /** Whether every output of an operator has a usable value. */
  hasEmitted({ outputs }: Operation): boolean {
    return outputs.every(({ slot }) => !isBad(this.#samples.statusOf(slot)))
  }

  close(): void {
    for (const streams of this.#streams) streams?.close()
    for (const isolated of this.#isolated) isolated?.close()
  }

  #values({ valuesOf }: Operation): Record<string, Value> {
    return valuesOf(this.#samples.numbers, this.#samples.others)
  }

  #inputSamples({ inputs }: Operation): Record<string, unknown> {
    const start = this.#samples.times[0] as number
    return Object.fromEntries(
      inputs.map(({ name, slot, isLiteral }) => {
        const sample = this.#samples.read(slot)
        return [name, isLiteral ? { ...sample, sourceTime: start } : sample]
      }),
    )
  }

  /** A promise, or nothing when an operator has no news to be fed with. */
  #isolatedTurn(
    operation: Operation,
    isolated: IsolatedOperation,
    { time, monotonic, isFed }: Turn & { readonly time: number },
  ): Promise<unknown> | undefined {
    const { work } = operation
    const isOperator = work.kind === 'plugin' && work.plugin.kind === 'operator'
    if (isOperator && !isFed && isolated.isSubscribed) return undefined
    const all = this.takesBad(operation) ? this.#inputSamples(operation) : this.#values(operation)
    return isolated.turn(isOperator && !isFed ? undefined : all, { time, monotonic })
  }

  #turn(operation: Operation, isFed: boolean): undefined {
    const streams = this.#streams[operation.index] as OperatorStreams
    if (isFed || !streams.isSubscribed) streams.turn(isFed ? this.#values(operation) : undefined)
    const error = streams.takeError()
    if (error) throw error.cause
  }

  #storeEmissions(operation: Operation, origin: Origin): void {
    const streams = this.#isolated[operation.index] ?? (this.#streams[operation.index] as OperatorStreams)
    operation.outputs.forEach((output, index) => {
      const emission = streams.takeEmission(index)
      if (emission) {
        const time = emission.time ?? (operation.wired.length === 0 ? this.#host.clock.now() : origin.time)
        this.#steps.storeOutput(operation, output, emission.value, { ...origin, time }, time)
        return
      }
      // Nothing new after a time of Bad inputs: the last emission holds again.
      const last = streams.last(index)
      if (last && isBad(this.#samples.statusOf(output.slot))) {
        this.#steps.storeOutput(operation, output, last.value, origin, origin.time)
      }
      this.#samples.keep(output.slot)
    })
    if (operation.outputs.some(({ slot }) => isGood(this.#samples.statusOf(slot)))) this.#steps.completed(operation)
  }
}

/** Tells whether a function gave a promise. */
export function isThenable(outputs: unknown): outputs is Promise<unknown> {
  return typeof (outputs as { then?: unknown } | null | undefined)?.then === 'function'
}
