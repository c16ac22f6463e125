import type { Cancel, Clock } from '../model/clock.ts'

/** How many step events a pipeline may tell at once, and how many come free again in a second. */
export const stepEventLimits = { burst: 200, perSecond: 100 } as const

/** A part of the burst that only failures may use, so that progress does not push them out. */
const reservedForFailures = 50

/** What was held back is told at most this often, in milliseconds. */
const tellMs = 1000

/**
 * Bounds the step events of a pipeline with a token bucket: a scan of milliseconds, or a step that fails in each of them,
 * would flood every subscriber and the log. What is held back is counted and told in one event at most each second.
 */
export class StepEventLimit {
  readonly #clock: Clock
  readonly #tell: (count: number) => void
  #tokens: number = stepEventLimits.burst
  #lastTime: number
  #heldBack = 0
  #untold = 0
  #cancel: Cancel | undefined

  /** `tell` is given the number of events held back since it was called last. */
  constructor(clock: Clock, tell: (count: number) => void) {
    this.#clock = clock
    this.#tell = tell
    this.#lastTime = clock.monotonic()
  }

  /** Events held back since the start. */
  get heldBack(): number {
    return this.#heldBack
  }

  /** Whether one more event may be told now; when not, it is counted. */
  admits({ isFailure }: { readonly isFailure: boolean }): boolean {
    this.#refill()
    const isAdmitted = this.#tokens >= (isFailure ? 1 : 1 + reservedForFailures)
    if (isAdmitted) this.#tokens--
    else this.holdBack()
    return isAdmitted
  }

  /** Counts an event that is not told. */
  holdBack(): void {
    this.#heldBack++
    this.#untold++
    this.#cancel ??= this.#clock.after(tellMs, () => this.#flush())
  }

  /** Tells what is untold and takes the timer away. */
  close(): void {
    this.#cancel?.()
    this.#flush()
  }

  #refill(): void {
    const now = this.#clock.monotonic()
    const refilled = this.#tokens + ((now - this.#lastTime) / 1000) * stepEventLimits.perSecond
    this.#tokens = Math.min(stepEventLimits.burst, refilled)
    this.#lastTime = now
  }

  #flush(): void {
    this.#cancel = undefined
    const count = this.#untold
    this.#untold = 0
    if (count > 0) this.#tell(count)
  }
}
