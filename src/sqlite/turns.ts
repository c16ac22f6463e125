/** Lets callers have something one at a time, in the order in which they asked. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** How many have asked and not ended. */
  get waiting(): number {
    return this.#waiting
  }

  /** Runs `work` when everything that was asked before has ended, well or not. */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1
    const turn = this.#last.then(work).finally(() => {
      this.#waiting -= 1
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
