import { expect } from 'chai'
import { VirtualClock } from '../../../src/model/clock.ts'
import { Deadlines } from '../../../src/pipeline/engine/deadlines.ts'

describe('deadlines', () => {
  it('come in order of time on one timer, and those that are called off do not come', async () => {
    const clock = new VirtualClock()
    const deadlines = new Deadlines(clock)
    const came: string[] = []
    const set = (name: string, ms: number) => deadlines.after(ms, () => came.push(`${clock.monotonic()} ${name}`))
    set('c', 300)
    set('a', 100)
    const callOff = set('b', 200)
    set('d', 300)
    expect(clock.pending).to.equal(1)
    callOff()
    callOff()
    await clock.advance(1000)
    expect(came).to.deep.equal(['100 a', '300 c', '300 d'])
    expect(clock.pending).to.equal(0)
  })

  it('leave no timer when all are called off, not even by each other', async () => {
    const clock = new VirtualClock()
    const deadlines = new Deadlines(clock)
    let hasCome = false
    deadlines.after(100, () => callOff())
    const callOff = deadlines.after(100, () => {
      hasCome = true
    })
    await clock.advance(100)
    expect([hasCome, clock.pending]).to.deep.equal([false, 0])
    const last = deadlines.after(50, () => {})
    last()
    expect(clock.pending).to.equal(0)
  })
})
