import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import { type Bench, bench, fn, pipeline, step } from './kit.ts'

const double = fn(({ x }: { x: number }) => ({ y: 2 * x }), 'double')
const tenfold = fn(({ x }: { x: number }) => ({ y: 10 * x }), 'tenfold')
const add = fn(({ a, b }: { a: number; b: number }) => ({ sum: a + b }), 'add')

function diamond(): Bench {
  return bench(
    pipeline(
      [
        step(
          'one',
          fn(({ x }: { x: number }) => ({ y: x }), 'same'),
          { x: 'plc1.a' },
          ['y'],
        ),
        step('ten', tenfold, { x: 'plc1.a' }, ['y']),
        step('both', add, { a: 'one/y', b: 'ten/y' }, ['sum']),
      ],
      { outputs: { total: 'both/sum' } },
    ),
  )
}

describe('a wave', () => {
  it('carries one consistent set of inputs through a diamond: 11, 22 and never 21', () => {
    const { execution, wave, feed } = diamond()
    const seen: unknown[] = []
    for (const a of [1, 2]) {
      feed({ 'plc1.a': a })
      wave()
      for (const { tag, sample } of execution.changes()) if (tag === 'p.total') seen.push(sample.value)
    }
    expect(seen).to.deep.equal([11, 22])
  })

  it('waits for the first value of each input', () => {
    const { wave, sample } = diamond()
    expect(wave('all')).to.deep.equal({ kind: 'completed' })
    expect(sample('p.total')).to.deep.equal({
      value: null,
      status: Status.BadWaitingForInitialData,
      sourceTime: 1000,
      cause: 'plc1',
    })
  })

  it('publishes a step output, the inputs that read it and a pipeline output with one sample', () => {
    const { execution, wave, feed } = diamond()
    wave('all')
    execution.changes()
    feed({ 'plc1.a': 3 })
    wave()
    const changes = new Map(execution.changes().map(({ tag, sample }) => [tag, sample]))
    expect([...changes.keys()].sort()).to.deep.equal([
      'p.total',
      'p/both.sum',
      'p/both:a',
      'p/both:b',
      'p/one.y',
      'p/one:x',
      'p/ten.y',
      'p/ten:x',
    ])
    expect(changes.get('p.total')).to.equal(changes.get('p/both.sum'))
    expect(execution.changes()).to.deep.equal([])
  })

  it('computes only what lies downstream of a change, when asked to', () => {
    const { execution, wave, feed } = bench(
      pipeline([step('left', double, { x: 'plc1.a' }, ['y']), step('right', double, { x: 'plc1.b' }, ['y'])]),
    )
    feed({ 'plc1.a': 1, 'plc1.b': 1 })
    wave()
    feed({ 'plc1.b': 2 })
    wave()
    expect(execution.counters().map(({ step, executionCount }) => [step, executionCount])).to.deep.equal([
      ['left', 1],
      ['right', 2],
    ])
  })

  it('takes a newer source time in but calls only another value or status news', () => {
    const { wave, feed, sample } = diamond()
    expect(feed({ 'plc1.a': 1 }, { sourceTime: 1 })).to.equal(true)
    wave()
    expect(feed({ 'plc1.a': 1 }, { sourceTime: 2 })).to.equal(false)
    wave()
    expect(sample('p.total')).to.deep.equal({ value: 11, status: Status.Good, sourceTime: 2 })
    expect(feed({ 'plc1.a': 1 }, { sourceTime: 2, status: Status.Uncertain })).to.equal(true)
    expect(feed({ 'other.tag': 1 })).to.equal(false)
  })

  it('gives an output the worst status, its cause, and the source time of the newest input', () => {
    const { wave, feed, sample } = bench(pipeline([step('both', add, { a: 'plc1.a', b: 'plc2.b' }, ['sum'])]))
    feed({ 'plc1.a': 1 }, { sourceTime: 7, status: Status.UncertainLastUsableValue, cause: 'plc1' })
    feed({ 'plc2.b': 2 }, { sourceTime: 5 })
    wave()
    const uncertain = { value: 3, status: Status.UncertainLastUsableValue, sourceTime: 7, cause: 'plc1' }
    expect(sample('p/both.sum')).to.deep.equal(uncertain)
    feed({ 'plc2.b': null }, { sourceTime: 9, status: Status.BadNoCommunication, cause: 'plc2' })
    wave()
    const bad = { value: null, status: Status.BadNoCommunication, sourceTime: 9, cause: 'plc2' }
    expect(sample('p/both.sum')).to.deep.equal(bad)
    feed({ 'plc1.a': 1, 'plc2.b': 4 }, { sourceTime: 10 })
    wave()
    expect(sample('p/both.sum')).to.deep.equal({ value: 5, status: Status.Good, sourceTime: 10 })
  })

  it('does not compute a function with a Bad input', () => {
    const { execution, wave, feed } = diamond()
    feed({ 'plc1.a': null }, { status: Status.BadSensorFailure })
    wave()
    expect(execution.counters().map(({ executionCount }) => executionCount)).to.deep.equal([0, 0, 0])
  })
})
