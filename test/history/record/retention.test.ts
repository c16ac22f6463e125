import { expect } from 'chai'
import { Retention } from '../../../src/history/record/retention.ts'
import { VirtualClock } from '../../../src/model/clock.ts'

describe('retention', () => {
  it('forgets what is older than each tag keeps, a step at a time, and goes on after a failure', async () => {
    const clock = new VirtualClock(1000)
    const steps: [readonly string[], number][] = []
    const failures: unknown[] = []
    let answers = [
      { samples: 500, isDone: false },
      { samples: 20, isDone: true },
    ]
    const store = {
      retain: async (tags: readonly string[], before: number): Promise<{ samples: number; isDone: boolean }> => {
        steps.push([tags, before])
        const answer = answers.shift()
        if (!answer) throw new Error('no disk')
        return answer
      },
    }
    const keepMs = new Map([
      ['a', 100],
      ['b', 100],
      ['c', 900],
    ])
    const retention = new Retention({
      store,
      clock,
      keepMs,
      everyMs: 1000,
      stepMs: 10,
      onFailure: (error) => failures.push(error),
    })
    retention.start()
    retention.start()
    await clock.advance(50)
    expect(steps).to.deep.equal([
      [['a', 'b'], 910],
      [['a', 'b'], 920],
      [['c'], 130],
    ])
    expect([failures.length, retention.forgotten]).to.deep.equal([1, 520])
    answers = [{ samples: 1, isDone: true }]
    await clock.advance(1000)
    expect(steps[3]).to.deep.equal([['a', 'b'], 1930])
    await retention.stop()
    expect(clock.pending).to.equal(0)
    await clock.advance(5000)
    expect(steps.length).to.be.lessThan(6)
  })

  it('forgets no more than before when the wall clock jumps ahead', async () => {
    const clock = new VirtualClock(1_000_000)
    let shift = 0
    const befores: number[] = []
    const retention = new Retention({
      store: {
        retain: async (_tags, before) => {
          befores.push(before)
          return { samples: 0, isDone: true }
        },
      },
      clock: {
        now: () => clock.now() + shift,
        monotonic: () => clock.monotonic(),
        after: (delayMs, callback) => clock.after(delayMs, callback),
      },
      ...{ keepMs: new Map([['a', 100]]), everyMs: 1000, stepMs: 10 },
    })
    retention.start()
    await clock.advance(20)
    shift = 40 * 86_400_000
    await clock.advance(1000)
    await retention.stop()
    expect(befores).to.deep.equal([999_910, 1_000_910])
  })
})
