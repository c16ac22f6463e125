import { expect } from 'chai'
import { systemClock, VirtualClock } from '../../src/model/clock.ts'

describe('VirtualClock', () => {
  it('stands still until it is told to go on, and calls back in order of time', async () => {
    const clock = new VirtualClock(1000)
    const calls: string[] = []
    clock.after(20, () => calls.push(`b@${clock.monotonic()}`))
    clock.after(10, () => {
      calls.push(`a@${clock.monotonic()}`)
      clock.after(5, () => calls.push(`nested@${clock.monotonic()}`))
    })
    clock.after(20, () => calls.push('after b'))
    await clock.advance(9)
    expect(calls).to.deep.equal([])
    await clock.advance(11)
    expect(calls).to.deep.equal(['a@10', 'nested@15', 'b@20', 'after b'])
    expect([clock.now(), clock.monotonic(), clock.pending]).to.deep.equal([1020, 20, 0])
  })

  it('forgets what is cancelled, also twice', async () => {
    const clock = new VirtualClock()
    const cancel = clock.after(1, () => expect.fail('was cancelled'))
    expect(clock.pending).to.equal(1)
    cancel()
    cancel()
    expect(clock.pending).to.equal(0)
    await clock.advance(10)
  })

  it('lets promises settle between calls', async () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    const tick = async (): Promise<void> => {
      await Promise.resolve()
      seen.push(clock.monotonic())
      if (seen.length < 3) clock.after(10, () => void tick())
    }
    clock.after(10, () => void tick())
    await clock.advance(100)
    expect(seen).to.deep.equal([10, 20, 30])
  })
})

describe('systemClock', () => {
  it('goes on, and calls back', async () => {
    const before = [systemClock.now(), systemClock.monotonic()]
    const keepAlive = setTimeout(() => {}, 1000)
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve)
    })
    clearTimeout(keepAlive)
    expect(systemClock.monotonic()).to.be.at.least((before[1] ?? 0) + 4)
    expect(systemClock.now()).to.be.at.least((before[0] ?? 0) + 4)
    systemClock.after(1, () => expect.fail('was cancelled'))()
  })
})
