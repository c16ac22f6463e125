import type { Clock } from './clock.ts'

/** How far the wall clock may run ahead of the monotonic one before it is doubted, in milliseconds. */
const aheadMax = 10 * 60_000
/** How long a wall clock that has jumped ahead has to stay there until it is believed, in milliseconds. */
const doubtMs = 24 * 3_600_000

/**
 * The wall clock, as far as it can be trusted with forgetting: what is deleted for its age does not come back.
 *
 * A clock that jumps ahead makes everything old at once, and is set right again only when somebody has noticed. So a jump of more
 * than ten minutes counts after the program has run with it for a day; until then time goes on from before. A clock that goes
 * back is followed at once, since it makes nothing older.
 */
export class TrustedTime {
  readonly #clock: Clock
  #wall: number
  #monotonic: number
  #doubtedSince: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wall = clock.now()
    this.#monotonic = clock.monotonic()
  }

  /** Milliseconds since 1970 UTC. */
  now(): number {
    const wall = this.#clock.now()
    const monotonic = this.#clock.monotonic()
    const expected = this.#wall + (monotonic - this.#monotonic)
    if (wall > expected + aheadMax) {
      this.#doubtedSince ??= monotonic
      if (monotonic - this.#doubtedSince < doubtMs) return expected
    }
    this.#doubtedSince = undefined
    this.#wall = wall
    this.#monotonic = monotonic
    return wall
  }
}
