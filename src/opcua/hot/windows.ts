/** Something whose window ends, such as a monitored item that may tell of the next change. */
export interface InWindow {
  readonly samplingInterval: number
  _coalesceTimer: unknown
  _on_coalesce_window_end(): void
}

/** A window under way; it is over at once when its item has forgotten it. */
interface Window {
  readonly item: InWindow
  readonly dueMs: number
}

/** Windows of one length, in the order in which they end. */
interface Row {
  windows: Window[]
  next: number
}

/**
 * The times in which monitored items keep further changes back, so that a client gets no more than one value in each of its
 * sampling intervals. Items with the same interval share one timer, which runs while any of them has changed.
 */
export class Windows {
  readonly #rows = new Map<number, Row>()

  /** Begins a window of the item's sampling interval; to be put into the item, which is told of its end. */
  open(item: InWindow): unknown {
    const { samplingInterval } = item
    const row = this.#rows.get(samplingInterval) ?? { windows: [], next: 0 }
    const window = { item, dueMs: dueOf(samplingInterval) }
    row.windows.push(window)
    if (this.#rows.has(samplingInterval)) return window
    this.#rows.set(samplingInterval, row)
    this.#wait(samplingInterval, row, window)
    return window
  }

  /** How many windows are open. */
  get count(): number {
    return [...this.#rows.values()].reduce((sum, { windows, next }) => sum + windows.length - next, 0)
  }

  #wait(interval: number, row: Row, { dueMs }: Window): void {
    // A window keeps no process alive.
    setTimeout(() => this.#end(interval, row), Math.max(1, dueMs - performance.now())).unref()
  }

  /** Ends all windows that are over, and waits for the next. */
  #end(interval: number, row: Row): void {
    const nowMs = performance.now() + 1
    const ended: Window[] = []
    let window = row.windows[row.next]
    while (window && window.dueMs <= nowMs) {
      ended.push(window)
      row.next += 1
      window = row.windows[row.next]
    }
    for (const each of ended) if (each.item._coalesceTimer === each) each.item._on_coalesce_window_end()
    row.windows.splice(0, row.next)
    row.next = 0
    const [first] = row.windows
    if (first) this.#wait(interval, row, first)
    else this.#rows.delete(interval)
  }
}

/** Ends are put together on a grid of a twentieth of the interval, of at most 50 ms. */
function dueOf(intervalMs: number): number {
  const grid = Math.max(1, Math.min(50, intervalMs / 20))
  return Math.ceil((performance.now() + intervalMs) / grid) * grid
}
