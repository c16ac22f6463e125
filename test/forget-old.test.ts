import { expect } from 'chai'
import { forgetOld } from '../src/forget-old.ts'
import { VirtualClock } from '../src/model/clock.ts'

describe('forgetting what is old', () => {
  /** A store with so many old entries; `failures` of its first answers are rejections. */
  const storeOf = (entries: number, failures = 0) => {
    const asked: { time: number; limit: number }[] = []
    let left = entries
    return {
      asked,
      removeBefore: async (time: number, limit: number) => {
        asked.push({ time, limit })
        if (asked.length <= failures) throw new Error('locked')
        const removed = Math.min(left, limit)
        left -= removed
        return removed
      },
    }
  }

  it('goes in small steps until nothing is left, and looks again each minute', async () => {
    const clock = new VirtualClock(100_000)
    const store = storeOf(1200)
    const stop = forgetOld({ stores: [store], keepMs: 40_000, clock, onFailure: () => {} })
    await clock.advance(3000)
    expect(store.asked.map(({ time }) => time)).to.deep.equal([61_000, 62_000, 63_000])
    expect(Math.max(...store.asked.map(({ limit }) => limit))).to.be.at.most(1000)
    await clock.advance(59_999)
    expect(store.asked.length).to.equal(3)
    await clock.advance(1)
    expect(store.asked.length).to.equal(4)
    await stop()
    expect(clock.pending).to.equal(0)
  })

  it('goes on after a failure, and with the other stores', async () => {
    const clock = new VirtualClock(0)
    const errors: unknown[] = []
    const [failing, sound] = [storeOf(1, 1), storeOf(1)]
    const stores = [failing, sound]
    const stop = forgetOld({ stores, keepMs: 0, clock, onFailure: (error) => errors.push(error) })
    await clock.advance(61_000)
    expect([failing.asked.length, sound.asked.length, errors.length]).to.deep.equal([2, 2, 1])
    await stop()
  })

  it('stops in the middle of a round', async () => {
    const clock = new VirtualClock(0)
    const store = storeOf(10_000)
    const stop = forgetOld({ stores: [store], keepMs: 0, clock, onFailure: () => {} })
    await clock.advance(1000)
    await stop()
    await clock.advance(10_000)
    expect(store.asked.length).to.equal(1)
  })
})
