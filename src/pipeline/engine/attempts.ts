import type { Cancel, Clock } from '../../model/clock.ts'
import type { RetryDefinition } from '../../model/definition.ts'
import { MillraceError } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'

/** Something to be attempted, and whom to tell. */
export interface Attempts<T> {
  readonly clock: Clock
  /** Timers for the deadlines. */
  readonly deadlines: Pick<Clock, 'after'>
  readonly retry: RetryDefinition | undefined
  /** Deadline of each attempt; none when undefined. */
  readonly timeoutMs: number | undefined
  /** Says what is attempted, for the message of a timeout. */
  readonly subject: string
  /** Begins an attempt. The signal is aborted when its time is over or nobody wants it any more. */
  readonly call: (signal: AbortSignal) => Promise<T>
  /** An attempt that is under way already, or has failed already, counts as the first one. */
  readonly first?: { readonly promise: Promise<T> } | { readonly error: unknown } | undefined
  readonly succeeded: (result: T) => void
  readonly failed: (error: unknown, attempts: number) => void
}

/**
 * Attempts something until it succeeds or the attempts are used up, with a deadline for each and a growing delay between
 * them. It runs on the injected clock. After cancelling neither `succeeded` nor `failed` is called.
 */
export function attempt<T>(options: Attempts<T>): Cancel {
  const attempts = new Attempting(options)
  return () => attempts.cancel()
}

/** The delay after so many failed attempts; `random` between 0 and 1 spreads it by the share `jitter` to both sides. */
export function delayMs(retry: RetryDefinition, failures: number, random: number): number {
  const { delayMs, factor, maxDelayMs, jitter } = retry
  const plain = Math.min(maxDelayMs, delayMs * factor ** (failures - 1))
  return Math.max(0, plain * (1 + jitter * (2 * random - 1)))
}

/** The attempts at one thing. An object, not closures: asynchronous steps of a cyclic pipeline make many of them. */
class Attempting<T> {
  readonly #options: Attempts<T>
  #controller: AbortController | undefined
  #stopTimer: Cancel | undefined
  #failures = 0
  /** Number of the attempt that is under way; whatever else ends is of no interest any more. */
  #turn = 0

  constructor(options: Attempts<T>) {
    this.#options = options
    const { first } = options
    if (!first) this.#begin()
    else if ('error' in first) this.#lost(first.error)
    else this.#watch(first.promise)
  }

  cancel(): void {
    this.#leave()
    if (this.#controller && !this.#controller.signal.aborted) {
      this.#controller.abort(new MillraceError('cancelled', `${this.#options.subject} was cancelled`))
    }
  }

  #begin(): void {
    this.#controller = new AbortController()
    this.#watch(started(this.#options.call, this.#controller.signal))
  }

  #watch(promise: Promise<T>): void {
    const turn = ++this.#turn
    const { timeoutMs, deadlines, succeeded } = this.#options
    if (timeoutMs !== undefined) this.#stopTimer = deadlines.after(timeoutMs, () => this.#expire())
    // What a plugin takes for a promise may settle at once, or more than once.
    Promise.resolve(promise).then(
      (result) => {
        if (turn !== this.#turn) return
        this.#leave()
        this.#controller = undefined
        succeeded(result)
      },
      (error: unknown) => {
        if (turn === this.#turn) this.#lost(error)
      },
    )
  }

  #expire(): void {
    const { subject, timeoutMs } = this.#options
    const message = `${subject} did not end within ${timeoutMs} ms; raise its timeout or see what it waits for`
    const error = new MillraceError('timed-out', message, { status: Status.BadTimeout })
    const controller = this.#controller
    this.#leave()
    controller?.abort(error)
    this.#lost(error)
  }

  #lost(error: unknown): void {
    const { clock, retry, failed } = this.#options
    this.#leave()
    this.#controller = undefined
    this.#failures++
    if (this.#failures >= (retry?.attempts ?? 1)) {
      failed(error, this.#failures)
      return
    }
    const delay = delayMs(retry as RetryDefinition, this.#failures, Math.random())
    this.#stopTimer = clock.after(delay, () => this.#begin())
  }

  /** Ends the attempt that is under way, or the delay before the next. */
  #leave(): void {
    this.#turn++
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }
}

async function started<T>(start: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return await start(signal)
}
