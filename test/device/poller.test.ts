import { expect } from 'chai'
import { Poller } from '../../src/device/poller.ts'
import { type Clock, VirtualClock } from '../../src/model/clock.ts'

/** A poller whose polls take `tookMs`, with the times at which they began. */
function bench({ everyMs = 100, phaseMs = 0, tookMs = 0, clock = new VirtualClock() as Clock } = {}) {
  const times: number[] = []
  let skipped = 0
  const poller = new Poller({
    ...{ clock, everyMs, phaseMs },
    poll: () => {
      times.push(clock.monotonic())
      return tookMs === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(tookMs, resolve))
    },
    onSkipped: (count) => {
      skipped += count
    },
  })
  return { clock: clock as VirtualClock, poller, times, skipped: () => skipped }
}

describe('poller', () => {
  it('polls at once, and then by its grid, which the phase moves', async () => {
    const { clock, poller, times } = bench({ phaseMs: 30 })
    await clock.advance(10)
    poller.start()
    poller.start()
    await clock.advance(300)
    expect(times).to.deep.equal([10, 30, 130, 230])
  })

  it('skips and counts the due times that pass during a poll, and keeps to its grid', async () => {
    const { clock, poller, times, skipped } = bench({ tookMs: 250 })
    poller.start()
    await clock.advance(899)
    expect([times, skipped()]).to.deep.equal([[0, 300, 600], 6])
  })

  it('polls once more after the poll under way, however often it is asked', async () => {
    const { clock, poller, times } = bench({ tookMs: 20 })
    poller.start()
    await clock.advance(10)
    poller.soon()
    poller.soon()
    await clock.advance(100)
    expect(times).to.deep.equal([0, 20, 100])
  })

  it('polls at once on request when it is idle, without moving its grid', async () => {
    const { clock, poller, times } = bench()
    poller.start()
    await clock.advance(50)
    poller.soon()
    await clock.advance(100)
    expect(times).to.deep.equal([0, 50, 100])
  })

  it('stops for good, also during a poll', async () => {
    const { clock, poller, times } = bench({ tookMs: 20 })
    poller.soon()
    poller.start()
    await clock.advance(10)
    poller.stop()
    poller.soon()
    await clock.advance(1000)
    expect([times, clock.pending]).to.deep.equal([[0], 0])
  })

  it('polls once for each due time, when timers come early by a fraction of a millisecond', async () => {
    const real = new VirtualClock()
    const early: Clock = {
      now: () => real.now(),
      monotonic: () => real.monotonic(),
      after: (delayMs, callback) => real.after(delayMs - 0.4, callback),
    }
    const { poller, times, skipped } = bench({ clock: early })
    poller.start()
    await real.advance(1000)
    expect([times.length, skipped()]).to.deep.equal([11, 0])
  })
})
