import { type Observable, Subject, Subscription } from 'rxjs'
import type { Clock } from '../../model/clock.ts'
import type { Value } from '../../model/value.ts'
import type { OperatorPlugin } from '../../plugin/define.ts'
import { clockScheduler } from './clock-scheduler.ts'
import type { Operation } from './plan.ts'

/** How often in a row a stream is subscribed again after an error without having emitted in between. */
const restartsMax = 10

/** What an operator emitted for one output since it was asked last. */
export interface Emission {
  readonly value: unknown
  /** When it was emitted outside a turn; undefined when it belongs to the wave. */
  readonly time: number | undefined
}

/**
 * The streams of one operator step during an execution: a subject for each wired input, one subscription for each output.
 *
 * What is emitted during a turn belongs to the wave; for anything emitted later `onLate` is called, and the emission waits
 * for the wave that follows. An error ends the streams; they are subscribed again at the next turn.
 */
export class OperatorStreams {
  readonly #operation: Operation
  readonly #plugin: OperatorPlugin
  readonly #clock: Clock
  readonly #onLate: () => void
  readonly #emissions: (Emission | undefined)[]
  readonly #last: (Emission | undefined)[] = []
  #inputs: Subject<Value>[] = []
  #subscription: Subscription | undefined
  #inTurn = false
  #error: { readonly cause: unknown } | undefined
  #restarts = 0
  /** The newest error, which is thrown on when the streams are not subscribed again. */
  #givenUp: unknown

  constructor(operation: Operation, plugin: OperatorPlugin, options: { clock: Clock; onLate: () => void }) {
    this.#operation = operation
    this.#plugin = plugin
    this.#clock = options.clock
    this.#onLate = options.onLate
    this.#emissions = operation.outputs.map(() => undefined)
  }

  /** Whether the streams are there. They are not before the first turn and after an error. */
  get isSubscribed(): boolean {
    return this.#subscription !== undefined
  }

  /** The newest emission of an output of all. */
  last(output: number): Emission | undefined {
    return this.#last[output]
  }

  /** Feeds the values of all inputs in the order of their declaration; none, when the streams are only to be subscribed. */
  turn(values: Readonly<Record<string, Value>> | undefined): void {
    this.#inTurn = true
    try {
      if (!this.#subscription) {
        if (this.#restarts > restartsMax) throw this.#givenUp
        this.#subscribe()
      }
      if (!values) return
      this.#operation.inputs.forEach(({ name }, index) => {
        this.#inputs[index]?.next(values[name] as Value)
      })
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#inTurn = false
    }
  }

  /** The error that ended the streams since this was asked last. */
  takeError(): { readonly cause: unknown } | undefined {
    const error = this.#error
    this.#error = undefined
    return error
  }

  /** The newest emission of an output since this was asked last. */
  takeEmission(output: number): Emission | undefined {
    const emission = this.#emissions[output]
    this.#emissions[output] = undefined
    return emission
  }

  /** Ends the streams; idempotent. */
  close(): void {
    const subscription = this.#subscription
    this.#subscription = undefined
    subscription?.unsubscribe()
    for (const input of this.#inputs) input.complete()
    this.#inputs = []
  }

  #subscribe(): void {
    this.#inputs = this.#operation.inputs.map(() => new Subject<Value>())
    const inputs = Object.fromEntries(
      this.#operation.inputs.map(({ name }, index) => [name, (this.#inputs[index] as Subject<Value>).asObservable()]),
    )
    const { config } = this.#operation.work as { config: Readonly<Record<string, unknown>> }
    const scheduler = clockScheduler(this.#clock)
    const subscription = new Subscription()
    this.#subscription = subscription
    const streams = this.#plugin.stream(inputs as never, config as never, { scheduler }) as Record<
      string,
      Observable<unknown>
    >
    this.#operation.outputs.forEach(({ name }, index) => {
      const stream = streams[name]
      if (!stream) throw new TypeError(`the operator has no stream for its output ${name}`)
      subscription.add(
        stream.subscribe({
          next: (value) => this.#emit(index, value),
          error: (error: unknown) => this.#fail(error),
        }),
      )
    })
  }

  #emit(output: number, value: unknown): void {
    this.#restarts = 0
    const emission = { value, time: this.#inTurn ? undefined : this.#clock.now() }
    this.#emissions[output] = emission
    this.#last[output] = emission
    if (!this.#inTurn) this.#onLate()
  }

  #fail(error: unknown): void {
    this.#error = { cause: error }
    this.#givenUp = error
    this.#restarts++
    const late = !this.#inTurn
    const subscription = this.#subscription
    this.#subscription = undefined
    this.#inputs = []
    subscription?.unsubscribe()
    if (late) this.#onLate()
  }
}
