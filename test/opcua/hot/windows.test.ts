import { expect } from 'chai'
import { type InWindow, Windows } from '../../../src/opcua/hot/windows.ts'

/** An item that counts the ends of its windows, and begins another one so many times. */
class Item implements InWindow {
  readonly samplingInterval: number
  _coalesceTimer: unknown = null
  ends = 0
  readonly #windows: Windows
  #more: number

  constructor(windows: Windows, samplingInterval: number, more: number) {
    this.samplingInterval = samplingInterval
    this.#windows = windows
    this.#more = more
    this._coalesceTimer = windows.open(this)
  }

  _on_coalesce_window_end(): void {
    this.ends += 1
    this.#more -= 1
    this._coalesceTimer = this.#more > 0 ? this.#windows.open(this) : null
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('windows of sampling intervals', () => {
  it('end for each item as often as it asks, with one timer for all of the same interval', async () => {
    const windows = new Windows()
    const stock = globalThis.setTimeout
    let timers = 0
    globalThis.setTimeout = ((...given: Parameters<typeof stock>) => {
      timers += 1
      return stock(...given)
    }) as typeof stock
    const items = Array.from({ length: 500 }, (_, index) => new Item(windows, index % 2 === 0 ? 30 : 60, 3))
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
    expect(performance.now() - start).to.be.at.least(49)
  })

  it('pass over an item that has forgotten its window', async () => {
    const windows = new Windows()
    const forgetful = new Item(windows, 20, 5)
    const other = new Item(windows, 20, 1)
    forgetful._coalesceTimer = null
    await until(() => other.ends === 1)
    expect([forgetful.ends, windows.count]).to.deep.equal([0, 0])
  })
})
