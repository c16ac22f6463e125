import type { Cancel, Clock } from '../model/clock.ts'

/** What a poller needs. */
export interface PollerOptions {
  readonly clock: Clock
  readonly everyMs: number
  /** Moves the grid of due times, so that devices with the same period do not all read at once. */
  readonly phaseMs: number
  /** One poll; it must not reject. */
  readonly poll: () => Promise<void>
  /** Due times that passed while a poll was under way. */
  readonly onSkipped: (count: number) => void
}

/**
 * Polls without drift and never twice at once.
 *
 * The first poll is at once; the following ones lie on a grid of monotonic time, so that a late timer or a slow device
 * shifts nothing. Due times that pass during a poll are skipped and counted, not made up for.
 */
export class Poller {
  readonly #options: PollerOptions
  #cancel: Cancel | undefined
  #isPolling = false
  #isWanted = false
  #isRunning = false
  /** Number of the last due time on the grid that was served or has passed. */
  #index = 0

  constructor(options: PollerOptions) {
    this.#options = options
  }

  /** Polls now, and from then on by the grid. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#index = this.#indexNow()
    this.#begin()
  }

  /** Polls once more as soon as possible, without moving the grid. */
  soon(): void {
    if (!this.#isRunning) return
    if (this.#isPolling) this.#isWanted = true
    else this.#begin()
  }

  /** Polls no more; the poll under way is left to itself. */
  stop(): void {
    this.#isRunning = false
    this.#cancel?.()
    this.#cancel = undefined
  }

  #begin(): void {
    this.#cancel?.()
    this.#isPolling = true
    this.#isWanted = false
    // The poll is promised not to reject.
    void this.#options.poll().then(() => this.#ended())
  }

  #ended(): void {
    this.#isPolling = false
    if (!this.#isRunning) return
    const { clock, everyMs, phaseMs, onSkipped } = this.#options
    const passed = this.#indexNow()
    if (passed > this.#index) {
      onSkipped(passed - this.#index)
      this.#index = passed
    }
    if (this.#isWanted) {
      this.#begin()
      return
    }
    const next = this.#index + 1
    this.#cancel = clock.after(phaseMs + next * everyMs - clock.monotonic(), () => {
      // A timer may be early by a fraction of a millisecond, so the number counts, not the time.
      this.#index = next
      this.#begin()
    })
  }

  #indexNow(): number {
    const { clock, everyMs, phaseMs } = this.#options
    return Math.floor((clock.monotonic() - phaseMs) / everyMs)
  }
}
