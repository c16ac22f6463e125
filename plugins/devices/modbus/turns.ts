/** Something that waits for its turn on a bus. */
export interface Turn {
  readonly unit: number
  readonly isWrite: boolean
}

/** After so many writes in a row a waiting read goes first, so that a flood of writes cannot stop all reading. */
export const writesInARowMax = 8

/**
 * Whose turn it is on a bus: writes before reads, and among each the units in turn, so that a unit with many requests does not
 * hold up one with few. Requests of one unit keep their order.
 */
export class Turns<T extends Turn> {
  readonly #writes = new RoundRobin<T>()
  readonly #reads = new RoundRobin<T>()
  #writesInARow = 0

  /** How many wait. */
  get length(): number {
    return this.#writes.length + this.#reads.length
  }

  /** How many of one unit wait. */
  lengthOf(unit: number): number {
    return this.#writes.lengthOf(unit) + this.#reads.lengthOf(unit)
  }

  /** Lines up. */
  add(turn: T): void {
    const queue = turn.isWrite ? this.#writes : this.#reads
    queue.add(turn)
  }

  /** Takes the next one out; undefined when none waits. */
  next(): T | undefined {
    const isReadDue = this.#writesInARow >= writesInARowMax && this.#reads.length > 0
    const write = isReadDue ? undefined : this.#writes.next()
    this.#writesInARow = write ? this.#writesInARow + 1 : 0
    return write ?? this.#reads.next()
  }

  /** Takes out all that are not wanted any more, and gives them. */
  remove(isUnwanted: (turn: T) => boolean): T[] {
    return [...this.#writes.remove(isUnwanted), ...this.#reads.remove(isUnwanted)]
  }
}

class RoundRobin<T extends Turn> {
  /** In the order of the units' turns: a Map keeps the order of insertion. */
  readonly #queueByUnit = new Map<number, T[]>()
  #length = 0

  get length(): number {
    return this.#length
  }

  lengthOf(unit: number): number {
    return this.#queueByUnit.get(unit)?.length ?? 0
  }

  add(turn: T): void {
    const queue = this.#queueByUnit.get(turn.unit)
    if (queue) queue.push(turn)
    else this.#queueByUnit.set(turn.unit, [turn])
    this.#length++
  }

  next(): T | undefined {
    for (const [unit, queue] of this.#queueByUnit) {
      const turn = queue.shift()
      this.#queueByUnit.delete(unit)
      if (queue.length > 0) this.#queueByUnit.set(unit, queue)
      if (turn) this.#length--
      return turn
    }
    return undefined
  }

  remove(isUnwanted: (turn: T) => boolean): T[] {
    const removed: T[] = []
    for (const [unit, queue] of this.#queueByUnit) {
      const kept = queue.filter((turn) => !isUnwanted(turn))
      removed.push(...queue.filter(isUnwanted))
      if (kept.length === 0) this.#queueByUnit.delete(unit)
      else this.#queueByUnit.set(unit, kept)
    }
    this.#length -= removed.length
    return removed
  }
}
