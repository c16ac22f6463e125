/** A request that waits for its turn. */
interface Waiting {
  readonly begin: () => Promise<void>
}

/**
 * Reads and writes of one device, one at a time and in order, because field protocols answer in turn. A connection that keeps
 * the order itself may have several under way.
 *
 * Writes are bounded; a read goes before the waiting writes. Reads need no bound: a poller never asks for two.
 */
export class Requests {
  readonly #lengthMax: number
  readonly #writes: Waiting[] = []
  readonly #reads: Waiting[] = []
  #activeMax = 1
  #activeCount = 0

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

  /** How many may be under way at once from now on. */
  allow(activeMax: number): void {
    this.#activeMax = activeMax
    this.#next()
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
    while (this.#activeCount < this.#activeMax) {
      const waiting = this.#reads.shift() ?? this.#writes.shift()
      if (!waiting) return
      this.#activeCount++
      void waiting.begin().then(() => {
        this.#activeCount--
        this.#next()
      })
    }
  }
}
