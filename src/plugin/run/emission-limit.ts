/** How much an operator may emit and listen before it counts as broken. */
export const operatorLimits = {
  /** Emissions within one turn. */
  perTurn: 10_000,
  /** Emissions outside its turns at once, and how many come free again in a second. */
  burst: 5000,
  perSecond: 1000,
  /** Subscriptions to its inputs at a time. */
  subscriptions: 1000,
} as const

/** Counts the emissions of an operator: a token bucket for those outside its turns, a plain number for those within one. */
export class EmissionLimit {
  #inTurn = 0
  #tokens: number = operatorLimits.burst
  #lastTime: number

  /** `now` is a time on a monotonic clock in milliseconds, as everywhere here. */
  constructor(now: number) {
    this.#lastTime = now
  }

  /** A turn begins. */
  beginTurn(): void {
    this.#inTurn = 0
  }

  /** Whether one more emission within the turn is too many. */
  isExceededInTurn(): boolean {
    return ++this.#inTurn > operatorLimits.perTurn
  }

  /** Whether one more emission outside a turn is too many. */
  isExceeded(now: number): boolean {
    const refilled = this.#tokens + ((now - this.#lastTime) / 1000) * operatorLimits.perSecond
    this.#tokens = Math.min(operatorLimits.burst, refilled) - 1
    this.#lastTime = now
    return this.#tokens < 0
  }
}
