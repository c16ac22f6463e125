/** When something that fails is started again, and when it is given up (the fault table of plugins). */
export const faultLimits = {
  /** Delay after the first failure in milliseconds; it doubles with each that follows. */
  firstDelayMs: 1000,
  maxDelayMs: 60_000,
  /** So many failures within {@link faultLimits.windowMs} are a fault. */
  failuresMax: 3,
  windowMs: 60_000,
} as const

/** What is to be done after a failure: start again after a delay, or give up until somebody has looked. */
export type AfterFailure = { readonly kind: 'restart'; readonly delayMs: number } | { readonly kind: 'faulted' }

/**
 * Counts the failures of one thing and decides what follows: it is started again after 1, 2, 4 ... 60 s, and is faulted at the
 * third failure within 60 s. Whoever has run for 60 s without a failure begins with 1 s again.
 */
export class FaultPolicy {
  #inRow = 0
  /** Times of the newest failures, on a monotonic clock. */
  #recent: number[] = []

  /** A failure at a time on a monotonic clock, in milliseconds. */
  failed(now: number): AfterFailure {
    const { firstDelayMs, maxDelayMs, failuresMax, windowMs } = faultLimits
    const last = this.#recent.at(-1) ?? Number.NEGATIVE_INFINITY
    const restDelayMs = this.#inRow === 0 ? 0 : this.#delay(firstDelayMs, maxDelayMs)
    // The time that it waited for its restart is no time in which it ran well.
    if (now - last - restDelayMs >= windowMs) this.#inRow = 0
    this.#inRow++
    this.#recent = [...this.#recent.filter((time) => now - time < windowMs), now]
    if (this.#recent.length >= failuresMax) return { kind: 'faulted' }
    return { kind: 'restart', delayMs: this.#delay(firstDelayMs, maxDelayMs) }
  }

  /** Somebody has looked: what was is forgotten. */
  forgive(): void {
    this.#inRow = 0
    this.#recent = []
  }

  #delay(firstDelayMs: number, maxDelayMs: number): number {
    return Math.min(maxDelayMs, firstDelayMs * 2 ** (this.#inRow - 1))
  }
}
