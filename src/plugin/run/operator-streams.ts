import { Observable, Subject, Subscription, takeUntil } from 'rxjs'
import type { Clock } from '../../model/clock.ts'
import { MillraceError } from '../../model/errors.ts'
import { FaultPolicy } from '../../model/fault-policy.ts'
import { Status } from '../../model/status.ts'
import type { Value } from '../../model/value.ts'
import type { OperatorPlugin } from '../define.ts'
import { clockScheduler } from './clock-scheduler.ts'
import { EmissionLimit, operatorLimits } from './emission-limit.ts'

/** How often in a row a stream is subscribed again after an error without having emitted in between. */
const restartsMax = 10

/** What an operator emitted for one output since it was asked last. */
export interface Emission {
  readonly value: unknown
  /** When it was emitted outside a turn; undefined when it belongs to the wave. */
  readonly time: number | undefined
}

/** One use of an operator. */
export interface OperatorUse {
  readonly plugin: OperatorPlugin
  readonly config: Readonly<Record<string, unknown>>
  /** Names of the inputs that it is fed with, in the order of their declaration. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly clock: Clock
  /** Something was emitted, or has gone wrong, outside a turn. */
  readonly onLate: () => void
}

/**
 * The streams of one operator step during an execution: a subject for each wired input, one subscription for each output.
 *
 * What is emitted during a turn belongs to the wave; for anything emitted later `onLate` is called, and the emission waits
 * for the wave that follows. An error ends the streams; they are subscribed again at the next turn. An operator that emits
 * without end, or subscribes to its inputs without end, is ended too, and subscribed again by {@link FaultPolicy}.
 */
export class OperatorStreams {
  readonly #use: OperatorUse
  readonly #emissions: (Emission | undefined)[]
  readonly #last: (Emission | undefined)[] = []
  readonly #limit: EmissionLimit
  readonly #faults = new FaultPolicy()
  #inputs: Subject<Value>[] = []
  #subscription: Subscription | undefined
  #inTurn = false
  #error: { readonly cause: unknown } | undefined
  #restarts = 0
  /** The newest error, which is thrown on while the streams are not subscribed again. */
  #givenUp: unknown
  /** When streams that were too much are subscribed again. */
  #restsUntil = Number.NEGATIVE_INFINITY

  constructor(use: OperatorUse) {
    this.#use = use
    this.#emissions = use.outputs.map(() => undefined)
    this.#limit = new EmissionLimit(use.clock.monotonic())
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
    this.#limit.beginTurn()
    try {
      if (!this.#subscription) this.#subscribe()
      if (!values) return
      this.#use.inputs.forEach((name, index) => {
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
    const inputs = this.#inputs
    this.#subscription = undefined
    this.#inputs = []
    subscription?.unsubscribe()
    // Whoever forgot to unsubscribe is told that nothing more comes.
    for (const input of inputs) input.complete()
  }

  #subscribe(): void {
    const { plugin, config, clock, inputs, outputs } = this.#use
    if (this.#restarts > restartsMax || clock.monotonic() < this.#restsUntil) throw new StillBroken(this.#givenUp)
    this.#inputs = inputs.map(() => new Subject<Value>())
    const subscription = new Subscription()
    const ended = new Subject<void>()
    subscription.add(() => ended.next())
    this.#subscription = subscription
    const streams = plugin.stream(this.#inputStreams() as never, config as never, {
      scheduler: clockScheduler(clock, subscription),
    }) as Record<string, Observable<unknown>>
    outputs.forEach((name, index) => {
      if (subscription.closed) return
      const stream = streams[name]
      if (typeof stream?.subscribe !== 'function') {
        throw new TypeError(`the operator has no stream for its output ${name}`)
      }
      subscription.add(
        // A stream that emits while it is being subscribed can be ended from outside only in this way.
        stream.pipe(takeUntil(ended)).subscribe({
          next: (value) => this.#emit(index, value, subscription),
          error: (error: unknown) => this.#fail(error),
        }),
      )
    })
  }

  /** The streams of the inputs, which count who listens to them. */
  #inputStreams(): Record<string, Observable<Value>> {
    let count = 0
    const counted = (input: Subject<Value>): Observable<Value> =>
      new Observable((subscriber) => {
        if (++count > operatorLimits.subscriptions) {
          this.#overdo(`subscribes to its inputs more than ${operatorLimits.subscriptions} times`)
        }
        subscriber.add(() => count--)
        return input.subscribe(subscriber)
      })
    return Object.fromEntries(this.#use.inputs.map((name, index) => [name, counted(this.#inputs[index] as never)]))
  }

  #emit(output: number, value: unknown, from: Subscription): void {
    if (from.closed) return
    if (this.#inTurn ? this.#limit.isExceededInTurn() : this.#limit.isExceeded(this.#use.clock.monotonic())) {
      const { perTurn, perSecond } = operatorLimits
      this.#overdo(
        this.#inTurn ? `emits more than ${perTurn} times in one turn` : `emits more than ${perSecond} times a second`,
      )
      return
    }
    this.#restarts = 0
    const emission = { value, time: this.#inTurn ? undefined : this.#use.clock.now() }
    this.#emissions[output] = emission
    this.#last[output] = emission
    if (!this.#inTurn) this.#use.onLate()
  }

  /** It takes more than it may have. What it emitted meanwhile is worth nothing. */
  #overdo(what: string): void {
    if (!this.#subscription) return
    const { plugin, clock } = this.#use
    const after = this.#faults.failed(clock.monotonic())
    this.#restsUntil = after.kind === 'faulted' ? Number.POSITIVE_INFINITY : clock.monotonic() + after.delayMs
    const then = after.kind === 'faulted' ? '; mend it, then start the pipeline again' : ''
    this.#emissions.fill(undefined)
    this.#fail(
      new MillraceError('step-overloads', `the operator ${plugin.type} ${what}, so it was ended${then}`, {
        status: Status.BadResourceUnavailable,
      }),
    )
  }

  #fail(thrown: unknown): void {
    if (thrown instanceof StillBroken) {
      this.#error = { cause: thrown.cause }
      return
    }
    this.#error = { cause: thrown }
    this.#givenUp = thrown
    this.#restarts++
    const late = !this.#inTurn
    this.close()
    if (late) this.#use.onLate()
  }
}

/** The streams are not subscribed again yet. */
class StillBroken extends Error {
  constructor(cause: unknown) {
    super('the streams are not subscribed again', { cause })
  }
}
