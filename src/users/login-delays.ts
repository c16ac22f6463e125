import type { Clock } from '../model/clock.ts'
import { Gate } from './gate.ts'

/** Who tries to log in, and from where. */
export interface LoginPlace {
  readonly user: string
  /** Address of the client, as the socket tells it. */
  readonly address: string
}

/** Failures of one user from one address before there is a delay. */
const freeFailures = 3

/** How long a failure is remembered, in milliseconds. */
const rememberedMs = 15 * 60_000

/** Pairs of user and address that are remembered; the oldest ones are forgotten first. */
const placesMax = 10_000

/** Attempts of one user from one address that may wait for each other; more are refused without a look. */
const waitingMax = 20

interface Failures {
  count: number
  waiting: number
  atMs: number
  readonly gate: Gate
}

/** The delay after so many failures in a row, in milliseconds: none for the first three, then 250 ms times 2^n up to 10 s. */
export function delayAfter(failures: number): number {
  return failures < freeFailures ? 0 : Math.min(250 * 2 ** (failures - freeFailures), 10_000)
}

/**
 * Slows guessing down, for each user and address: attempts are looked at one after another, and each one waits for longer.
 *
 * Somebody who guesses from elsewhere costs a user nothing. On this machine a right password is never made to wait, so that
 * the administrator gets in whatever others try; only wrong ones are.
 */
export class LoginDelays {
  readonly #clock: Clock
  readonly #failuresByPlace = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Looks at an attempt, `check`, in its turn and after its delay, and tells whether it was a right one. */
  async attempt(place: LoginPlace, check: () => Promise<boolean>): Promise<boolean> {
    const failures = this.#failuresOf(place)
    const isHere = isLoopback(place.address)
    // Those of this machine are bounded by its connections, and none of them keeps the administrator out.
    if (!isHere && failures.waiting >= waitingMax) {
      await this.#wait(delayAfter(failures.count))
      return false
    }
    failures.waiting += 1
    try {
      const { isRight, before } = await failures.gate.through(async () => {
        if (!isHere) await this.#wait(delayAfter(failures.count))
        const found = await check()
        const count = failures.count
        failures.count = found ? 0 : count + 1
        failures.atMs = this.#clock.monotonic()
        return { isRight: found, before: count }
      })
      if (isHere && !isRight) await this.#wait(delayAfter(before))
      return isRight
    } finally {
      failures.waiting -= 1
    }
  }

  #failuresOf({ user, address }: LoginPlace): Failures {
    const key = `${address} ${user.slice(0, 200)}`
    const now = this.#clock.monotonic()
    const known = this.#failuresByPlace.get(key)
    // Seen last stands last.
    this.#failuresByPlace.delete(key)
    const fresh = known && (known.waiting > 0 || now - known.atMs < rememberedMs) ? known : undefined
    const failures = fresh ?? { count: 0, waiting: 0, atMs: now, gate: new Gate(1) }
    this.#failuresByPlace.set(key, failures)
    if (this.#failuresByPlace.size > placesMax) this.#forgetOldest()
    return failures
  }

  #forgetOldest(): void {
    for (const [key, { waiting }] of this.#failuresByPlace) {
      if (waiting > 0) continue
      this.#failuresByPlace.delete(key)
      return
    }
  }

  #wait(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve()
    return new Promise((resolve) => this.#clock.after(ms, resolve))
  }
}

/** Whether an address is this machine's own. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
