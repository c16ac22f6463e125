/** A request that waits for its turn. */
interface Waiting {
  readonly begin: () => Promise<void>
}

/**
 * Reads and writes of one device, one at a time and in order, because field protocols answer in turn.
 *
 * Writes are bounded; a read goes before the waiting writes. Reads need no bound: a poller never asks for two.
 */
export class Requests {
  readonly #lengthMax: number
  readonly #writes: Waiting[] = []
  readonly #reads: Waiting[] = []
  #isBusy = false

  /** At most `lengthMax` writes wait. */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /** Whether another write would be refused. */
  get isFull(): boolean {
    return this.#writes.length >= this.#lengthMax
  }

  /** Whether no write waits. */
  get isDrained(): boolean {
    return this.#writes.length === 0
  }

  /** Does `work` in the order of writes. */
  write<T>(work: () => Promise<T>): Promise<T> {
    return this.#queued(work, this.#writes)
  }

  /** Does `work` next. */
  read<T>(work: () => Promise<T>): Promise<T> {
    return this.#queued(work, this.#reads)
  }

  #queued<T>(work: () => Promise<T>, queue: Waiting[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push({ begin: () => work().then(resolve, reject) })
      this.#next()
    })
  }

  #next(): void {
    if (this.#isBusy) return
    const waiting = this.#reads.shift() ?? this.#writes.shift()
    if (!waiting) return
    this.#isBusy = true
    void waiting.begin().then(() => {
      this.#isBusy = false
      this.#next()
    })
  }
}
