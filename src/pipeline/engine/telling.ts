import type { Clock } from '../../model/clock.ts'

/** So many failures of a step are told at once, and one more comes free in so many milliseconds. */
export const failureTelling = { burst: 3, refillMs: 10_000 } as const

/**
 * Decides which failures of each step are told: one for each trouble. A step that fails in every wave is told of once, until it
 * works again; one that works and fails by turns, or has another reason each time, a few times and then now and then.
 */
export class FailureTelling {
  readonly #clock: Clock
  readonly #told: Uint8Array
  readonly #messages: string[]
  readonly #tokens: Float64Array
  readonly #times: Float64Array

  /** `count` is the number of steps. */
  constructor(count: number, clock: Clock) {
    this.#clock = clock
    this.#told = new Uint8Array(count)
    this.#messages = new Array<string>(count).fill('')
    this.#tokens = new Float64Array(count).fill(failureTelling.burst)
    this.#times = new Float64Array(count)
  }

  /** What the newest failure of a step says; empty while there was none. */
  messageOf(index: number): string {
    return this.#messages[index] as string
  }

  /** A step failed: it is `new`, or `repeated` too soon, or `known` because it has not worked since. */
  failed(index: number, message: string): 'new' | 'repeated' | 'known' {
    const isKnown = this.#told[index] === 1 && this.#messages[index] === message
    this.#told[index] = 1
    this.#messages[index] = message
    if (isKnown) return 'known'
    const now = this.#clock.monotonic()
    const refilled = (this.#tokens[index] as number) + (now - (this.#times[index] as number)) / failureTelling.refillMs
    const tokens = Math.min(failureTelling.burst, refilled)
    this.#times[index] = now
    this.#tokens[index] = tokens >= 1 ? tokens - 1 : tokens
    return tokens >= 1 ? 'new' : 'repeated'
  }

  /** A step works again. */
  worked(index: number): void {
    this.#told[index] = 0
  }
}
