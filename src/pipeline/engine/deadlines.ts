import type { Cancel, Clock } from '../../model/clock.ts'

/** A machine's timer may fire a fraction of a millisecond early. */
const toleranceMs = 0.5

interface Deadline {
  readonly at: number
  readonly callback: () => void
}

/**
 * Deadlines of what runs side by side, on one timer of the clock: nearly all of them are called off again, in each wave, and
 * a timer for each would be the dearest part of a short asynchronous step.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #open = new Set<Deadline>()
  #timerAt = Number.POSITIVE_INFINITY
  #cancel: Cancel = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls back once after a delay in milliseconds. */
  after(delayMs: number, callback: () => void): Cancel {
    const deadline = { at: this.#clock.monotonic() + delayMs, callback }
    this.#open.add(deadline)
    if (deadline.at < this.#timerAt) this.#arm(deadline.at)
    return () => {
      if (this.#open.delete(deadline) && this.#open.size === 0) this.#disarm()
    }
  }

  #arm(at: number): void {
    this.#cancel()
    this.#timerAt = at
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => this.#fire())
  }

  #disarm(): void {
    this.#cancel()
    this.#cancel = () => {}
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #fire(): void {
    this.#disarm()
    const now = this.#clock.monotonic() + toleranceMs
    const due = [...this.#open].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
    for (const deadline of due) {
      // One that is called back may call off another.
      if (this.#open.delete(deadline)) deadline.callback()
    }
    const next = [...this.#open].reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY)
    if (next < this.#timerAt) this.#arm(next)
  }
}
