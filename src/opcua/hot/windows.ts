/** Something that waits for the end of its window, such as a monitored item that has a change to tell of. */
export interface InWindow {
  _coalesceTimer: unknown
  _on_coalesce_window_end(): void
}

/**
 * The ends of times in which monitored items keep further changes back, so that a client gets no more than one value in each of its
 * sampling intervals. Only items that have kept something back wait for an end, and items with the same end share one timer.
 */
export class Windows {
  readonly #waitingByEnd = new Map<number, InWindow[]>()

  /**
   * Waits until a time of {@link endOf}; what is returned is to be put into the item, which is told of the end while it still has it.
   */
  wait(item: InWindow, endMs: number): unknown {
    const known = this.#waitingByEnd.get(endMs)
    if (known) {
      known.push(item)
      return known
    }
    const waiting = [item]
    this.#waitingByEnd.set(endMs, waiting)
    this.#arm(endMs, waiting)
    return waiting
  }

  /** How many items wait; one that has forgotten so counts until the end. */
  get count(): number {
    return [...this.#waitingByEnd.values()].reduce((sum, { length }) => sum + length, 0)
  }

  #arm(endMs: number, waiting: readonly InWindow[]): void {
    const end = (): void => {
      // A timer may be early.
      if (performance.now() < endMs) {
        this.#arm(endMs, waiting)
        return
      }
      this.#waitingByEnd.delete(endMs)
      for (const item of waiting) if (item._coalesceTimer === waiting) item._on_coalesce_window_end()
    }
    // A window keeps no process alive.
    setTimeout(end, Math.max(1, endMs - performance.now())).unref()
  }
}

/** When a window ends that begins now. Ends are put together on a grid of a twentieth of the interval, of at most 50 ms. */
export function endOf(intervalMs: number, nowMs: number): number {
  const grid = Math.max(1, Math.min(50, intervalMs / 20))
  return Math.ceil((nowMs + intervalMs) / grid) * grid
}
