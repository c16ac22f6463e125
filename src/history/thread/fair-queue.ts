/** Things that wait, each for an owner; owners have their turn one after the other, and what one has waiting stays in order. */
export class FairQueue<T> {
  /** The owner whose turn it is comes first; nobody is in it with nothing. */
  readonly #byOwner = new Map<object, T[]>()

  /** How many things of an owner wait. */
  lengthOf(owner: object): number {
    return this.#byOwner.get(owner)?.length ?? 0
  }

  add(owner: object, item: T): void {
    const items = this.#byOwner.get(owner)
    if (items) items.push(item)
    else this.#byOwner.set(owner, [item])
  }

  /** Takes the next thing whose owner may have it; that owner is the last one then. */
  take(may: (owner: object) => boolean): T | undefined {
    for (const [owner, [item, ...rest]] of this.#byOwner) {
      if (!may(owner)) continue
      this.#byOwner.delete(owner)
      if (rest.length > 0) this.#byOwner.set(owner, rest)
      return item
    }
    return undefined
  }

  /** Takes one thing out, wherever it stands. */
  remove(owner: object, item: T): void {
    const rest = this.#byOwner.get(owner)?.filter((each) => each !== item) ?? []
    if (rest.length > 0) this.#byOwner.set(owner, rest)
    else this.#byOwner.delete(owner)
  }

  /** Takes everything out. */
  drain(): T[] {
    const items = [...this.#byOwner.values()].flat()
    this.#byOwner.clear()
    return items
  }
}
