import type { Cancel, Clock } from '../../model/clock.ts'
import type { Moment } from '../../plugin/define.ts'

/** A wish that is due at once would start waves without end. */
const wishMsMin = 1

/** The moment of one function block, kept for the whole execution and brought up to date before each computation. */
export class BlockMoment implements Moment {
  time = 0
  elapsed = 0
  isFirst = true
  readonly wakeIn: (seconds: number) => void
  readonly #clock: Clock
  readonly #wake: () => void
  #last = -1
  #dueAt = Number.POSITIVE_INFINITY
  #timerAt = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined

  /** `wake` is called when the block's wish has come due. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
    this.wakeIn = (seconds) => this.#wish(seconds)
  }

  /** Sets the moment of a computation: the newest input's source time, and the wave's time on the monotonic clock. */
  begin(time: number, monotonic: number): void {
    this.isFirst = this.#last < 0
    this.elapsed = this.isFirst || monotonic <= this.#last ? 0 : (monotonic - this.#last) / 1000
    this.time = time
    this.#last = monotonic
  }

  /** The block begins anew. */
  restart(): void {
    this.#last = -1
    this.close()
  }

  /** Forgets the wish. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #wish(seconds: number): void {
    if (!Number.isFinite(seconds)) {
      this.close()
      return
    }
    this.#dueAt = this.#clock.monotonic() + Math.max(wishMsMin, seconds * 1000)
    // A timer that fires too early is armed again then: blocks wish in every wave, and timers cost more than that.
    if (this.#timerAt > this.#dueAt) this.#arm()
  }

  #arm(): void {
    this.#cancel?.()
    this.#timerAt = this.#dueAt
    this.#cancel = this.#clock.after(this.#dueAt - this.#clock.monotonic(), () => this.#fire())
  }

  #fire(): void {
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    // A machine's timer may fire a fraction of a millisecond early.
    if (this.#clock.monotonic() < this.#dueAt - 0.5) {
      this.#arm()
      return
    }
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#wake()
  }
}
