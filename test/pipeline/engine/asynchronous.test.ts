import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import { bench, call, delayed, fn, noted, pipeline, step } from './kit.ts'

const inc = fn(({ x }: { x: number }) => ({ y: x + 1 }), 'inc')
const add = fn(({ a, b }: { a: number; b: number }) => ({ y: a + b }), 'add')

describe('an asynchronous wave', () => {
  it('starts each step as soon as its own inputs are there, not at the barrier of a level', async () => {
    const own = bench(
      pipeline([
        step(
          'fast',
          delayed(() => own.clock, 100),
          { x: 'plc1.a' },
          ['y'],
        ),
        step(
          'slow',
          delayed(() => own.clock, 500),
          { x: 'plc1.a' },
          ['y'],
        ),
        step(
          'after',
          delayed(() => own.clock, 300),
          { x: 'fast/y' },
          ['y'],
        ),
        step('next', inc, { x: 'after/y' }, ['y']),
        step('both', add, { a: 'slow/y', b: 'next/y' }, ['y']),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    await own.clock.advance(400)
    expect([own.value('p/fast.y'), own.value('p/next.y'), own.value('p/both.y')]).to.deep.equal([1, 2, null])
    // What is there already is published while the rest is under way.
    expect(own.published.map(({ tag }) => tag))
      .to.include('p/next.y')
      .and.not.include('p/slow.y')
    await own.clock.advance(200)
    expect(note).to.deep.equal({ at: 500, result: { kind: 'completed' } })
    expect(own.value('p/both.y')).to.equal(3)
    expect(own.clock.pending).to.equal(0)
  })

  it('has a step wait for what comes over several steps, although another input is there already', async () => {
    const seen: number[][] = []
    const watch = fn(async ({ a, b }: { a: number; b: number }) => {
      seen.push([a, b])
      return { y: a + b }
    }, 'watch')
    const own = bench(
      pipeline([
        step(
          'slow',
          delayed(() => own.clock, 100),
          { x: 'plc1.a' },
          ['y'],
        ),
        step('next', inc, { x: 'slow/y' }, ['y']),
        step('both', watch, { a: 'plc1.a', b: 'next/y' }, ['y']),
      ]),
    )
    for (const a of [1, 2]) {
      own.feed({ 'plc1.a': a })
      void own.execution.wave({ onlyChanged: true })
      await own.clock.advance(100)
    }
    expect(seen).to.deep.equal([
      [1, 2],
      [2, 3],
    ])
  })

  it('takes 500 ms for a hundred independent steps of 500 ms', async () => {
    const steps = Array.from({ length: 100 }, (_, k) =>
      step(
        `s${k}`,
        delayed(() => own.clock, 500),
        { x: 'plc1.a' },
        ['y'],
      ),
    )
    const own = bench(pipeline(steps))
    own.feed({ 'plc1.a': 1 })
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    await own.clock.advance(1000)
    expect(note.at).to.equal(500)
  })

  it('keeps the inputs that it began with', async () => {
    const own = bench(
      pipeline([
        step(
          'slow',
          delayed(() => own.clock, 100),
          { x: 'plc1.a' },
          ['y'],
        ),
        step('both', add, { a: 'slow/y', b: 'plc1.a' }, ['y']),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    const first = noted(own.clock, own.execution.wave({ onlyChanged: true }))
    own.feed({ 'plc1.a': 10 })
    await own.clock.advance(100)
    expect([first.result?.kind, own.value('p/both.y')]).to.deep.equal(['completed', 2])
    void own.execution.wave({ onlyChanged: true })
    await own.clock.advance(100)
    expect(own.value('p/both.y')).to.equal(20)
  })

  it('is cancelled at once: outputs keep their samples, and the next wave computes what was given up', async () => {
    const own = bench(
      pipeline([
        step(
          'slow',
          delayed(() => own.clock, 100),
          { x: 'plc1.a' },
          ['y'],
        ),
        step('next', inc, { x: 'slow/y' }, ['y']),
      ]),
    )
    own.feed({ 'plc1.a': 1 })
    void own.execution.wave({ onlyChanged: true })
    await own.clock.advance(100)
    own.feed({ 'plc1.a': 5 })
    const controller = new AbortController()
    const note = noted(own.clock, own.execution.wave({ onlyChanged: true, signal: controller.signal }))
    controller.abort()
    await own.clock.advance(0)
    expect(note.result).to.deep.equal({ kind: 'cancelled' })
    expect(own.sample('p/next.y')).to.include({ value: 2, status: Status.Good })
    void own.execution.wave({ onlyChanged: true })
    await own.clock.advance(100)
    expect(own.value('p/next.y')).to.equal(6)
    expect(await own.execution.wave({ onlyChanged: true, signal: controller.signal })).to.deep.equal({
      kind: 'cancelled',
    })
  })

  it('must not overlap another one', async () => {
    const never = fn(() => new Promise(() => {}))
    const own = bench(pipeline([step('slow', never, { x: 'plc1.a' }, ['y'])]))
    own.feed({ 'plc1.a': 1 })
    const wave = own.execution.wave({ onlyChanged: true })
    expect(() => own.execution.wave({ onlyChanged: true })).to.throw('must not overlap')
    own.execution.close()
    own.execution.close()
    expect(await wave).to.deep.equal({ kind: 'cancelled' })
    expect(own.clock.pending).to.equal(0)
    expect(() => own.execution.wave({ onlyChanged: true })).to.throw('closed')
  })
})

describe('a method step in a wave', () => {
  it('is called with its inputs when a value of them changed, and after what it names in after', async () => {
    const own = bench(
      pipeline([
        call('first', 'arm.home', {}, [], {}),
        call('second', 'arm.move', { position: 'plc1.a' }, ['settledAt'], { after: ['first'] }),
      ]),
      { call: async ({ inputs }) => ({ settledAt: inputs.position ?? 0 }) },
    )
    own.feed({ 'plc1.a': 5 })
    await own.execution.wave({ onlyChanged: false })
    expect(own.calls.map(({ method }) => method)).to.deep.equal(['home', 'move'])
    expect(own.sample('p/second.settledAt')).to.deep.equal({ value: 5, status: Status.Good, sourceTime: 1000 })
    await own.execution.wave({ onlyChanged: false })
    own.feed({ 'plc1.a': 5 }, { sourceTime: 2000 })
    await own.execution.wave({ onlyChanged: false })
    own.feed({ 'plc1.a': 6 })
    await own.execution.wave({ onlyChanged: false })
    expect(own.calls.map(({ method, inputs }) => [method, inputs.position])).to.deep.equal([
      ['home', undefined],
      ['move', 5],
      ['home', undefined],
      ['home', undefined],
      ['home', undefined],
      ['move', 6],
    ])
  })

  it('is not called with a Bad input', async () => {
    const own = bench(pipeline([call('one', 'arm.move', { position: 'plc1.a' }, ['settledAt'])]))
    expect(await own.execution.wave({ onlyChanged: false })).to.deep.equal({ kind: 'completed' })
    expect(own.calls).to.deep.equal([])
    expect(own.sample('p/one.settledAt').status).to.equal(Status.BadWaitingForInitialData)
  })
})
