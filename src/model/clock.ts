/** Cancels what was scheduled; calling it again does nothing. */
export type Cancel = () => void

/**
 * Time as the program sees it. It is injected, so that tests and dry runs can drive it.
 *
 * `now` is wall-clock time in milliseconds since 1970 UTC, for source times. `monotonic` is milliseconds that never jump,
 * for intervals and deadlines.
 */
export interface Clock {
  now(): number
  monotonic(): number
  /** Calls back once after a delay in milliseconds. */
  after(delayMs: number, callback: () => void): Cancel
}

/** The machine's own clock. Its timers do not keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until it is told to go on: for tests and for user test cases under virtual time. */
export class VirtualClock implements Clock {
  #time: number
  readonly #epoch: number
  #order = 0
  #timers: { at: number; order: number; callback: () => void }[] = []

  /** Starts at `epoch` milliseconds since 1970 UTC. */
  constructor(epoch = 0) {
    this.#epoch = epoch
    this.#time = 0
  }

  now(): number {
    return this.#epoch + this.#time
  }

  monotonic(): number {
    return this.#time
  }

  after(delayMs: number, callback: () => void): Cancel {
    const timer = { at: this.#time + Math.max(0, delayMs), order: this.#order++, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** How many callbacks wait; a test for leaks compares it with zero. */
  get pending(): number {
    return this.#timers.length
  }

  /**
   * Moves time on by `ms`, calls back in order of time, and lets promises settle between the calls.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms
    await settle()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#time = Math.max(this.#time, next.at)
      this.#timers = this.#timers.filter((other) => other !== next)
      next.callback()
      await settle()
    }
    this.#time = end
  }

  #next(end: number): { at: number; order: number; callback: () => void } | undefined {
    return this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0]
  }
}

/** Lets chains of settled promises run to their end. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
