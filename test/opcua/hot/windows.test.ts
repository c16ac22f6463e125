import { expect } from 'chai'
import { endOf, type InWindow, Windows } from '../../../src/opcua/hot/windows.ts'

/** An item that counts the ends of its windows, and waits for another one so many times. */
class Item implements InWindow {
  _coalesceTimer: unknown = null
  ends = 0
  readonly #windows: Windows
  readonly #intervalMs: number
  #more: number

  constructor(windows: Windows, intervalMs: number, more: number, nowMs = performance.now()) {
    this.#windows = windows
    this.#intervalMs = intervalMs
    this.#more = more
    this._coalesceTimer = windows.wait(this, endOf(intervalMs, nowMs))
  }

  _on_coalesce_window_end(): void {
    this.ends += 1
    this.#more -= 1
    this._coalesceTimer = this.#more > 0 ? this.#windows.wait(this, endOf(this.#intervalMs, performance.now())) : null
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('windows of sampling intervals', () => {
  it('end for each item as often as it asks, with one timer for all that end together', async () => {
    const windows = new Windows()
    const stock = globalThis.setTimeout
    let timers = 0
    globalThis.setTimeout = ((...given: Parameters<typeof stock>) => {
      timers += 1
      return stock(...given)
    }) as typeof stock
    const nowMs = performance.now()
    const items = Array.from({ length: 500 }, (_, index) => new Item(windows, index % 2 === 0 ? 30 : 60, 3, nowMs))
    globalThis.setTimeout = stock
    expect(timers).to.equal(2)
    expect(windows.count).to.equal(500)
    await until(() => windows.count === 0)
    expect(items.map(({ ends }) => ends)).to.deep.equal(items.map(() => 3))
  })

  it('last at least their interval', async () => {
    const windows = new Windows()
    const start = performance.now()
    const item = new Item(windows, 50, 1)
    await until(() => item.ends === 1)
    expect(performance.now() - start).to.be.at.least(50)
  })

  it('end on a grid of a twentieth of the interval, of at most 50 ms', () => {
    expect(endOf(50, 1000.1)).to.equal(1052.5)
    expect(endOf(10, 1000.1)).to.equal(1011)
    expect(endOf(60_000, 1000.1)).to.equal(61_050)
  })

  it('pass over an item that has forgotten its window, and count it once when it waits again', async () => {
    const windows = new Windows()
    const forgetful = new Item(windows, 20, 5)
    const hasty = new Item(windows, 20, 1)
    const other = new Item(windows, 20, 1)
    forgetful._coalesceTimer = null
    const endMs = endOf(20, performance.now())
    hasty._coalesceTimer = windows.wait(hasty, endMs)
    hasty._coalesceTimer = windows.wait(hasty, endMs)
    await until(() => windows.count === 0)
    expect([forgetful.ends, hasty.ends, other.ends]).to.deep.equal([0, 1, 1])
  })
})
