import type { Cancel, Clock } from '../../model/clock.ts'

/** How a state is delayed, and who hears of it. */
export interface DelayedOptions<State> {
  readonly clock: Clock
  /** How long a worse state must last before it counts. */
  readonly onDelayMs: number
  /** How long the normal state must last before it counts. */
  readonly offDelayMs: number
  readonly isWorse: (from: State | undefined, to: State | undefined) => boolean
  /** The state that counts at first; undefined is normal. */
  readonly initial?: State | undefined
  /** Hears of each state that counts, and when it began to: the source time, or now when it was delayed. */
  readonly onChange: (state: State | undefined, time: number) => void
}

/**
 * Lets a state count only when it lasts (OnDelay and OffDelay of Part 9 §5.8.2). A change for the better that does not
 * reach normal counts at once.
 */
export class Delayed<State> {
  readonly #options: DelayedOptions<State>
  #current: State | undefined
  #latest: State | undefined
  #pending: { readonly kind: 'on' | 'off'; readonly cancel: Cancel } | undefined

  constructor(options: DelayedOptions<State>) {
    this.#options = options
    this.#current = options.initial
    this.#latest = options.initial
  }

  /** The newest state, whether it counts already or not. */
  get latest(): State | undefined {
    return this.#latest
  }

  /** Takes a new state with its source time in milliseconds since 1970 UTC; it counts after `leastMs` at the earliest. */
  input(state: State | undefined, time: number, leastMs = 0): void {
    const { clock, isWorse, onDelayMs, offDelayMs } = this.#options
    this.#latest = state
    if (state === this.#current) {
      this.#forget()
      return
    }
    const isOn = isWorse(this.#current, state)
    const delayMs = Math.max(leastMs, isOn ? onDelayMs : state === undefined ? offDelayMs : 0)
    if (delayMs <= 0) {
      this.#adopt(time)
      return
    }
    const kind = isOn ? 'on' : 'off'
    // While it waits it may still change; what counts in the end is the newest.
    if (this.#pending?.kind === kind) return
    this.#forget()
    this.#pending = { kind, cancel: clock.after(delayMs, () => this.#adopt(clock.now())) }
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#forget()
  }

  #adopt(time: number): void {
    this.#forget()
    this.#current = this.#latest
    this.#options.onChange(this.#current, time)
  }

  #forget(): void {
    this.#pending?.cancel()
    this.#pending = undefined
  }
}
