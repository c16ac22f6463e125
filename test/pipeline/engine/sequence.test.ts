import { expect } from 'chai'
import type { Observable } from 'rxjs'
import { take, toArray } from 'rxjs'
import { Status } from '../../../src/model/status.ts'
import type { CheckedUntil } from '../../../src/pipeline/checked.ts'
import type { WaveResult } from '../../../src/pipeline/execution.ts'
import { type Bench, bench, call, device, fn, pipeline, step } from './kit.ts'

function started({ execution, clock }: Bench) {
  const controller = new AbortController()
  const note: { at?: number; result?: WaveResult; controller: AbortController } = { controller }
  void execution.sequence({ signal: controller.signal }).then((result) => {
    note.at = clock.monotonic()
    note.result = result
  })
  return note
}

const above = (port: string, name: string): CheckedUntil => ({ port, is: 'above', source: { kind: 'parameter', name } })

const totalizer = {
  kind: 'block' as const,
  type: 'totalizer',
  memory: () => ({ total: 0 }),
  compute: ((inputs: { x: number }, _: unknown, memory: { total: number }, { elapsed }: { elapsed: number }) => {
    memory.total += inputs.x * elapsed
    return { y: memory.total }
  }) as never,
}

const states = (own: Bench) => own.execution.counters().map(({ state }) => state)

/** The filler of the plant files: open, dose until the target, close. */
function fill(options: { timeoutMs?: number; onError?: { kind: 'fail' | 'bad' } } = {}, log: string[] = []) {
  const own: Bench = bench(
    pipeline(
      [
        call('open', 'servo1.open'),
        step('volume', totalizer, { x: 'plc1.flow' }, ['y'], {
          after: ['open'],
          until: [above('y', 'target')],
          ...options,
        }),
        call('close', 'servo1.close', {}, [], { after: ['volume'] }),
      ],
      { trigger: { kind: 'once' }, parameters: { target: 10 }, outputs: { filled: 'volume/y' } },
    ),
    { call: device(log, () => own.clock) },
  )
  return { own, log }
}

