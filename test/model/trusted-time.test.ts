import { expect } from 'chai'
import { type Clock, VirtualClock } from '../../src/model/clock.ts'
import { TrustedTime } from '../../src/model/trusted-time.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe('the time that is trusted with forgetting', () => {
  let clock: VirtualClock
  let shift: number
  let time: TrustedTime

  beforeEach(() => {
    clock = new VirtualClock(1_000_000)
    shift = 0
    const jumping: Clock = {
      now: () => clock.now() + shift,
      monotonic: () => clock.monotonic(),
      after: (delayMs, callback) => clock.after(delayMs, callback),
    }
    time = new TrustedTime(jumping)
  })

  it('is the wall clock, also when that is a little fast, and when it goes back', async () => {
    expect(time.now()).to.equal(clock.now())
    await clock.advance(dayMs)
    shift = 5 * 60_000
    expect(time.now()).to.equal(clock.now() + shift)
    shift = -2 * dayMs
    expect(time.now()).to.equal(clock.now() + shift)
  })

  it('goes on from before when the clock jumps ahead, until that is set right', async () => {
    time.now()
    shift = 40 * dayMs
    expect(time.now()).to.equal(clock.now())
    await clock.advance(5 * hourMs)
    expect(time.now()).to.equal(clock.now())
    shift = 0
    expect(time.now()).to.equal(clock.now())
    // The next jump is doubted for as long as the first one.
    await clock.advance(hourMs)
    shift = 40 * dayMs
    await clock.advance(23 * hourMs)
    expect(time.now()).to.equal(clock.now())
  })

  it('believes a clock that has stayed ahead for a day', async () => {
    shift = 40 * dayMs
    expect(time.now()).to.equal(clock.now())
    await clock.advance(dayMs - 1)
    expect(time.now()).to.equal(clock.now())
    await clock.advance(1)
    expect(time.now()).to.equal(clock.now() + shift)
    await clock.advance(hourMs)
    expect(time.now()).to.equal(clock.now() + shift)
  })
})
