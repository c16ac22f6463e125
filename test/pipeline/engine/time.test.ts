import { expect } from 'chai'
import { debounceTime, interval, map, merge, type Observable, of, scan, switchMap, throwError } from 'rxjs'
import { Status } from '../../../src/model/status.ts'
import type { Moment, OperatorContext } from '../../../src/plugin/define.ts'
import { bench, fn, pipeline, step } from './kit.ts'

type Memory = { count: number }

function block(compute: (inputs: { x: number }, memory: Memory, moment: Moment) => { y: number | boolean }) {
  return {
    kind: 'block' as const,
    type: 'block',
    memory: () => ({ count: 0 }),
    compute: ((inputs: { x: number }, _: unknown, memory: Memory, moment: Moment) =>
      compute(inputs, memory, moment)) as never,
  }
}

function operator(
  stream: (inputs: { x: Observable<number> }, context: OperatorContext) => Record<string, Observable<unknown>>,
) {
  return {
    kind: 'operator' as const,
    type: 'operator',
    stream: ((inputs: { x: Observable<number> }, _: unknown, context: OperatorContext) =>
      stream(inputs, context)) as never,
  }
}

describe('a block', () => {
  it('remembers within an execution, and knows how long ago it was computed', async () => {
    const moments: unknown[] = []
    const counter = block(({ x }, memory, { elapsed, isFirst, time }) => {
      moments.push([time, elapsed, isFirst])
      memory.count += x
      return { y: memory.count }
    })
    const checked = pipeline([step('one', counter, { x: 'plc1.a' }, ['y'])])
    const own = bench(checked)
    own.feed({ 'plc1.a': 2 }, { sourceTime: 900 })
    own.wave('all')
    await own.clock.advance(250)
    own.wave('all')
    expect(moments).to.deep.equal([
      [900, 0, true],
      [900, 0.25, false],
    ])
    // The input is as old as before: what changed the output is time.
    expect(own.sample('p/one.y')).to.deep.equal({ value: 4, status: Status.Good, sourceTime: 1250 })
    expect(bench(checked).value('p/one.y')).to.equal(null)
  })

  it('is computed again when its wish comes due, and the latest wish counts', async () => {
    const timer = block(({ x }, memory, { elapsed, wakeIn }) => {
      memory.count = x === 0 ? 0 : memory.count + elapsed
      if (x === 1 && memory.count < 2) {
        wakeIn(5)
        wakeIn(2 - memory.count)
      }
      return { y: memory.count >= 2 }
    })
    const own = bench(pipeline([step('ton', timer, { x: 'plc1.a' }, ['y'], { ports: { y: { dataType: 'Boolean' } } })]))
    own.feed({ 'plc1.a': 1 })
    own.wave()
    await own.clock.advance(1999)
    expect(own.wakes).to.equal(0)
    await own.clock.advance(1)
    expect(own.wakes).to.equal(1)
    expect(own.value('p/ton.y')).to.equal(false)
    own.wave()
    expect(own.sample('p/ton.y')).to.deep.equal({ value: true, status: Status.Good, sourceTime: 3000 })
    expect(own.clock.pending).to.equal(0)
  })

  it('puts a wish off without a timer for each, and forgets it on closing', async () => {
    const own = bench(
      pipeline([
        step(
          'one',
          block(({ x }, _, { wakeIn }) => {
            wakeIn(x === 4 ? Number.POSITIVE_INFINITY : x)
            return { y: x }
          }),
          { x: 'plc1.a' },
          ['y'],
        ),
      ]),
    )
    for (const seconds of [1, 2, 3]) {
      own.feed({ 'plc1.a': seconds })
      own.wave()
    }
    expect(own.clock.pending).to.equal(1)
    await own.clock.advance(2999)
    expect(own.wakes).to.equal(0)
    await own.clock.advance(1)
    expect(own.wakes).to.equal(1)
    own.feed({ 'plc1.a': 5 })
    own.wave()
    expect(own.clock.pending).to.equal(1)
    own.feed({ 'plc1.a': 4 })
    own.wave()
    expect(own.clock.pending).to.equal(0)
    own.feed({ 'plc1.a': 5 })
    own.wave()
    own.execution.close()
    expect(own.clock.pending).to.equal(0)
  })
})

