/** A request that waits for its turn; `begin` resolves when it has been answered, however. */
interface Waiting {
  readonly begin: () => Promise<void>
  /** It is not sent while other writes are under way. */
  readonly isAlone?: boolean
}

/**
 * Reads and writes of one device, one at a time and in order, because field protocols answer in turn. A connection that keeps
 * the order itself may have several under way.
 *
 * Writes are bounded; a read goes before the waiting writes. Reads need no bound: a poller never asks for two. A write that is
 * verified holds back the writes after it until it is, but not the reads, which it needs.
 */
export class Requests {
  readonly #lengthMax: number
  readonly #writes: Waiting[] = []
  readonly #reads: Waiting[] = []
  #activeMax = 1
  #activeCount = 0
  #writingCount = 0
  #isHeld = false

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

  /** Does `work` in the order of writes; with `after`, no other write is sent until that is done too. */
  write<T>(work: () => Promise<T>, after?: (result: T) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const begin = (): Promise<void> => {
        this.#writingCount++
        this.#isHeld = after !== undefined
        const sent = work()
        void (after ? sent.then(after) : sent).then(resolve, reject).then(() => {
          this.#writingCount--
          if (after) this.#isHeld = false
          this.#next()
        })
        return settled(sent)
      }
      this.#writes.push({ begin, isAlone: after !== undefined })
      this.#next()
    })
  }

  /** Does `work` next. */
  read<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reads.push({ begin: () => work().then(resolve, reject) })
      this.#next()
    })
  }

  #next(): void {
    while (this.#activeCount < this.#activeMax) {
      const waiting = this.#reads.shift() ?? this.#nextWrite()
      if (!waiting) return
      this.#activeCount++
      void waiting.begin().then(() => {
        this.#activeCount--
        this.#next()
      })
    }
  }

  #nextWrite(): Waiting | undefined {
    const mustWait = this.#isHeld || (this.#writes[0]?.isAlone === true && this.#writingCount > 0)
    return mustWait ? undefined : this.#writes.shift()
  }
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(
    () => {},
    () => {},
  )
}
