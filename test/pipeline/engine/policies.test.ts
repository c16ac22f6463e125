import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import { bench, call, delayed, fn, noted, pipeline, step } from './kit.ts'

describe('policies of a step', () => {
  it('attempt again after a growing delay, then give up', async () => {
    const times: number[] = []
    const failing = fn(async () => {
      times.push(own.clock.monotonic())
      throw new Error('again')
    })
    const own = bench(
      pipeline([
        step('one', failing, { x: 'plc1.a' }, ['y'], {
          retry: { attempts: 4, delayMs: 100, factor: 2, maxDelayMs: 300 },
        }),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    await own.clock.advance(1000)
    expect(times).to.deep.equal([0, 100, 300, 600])
    expect(note.at).to.equal(600)
    expect(own.sample('p/one.y')).to.deep.equal({
      value: null,
      status: Status.BadInternalError,
      sourceTime: 1600,
      cause: 'p/one',
    })
    expect(own.happenings.map((each) => (each.kind === 'failed' ? each.attempts : each.kind))).to.deep.equal([
      'started',
      4,
    ])
  })

  it('attempt a synchronous function again too', async () => {
    let attempts = 0
    const third = fn(({ x }: { x: number }) => {
      if (++attempts < 3) throw new Error('not yet')
      return { y: x }
    })
    const own = bench(pipeline([step('one', third, { x: 'plc1.a' }, ['y'], { retry: {} })]))
    own.feed({ 'plc1.a': 1 })
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    await own.clock.advance(1000)
    expect([note.at, own.value('p/one.y'), own.execution.counters()[0]?.errorCount]).to.deep.equal([300, 1, 0])
  })

  it('end an attempt that takes too long', async () => {
    const own = bench(
      pipeline([
        step(
          'one',
          delayed(() => own.clock, 5000),
          { x: 'plc1.a' },
          ['y'],
          { timeoutMs: 200, retry: { attempts: 2 } },
        ),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    await own.clock.advance(6000)
    expect([note.at, own.sample('p/one.y').status]).to.deep.equal([500, Status.BadTimeout])
    expect(own.execution.counters()[0]?.lastError).to.contain('200 ms')
  })

  it('give an asynchronous function 10 s and a method 60 s', async () => {
    const never = () => new Promise<never>(() => {})
    const own = bench(pipeline([step('one', fn(never), { x: 'plc1.a' }, ['y']), call('two', 'arm.home')]), {
      call: never,
    })
    own.feed({ 'plc1.a': 1 })
    void own.execution.wave({ onlyChanged: true })
    await own.clock.advance(9_999)
    expect(own.execution.counters().map(({ state }) => state)).to.deep.equal(['Executing', 'Executing'])
    await own.clock.advance(1)
    expect(own.execution.counters().map(({ state }) => state)).to.deep.equal(['Error', 'Executing'])
    await own.clock.advance(50_000)
    expect(own.execution.counters().map(({ state }) => state)).to.deep.equal(['Error', 'Error'])
    expect(own.calls[0]?.signal.aborted).to.equal(true)
  })

  it('end the wave at once when a step is to fail, and cancel the others', async () => {
    const own = bench(
      pipeline([
        step(
          'slow',
          delayed(() => own.clock, 5000),
          { x: 'plc1.a' },
          ['y'],
        ),
        step(
          'bad',
          fn(async () => Promise.reject(new Error('no'))),
          { x: 'plc1.a' },
          ['y'],
          { onError: { kind: 'fail' } },
        ),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    await own.clock.advance(0)
    expect(note.result).to.deep.equal({ kind: 'failed', step: 'bad', status: Status.BadInternalError, message: 'no' })
    expect(own.clock.pending).to.equal(1)
  })
})
