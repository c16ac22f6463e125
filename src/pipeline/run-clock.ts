import type { Cancel, Clock } from '../model/clock.ts'

interface Timer {
  readonly callback: () => void
  /** Milliseconds of this clock at which it is due. */
  readonly at: number
  cancel: Cancel | undefined
}

/**
 * The time of one run: it stands still while the run is suspended, and with it deadlines, pauses between attempts and blocks
 * that wait. The wall clock goes on, because source times are true times.
 */
export class RunClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #lost = 0
  #pausedAt: number | undefined

  /** Runs on another clock. */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return (this.#pausedAt ?? this.#clock.monotonic()) - this.#lost
  }

  after(delayMs: number, callback: () => void): Cancel {
    const timer: Timer = { callback, at: this.monotonic() + Math.max(0, delayMs), cancel: undefined }
    this.#timers.add(timer)
    if (this.#pausedAt === undefined) this.#arm(timer)
    return () => {
      timer.cancel?.()
      this.#timers.delete(timer)
    }
  }

  /** Lets time stand still. */
  pause(): void {
    if (this.#pausedAt !== undefined) return
    this.#pausedAt = this.#clock.monotonic()
    for (const timer of this.#timers) timer.cancel?.()
  }

  /** Lets time go on. */
  resume(): void {
    if (this.#pausedAt === undefined) return
    this.#lost += this.#clock.monotonic() - this.#pausedAt
    this.#pausedAt = undefined
    for (const timer of this.#timers) this.#arm(timer)
  }

  #arm(timer: Timer): void {
    timer.cancel = this.#clock.after(timer.at - this.monotonic(), () => {
      this.#timers.delete(timer)
      timer.callback()
    })
  }
}