describe('a sequence', () => {
  it('runs steps by wires and after, side by side where nothing orders them', async () => {
    const log: string[] = []
    const own: Bench = bench(
      pipeline([
        call('a', 'x.a'),
        call('b', 'x.b'),
        call('c', 'x.c', {}, [], { after: ['a', 'b'] }),
        step(
          'd',
          fn(() => ({ y: 4 })),
          {},
          ['y'],
          { after: ['c'] },
        ),
        call('e', 'x.e', { position: 'd/y' }),
      ]),
      { call: device(log, () => own.clock) },
    )
    const note = started(own)
    await own.clock.advance(5000)
    expect(log).to.deep.equal(['0 a', '0 b', '1000 c', '2000 e'])
    expect(own.calls.at(-1)?.inputs).to.deep.equal({ position: 4 })
    expect([note.at, note.result]).to.deep.equal([3000, { kind: 'completed' }])
    expect(states(own)).to.deep.equal(['Completed', 'Completed', 'Completed', 'Completed', 'Completed'])
    expect(own.happenings.filter(({ step }) => step === 'c')).to.deep.equal([
      { kind: 'started', step: 'c' },
      { kind: 'completed', step: 'c', durationMs: 1000 },
    ])
  })

  it('feeds a step with until from when it becomes active, until its conditions hold', async () => {
    const { own, log } = fill()
    own.feed({ 'plc1.flow': 4 })
    const note = started(own)
    for (let second = 0; second < 6; second++) {
      await own.clock.advance(1000)
      own.feed({ 'plc1.flow': 4 }, { sourceTime: own.clock.now() })
    }
    // Opened at 1 s; at 4 s three seconds of 4 l/s are more than 10 l.
    await own.clock.advance(2000)
    expect(log).to.deep.equal(['0 open', '4000 close'])
    expect([note.at, own.value('p.filled')]).to.deep.equal([5000, 12])
  })

  it('looks at the conditions again when what they are compared with changes', async () => {
    const { own } = fill()
    own.feed({ 'plc1.flow': 4 })
    started(own)
    await own.clock.advance(2000)
    own.feed({ 'plc1.flow': 4 }, { sourceTime: 1 })
    await own.clock.advance(0)
    expect(states(own)).to.deep.equal(['Completed', 'Executing', 'Idle'])
    own.execution.setParameter('target', { value: 1, status: Status.Good, sourceTime: 1 })
    await own.clock.advance(0)
    expect(states(own)).to.deep.equal(['Completed', 'Completed', 'Executing'])
  })

  it('waits with Bad inputs until the timeout, and then fails by policy', async () => {
    const { own, log } = fill({ timeoutMs: 3000, onError: { kind: 'fail' } })
    own.feed({ 'plc1.flow': null }, { status: Status.BadNoCommunication })
    const note = started(own)
    await own.clock.advance(2000)
    expect(own.sample('p.filled')).to.include({ status: Status.BadNoCommunication, cause: 'plc1' })
    await own.clock.advance(5000)
    expect(log).to.deep.equal(['0 open'])
    expect([note.at, note.result?.kind]).to.deep.equal([4000, 'failed'])
    expect(note.result).to.include({ step: 'volume', status: Status.BadTimeout })
    expect(states(own)).to.deep.equal(['Completed', 'Error', 'Skipped'])
    expect(own.clock.pending).to.equal(0)
  })

  it('goes on after a failure whose policy is bad', async () => {
    const { own, log } = fill({ timeoutMs: 3000, onError: { kind: 'bad' } })
    const note = started(own)
    await own.clock.advance(10_000)
    expect(log).to.deep.equal(['0 open', '4000 close'])
    expect(note.result).to.deep.equal({ kind: 'completed' })
    expect(own.sample('p.filled')).to.include({ status: Status.BadTimeout, cause: 'p/volume' })
  })

  it('attempts a step without usable inputs again', async () => {
    const own = bench(
      pipeline([
        step(
          'one',
          fn(({ x }: { x: number }) => ({ y: x })),
          { x: 'plc1.a' },
          ['y'],
          { retry: { attempts: 3, delayMs: 100, factor: 1 } },
        ),
      ]),
    )
    const note = started(own)
    await own.clock.advance(150)
    own.feed({ 'plc1.a': 3 })
    await own.clock.advance(100)
    expect([note.at, note.result?.kind, own.value('p/one.y')]).to.deep.equal([200, 'completed', 3])
    const other = bench(
      pipeline([
        step(
          'one',
          fn(() => ({ y: 1 })),
          { x: 'plc1.a' },
          ['y'],
          { onError: { kind: 'fail' } },
        ),
      ]),
    )
    const failed = started(other)
    await other.clock.advance(0)
    expect(failed.result).to.include({ kind: 'failed', status: Status.BadDataUnavailable })
  })

  it('aborts the methods that run when it is cancelled', async () => {
    const { own, log } = fill()
    const note = started(own)
    await own.clock.advance(500)
    note.controller.abort()
    await own.clock.advance(500)
    expect(log).to.deep.equal(['0 open', '500 open aborted'])
    expect([note.at, note.result]).to.deep.equal([500, { kind: 'cancelled' }])
    expect(states(own)).to.deep.equal(['Skipped', 'Skipped', 'Skipped'])
    expect(own.clock.pending).to.equal(0)
    own.feed({ 'plc1.flow': 1 })
    own.execution.close()
  })

  it('wakes a block that waits for time alone', async () => {
    const timer = {
      ...totalizer,
      compute: ((
        _: unknown,
        __: unknown,
        memory: { total: number },
        { elapsed, wakeIn }: { elapsed: number; wakeIn(s: number): void },
      ) => {
        memory.total += elapsed
        wakeIn(1)
        return { y: memory.total }
      }) as never,
    }
    const own = bench(
      pipeline([step('wait', timer, { x: 1 }, ['y'], { until: [above('y', 'target')] })], {
        parameters: { target: 2.5 },
      }),
    )
    const note = started(own)
    await own.clock.advance(5000)
    expect([note.at, own.wakes]).to.deep.equal([3000, 0])
  })

  it('has an operator complete when it has emitted, and an asynchronous function when its conditions hold', async () => {
    const three = {
      kind: 'operator' as const,
      type: 'three',
      stream: (({ x }: { x: Observable<number> }) => ({ y: x.pipe(take(3), toArray()) })) as never,
    }
    const later = fn(async ({ x }: { x: number }) => ({ y: x }))
    const list = { ports: { y: { isArray: true } } }
    const own = bench(
      pipeline([
        step('three', three, { x: 'plc1.a' }, ['y'], list),
        step('later', later, { x: 'plc1.a' }, ['y'], {
          until: [{ port: 'y', is: 'equals', source: { kind: 'literal', value: 3 } }],
        }),
      ]),
    )
    const note = started(own)
    for (const a of [1, 2, 3]) {
      expect(note.result).to.equal(undefined)
      own.feed({ 'plc1.a': a })
      await own.clock.advance(10)
    }
    expect([own.value('p/three.y'), own.value('p/later.y'), note.result?.kind]).to.deep.equal([
      [1, 2, 3],
      3,
      'completed',
    ])
  })

  it('fails a step with until that throws, and a method whose until does not hold', async () => {
    const until: CheckedUntil[] = [{ port: 'y', is: 'below', source: { kind: 'literal', value: 0 } }]
    const own = bench(
      pipeline([
        step(
          'one',
          fn(() => Promise.reject(new Error('broken'))),
          { x: 1 },
          ['y'],
          { until },
        ),
        call('two', 'arm.home', {}, ['y'], { until }),
      ]),
      { call: async () => ({ y: 1 }) },
    )
    started(own)
    await own.clock.advance(10)
    expect(own.execution.counters().map(({ lastError }) => lastError)).to.deep.equal([
      'broken',
      'step two ended, but its until does not hold',
    ])
  })

  it('is over at once when it has nothing to do or was cancelled before', async () => {
    const own = bench(pipeline([]))
    expect(await own.execution.sequence({ signal: new AbortController().signal })).to.deep.equal({ kind: 'completed' })
    expect(await own.execution.sequence({ signal: AbortSignal.abort() })).to.deep.equal({ kind: 'cancelled' })
  })
})
