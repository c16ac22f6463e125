/** What waits in a subscription to go into a message, as the stack makes it. */
export interface Entry {
  readonly monitoredItemId?: number | undefined
  readonly notification: object
  readonly size?: number | undefined
}

/** So many entries may stay after they have been taken out. */
const FEW = 1000

/**
 * The notifications of a subscription that have been collected and not yet been sent, in their order.
 *
 * It takes the place of the stack's chain of linked nodes, with the same methods: an array that is read from a moving front, since a
 * chain of many thousand nodes is slow to walk through and to collect.
 */
export class Pending {
  #entries: Entry[] = []
  #from = 0

  /** Takes over what waits in another queue, such as the stack's own. */
  static of(queue: { values(): Iterable<Entry> }): Pending {
    const pending = new Pending()
    for (const entry of queue.values()) pending.push(entry)
    return pending
  }

  /** How many wait. */
  get size(): number {
    return this.#entries.length - this.#from
  }

  /** Puts one behind all others. */
  push(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** The one that has waited longest, which stays. */
  first(): Entry | undefined {
    return this.#entries[this.#from]
  }

  /** Takes out the one that has waited longest. */
  shift(): Entry | undefined {
    const entry = this.#entries[this.#from]
    if (!entry) return undefined
    this.#from += 1
    // What has been taken out is let go of when it is the larger part.
    if (this.#from > this.size) this.#trim()
    return entry
  }

  /** Takes out all of a kind, and says how many they were. */
  filterOut(isOut: (entry: Entry) => boolean): number {
    const before = this.size
    this.#entries = [...this.values()].filter((entry) => !isOut(entry))
    this.#from = 0
    return before - this.size
  }

  #trim(): void {
    if (this.size > 0 && this.#from < FEW) return
    this.#entries = this.#entries.slice(this.#from)
    this.#from = 0
  }

  /** Forgets all. */
  clear(): void {
    this.#entries = []
    this.#from = 0
  }

  /** All that wait, in order. */
  values(): Iterable<Entry> {
    return this.#entries.slice(this.#from)
  }
}
