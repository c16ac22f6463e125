import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { RunClock } from '../../src/pipeline/run-clock.ts'

describe('RunClock', () => {
  it('stands still while it is paused, and so do its timers', async () => {
    const clock = new VirtualClock(1000)
    const runClock = new RunClock(clock)
    const fired: number[] = []
    runClock.after(100, () => fired.push(clock.monotonic()))
    await clock.advance(40)
    runClock.pause()
    runClock.pause()
    await clock.advance(500)
    expect(fired).to.deep.equal([])
    expect(runClock.monotonic()).to.equal(40)
    expect(runClock.now()).to.equal(1540)
    runClock.after(10, () => fired.push(clock.monotonic()))
    expect(clock.pending).to.equal(0)
    runClock.resume()
    runClock.resume()
    await clock.advance(100)
    expect(fired).to.deep.equal([550, 600])
    expect(runClock.monotonic()).to.equal(140)
  })

  it('cancels a timer before, during and after a pause', async () => {
    const clock = new VirtualClock()
    const runClock = new RunClock(clock)
    let count = 0
    const cancels = [1, 2, 3].map(() => runClock.after(10, () => count++))
    cancels[0]?.()
    runClock.pause()
    cancels[1]?.()
    runClock.resume()
    expect(clock.pending).to.equal(1)
    cancels[2]?.()
    await clock.advance(100)
    expect(count).to.equal(0)
    expect(clock.pending).to.equal(0)
  })
})
