import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import { delayMs } from '../../../src/pipeline/engine/attempts.ts'
import { bench, fn, pipeline, step } from './kit.ts'

const same = fn(({ x }: { x: number }) => ({ y: x }))

describe('device writes', () => {
  const source = { kind: 'step', step: 'one', port: 'y' } as const
  const own = () =>
    bench(
      pipeline([step('one', same, { x: 'plc1.a' }, ['y'])], {
        writes: [
          { tag: 'plc1.changed', on: 'change', source },
          { tag: 'plc1.always', on: 'wave', source: { ...source, gain: 10 } },
        ],
      }),
    )

  it('are due when the value changes, or with each wave, and never with a Bad value', () => {
    const { wave, feed, execution } = own()
    const due = () => execution.dueWrites().map(({ tag, sample }) => [tag, sample.value])
    wave()
    expect(due()).to.deep.equal([])
    feed({ 'plc1.a': 1 })
    wave()
    expect(due()).to.deep.equal([
      ['plc1.changed', 1],
      ['plc1.always', 10],
    ])
    expect(due()).to.deep.equal([])
    feed({ 'plc1.a': 1 }, { sourceTime: 2000 })
    wave()
    expect(due()).to.deep.equal([['plc1.always', 10]])
    feed({ 'plc1.a': null }, { status: Status.BadNotConnected })
    wave()
    expect(due()).to.deep.equal([])
  })
})

describe('step events in a wave', () => {
  it('are told of synchronous steps too, where the pipeline asks for them', () => {
    const { wave, feed, happenings } = bench(
      pipeline([step('one', same, { x: 'plc1.a' }, ['y'])], { stepEvents: true }),
    )
    feed({ 'plc1.a': 1 })
    wave()
    expect(happenings).to.deep.equal([
      { kind: 'started', step: 'one' },
      { kind: 'completed', step: 'one', durationMs: 0 },
    ])
  })
})

describe('a plan with many kinds of steps', () => {
  it('is computed by several functions in turn', () => {
    const steps = Array.from({ length: 60 }, (_, k) =>
      step(
        `s${k}`,
        fn(({ x }: { x: number }) => ({ y: x + k }), `f${k}`),
        { x: k === 0 ? 'plc1.a' : `s${k - 1}/y` },
        ['y'],
      ),
    )
    const { wave, feed, value } = bench(pipeline(steps))
    feed({ 'plc1.a': 1 })
    wave()
    expect(value('p/s59.y')).to.equal(1 + (59 * 60) / 2)
  })

  it('has its own samples in each execution', () => {
    const checked = pipeline([step('one', same, { x: 'plc1.a' }, ['y'])])
    const [first, second] = [bench(checked), bench(checked)]
    first.feed({ 'plc1.a': 1 })
    second.feed({ 'plc1.a': 2 })
    first.wave()
    second.wave()
    expect([first.value('p/one.y'), second.value('p/one.y')]).to.deep.equal([1, 2])
    expect(first.execution.sample('p/none.y')).to.equal(undefined)
  })
})

describe('the delay between attempts', () => {
  it('grows by the factor up to its maximum, and is spread by the jitter to both sides', () => {
    const retry = { attempts: 9, delayMs: 100, factor: 2, jitter: 0.5, maxDelayMs: 500 }
    expect([1, 2, 3, 4, 5].map((failures) => delayMs(retry, failures, 0.5))).to.deep.equal([100, 200, 400, 500, 500])
    expect([delayMs(retry, 1, 0), delayMs(retry, 1, 1)]).to.deep.equal([50, 150])
  })
})