describe('an operator', () => {
  const sum = operator(({ x }) => ({ y: x.pipe(scan((total, each) => total + each, 0)) }))

  it('is subscribed once, and what it emits during its turn belongs to the wave', () => {
    const own = bench(
      pipeline([
        step('sum', sum, { x: 'plc1.a' }, ['y']),
        step(
          'next',
          fn(({ x }: { x: number }) => ({ y: -x })),
          { x: 'sum/y' },
          ['y'],
        ),
      ]),
    )
    const seen = [1, 2, 3].map((a) => {
      own.feed({ 'plc1.a': a })
      own.wave()
      return own.value('p/next.y')
    })
    expect(seen).to.deep.equal([-1, -3, -6])
    expect(own.wakes).to.equal(0)
  })

  it('asks for a wave from its step when it emits later', async () => {
    const calm = operator(({ x }, { scheduler }) => ({ y: x.pipe(debounceTime(100, scheduler)) }))
    const own = bench(
      pipeline([
        step('calm', calm, { x: 'plc1.a' }, ['y']),
        step(
          'next',
          fn(({ x }: { x: number }) => ({ y: -x })),
          { x: 'calm/y' },
          ['y'],
        ),
      ]),
    )
    for (const a of [1, 2, 3]) {
      own.feed({ 'plc1.a': a })
      own.wave()
      await own.clock.advance(50)
    }
    expect([own.wakes, own.sample('p/next.y').status]).to.deep.equal([0, Status.BadWaitingForInitialData])
    await own.clock.advance(50)
    expect(own.wakes).to.equal(1)
    own.wave()
    expect(own.sample('p/next.y')).to.deep.equal({ value: -3, status: Status.Good, sourceTime: 1200 })
  })

  it('is not fed with a Bad input, and its last emission holds again afterwards', () => {
    const own = bench(
      pipeline([
        step(
          'sum',
          operator(({ x }) => ({
            y: x.pipe(
              scan((n) => n + 1, 0),
              switchMap((n) => (n > 1 ? [] : [n])),
            ),
          })),
          { x: 'plc1.a' },
          ['y'],
        ),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    own.wave()
    own.feed({ 'plc1.a': null }, { status: Status.BadNotConnected })
    own.wave()
    expect(own.sample('p/sum.y')).to.include({ value: null, status: Status.BadNotConnected })
    own.feed({ 'plc1.a': 1 })
    own.wave()
    expect(own.sample('p/sum.y')).to.include({ value: 1, status: Status.Good })
  })

  it('is Bad after an error, and subscribed again at the next turn, but not for ever', () => {
    let subscriptions = 0
    const failing = operator(({ x }) => {
      subscriptions++
      return { y: x.pipe(switchMap((each) => (each < 0 ? throwError(() => new Error('negative')) : of(each)))) }
    })
    const own = bench(pipeline([step('one', failing, { x: 'plc1.a' }, ['y'])]))
    for (const a of [1, -1, 2]) {
      own.feed({ 'plc1.a': a })
      own.wave()
      if (a === -1) expect(own.sample('p/one.y')).to.include({ status: Status.BadInternalError, cause: 'p/one' })
    }
    expect([own.value('p/one.y'), subscriptions, own.execution.counters()[0]?.errorCount]).to.deep.equal([2, 2, 1])
    for (let a = -1; a > -100; a--) {
      own.feed({ 'plc1.a': a })
      own.wave()
    }
    expect(subscriptions).to.be.within(10, 14)
    own.feed({ 'plc1.a': 1 })
    own.wave()
    expect(own.sample('p/one.y').status).to.equal(Status.BadInternalError)
  })

  it('runs on the clock of the runtime, and keeps its last value when it completes', async () => {
    const ticks = operator((_, { scheduler }) => ({ y: merge(interval(100, scheduler)).pipe(map((n) => n + 1)) }))
    const own = bench(
      pipeline([
        step('ticks', ticks, {}, ['y']),
        step(
          'end',
          operator(() => ({ y: of(5) })),
          {},
          ['y'],
        ),
      ]),
    )
    own.wave()
    await own.clock.advance(300)
    own.wave()
    expect(own.sample('p/ticks.y')).to.deep.equal({ value: 3, status: Status.Good, sourceTime: 1300 })
    own.wave('all')
    expect([own.value('p/end.y'), own.value('p/ticks.y')]).to.deep.equal([5, 3])
    own.execution.close()
    expect(own.clock.pending).to.equal(0)
  })
})

describe('a delay', () => {
  const delay = { kind: 'function' as const, type: 'delay', compute: (({ x }: { x: number }) => ({ y: x })) as never }
  const loop = () =>
    bench(
      pipeline([
        step(
          'total',
          fn(({ x, before }: { x: number; before: number }) => ({ y: x + before })),
          { x: 'plc1.a', before: 'last/y' },
          ['y'],
        ),
        step('last', delay, { x: 'total/y' }, ['y'], { config: { initial: 0 } }),
      ]),
    )

  it('brings the value of the wave before, and so breaks a loop', () => {
    const own = loop()
    const seen = [1, 2, 3].map((a) => {
      own.feed({ 'plc1.a': a })
      own.wave()
      return [own.value('p/total.y'), own.value('p/total:before')]
    })
    expect(seen.map(([total]) => total)).to.deep.equal([1, 3, 6])
    own.wave('all')
    expect(own.value('p/total.y')).to.equal(9)
  })

  it('lets a loop recover after a Bad input', () => {
    const own = loop()
    own.feed({ 'plc1.a': 4 })
    own.wave()
    own.feed({ 'plc1.a': null }, { status: Status.BadNotConnected })
    own.wave()
    expect(own.sample('p/last.y')).to.include({ value: 4, status: Status.UncertainLastUsableValue })
    own.feed({ 'plc1.a': 1 })
    own.wave()
    own.feed({ 'plc1.a': 2 })
    own.wave()
    expect(own.sample('p/total.y')).to.include({ value: 7, status: Status.Good })
  })
})
