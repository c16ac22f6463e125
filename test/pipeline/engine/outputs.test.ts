import { expect } from 'chai'
import { MillraceError } from '../../../src/model/errors.ts'
import type { Port } from '../../../src/model/port.ts'
import { Status, statusName } from '../../../src/model/status.ts'
import { bench, fn, pipeline, port, step } from './kit.ts'

/** Runs one step that gives `given` for its output `y`, and tells what became of it. */
function outcomeOf(given: unknown, declared: Partial<Port> = {}) {
  const { wave, feed, sample } = bench(
    pipeline([
      step(
        'one',
        fn(() => ({ y: given })),
        { x: 'plc1.a' },
        ['y'],
        { ports: { y: declared } },
      ),
    ]),
  )
  feed({ 'plc1.a': 1 })
  wave()
  const { value, status, cause } = sample('p/one.y')
  return [value, statusName(status), cause]
}

describe('an output', () => {
  const good = (value: unknown) => [value, 'Good', undefined]
  const refused = (status: string) => [null, status, 'p/one']

  it('is Bad with the step as cause, when it is no finite number', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(outcomeOf(value)).to.deep.equal(refused('BadOutOfRange'))
    }
    expect(outcomeOf(Number.MAX_VALUE)).to.deep.equal(good(Number.MAX_VALUE))
  })

  it('keeps a value outside EURange as Uncertain', () => {
    const range = [0, 10] as const
    expect(outcomeOf(10, { range })).to.deep.equal(good(10))
    expect(outcomeOf(10.1, { range })).to.deep.equal([10.1, 'UncertainEngineeringUnitsExceeded', 'p/one'])
    expect(outcomeOf(-1, { range, dataType: 'Int16' })).to.deep.equal([
      -1,
      'UncertainEngineeringUnitsExceeded',
      'p/one',
    ])
  })

  it('has to be of the declared type', () => {
    const cases: readonly [unknown, Partial<Port>, unknown][] = [
      ['1', {}, refused('BadTypeMismatch')],
      [undefined, {}, refused('BadNoData')],
      [null, {}, refused('BadNoData')],
      [true, { dataType: 'Boolean' }, good(true)],
      [1, { dataType: 'Boolean' }, refused('BadTypeMismatch')],
      ['on', { dataType: 'String' }, good('on')],
      [1, { dataType: 'String' }, refused('BadTypeMismatch')],
      [1.5, { dataType: 'Int32' }, refused('BadTypeMismatch')],
      [40_000, { dataType: 'Int16' }, refused('BadOutOfRange')],
      [4_294_967_295, { dataType: 'UInt32' }, good(4_294_967_295)],
      [-1, { dataType: 'UInt32' }, refused('BadOutOfRange')],
      [5n, { dataType: 'Int64' }, good(5n)],
      [5, { dataType: 'Int64' }, refused('BadTypeMismatch')],
      [-1n, { dataType: 'UInt64' }, refused('BadOutOfRange')],
      [new Date(5), { dataType: 'DateTime' }, good(new Date(5))],
      ['today', { dataType: 'DateTime' }, refused('BadTypeMismatch')],
      [new Uint8Array([1]), { dataType: 'ByteString' }, good(new Uint8Array([1]))],
      ['x', { dataType: 'ByteString' }, refused('BadTypeMismatch')],
      [[1, 2], { isArray: true }, good([1, 2])],
      [1, { isArray: true }, refused('BadTypeMismatch')],
      [[1, Number.NaN], { isArray: true }, refused('BadOutOfRange')],
    ]
    for (const [given, declared, expected] of cases) {
      expect(outcomeOf(given, declared), `${String(given)} as ${declared.dataType}`).to.deep.equal(expected)
    }
  })

  it('does not change when a list comes with the same content', () => {
    const { wave, feed, execution } = bench(
      pipeline([
        step(
          'one',
          fn(() => ({ y: [1, 2] })),
          { x: 'plc1.a' },
          ['y'],
          { ports: { y: { isArray: true } } },
        ),
      ]),
    )
    feed({ 'plc1.a': 1 }, { sourceTime: 5 })
    wave()
    execution.changes()
    feed({ 'plc1.a': 2 }, { sourceTime: 5 })
    wave()
    expect(execution.changes().map(({ tag }) => tag)).to.deep.equal(['p/one:x'])
  })
})

describe('a step that throws', () => {
  it('gives Bad outputs with itself as cause, and counts the error', () => {
    const { wave, feed, sample, execution, happenings } = bench(
      pipeline([
        step(
          'one',
          fn(({ x }: { x: number }) => {
            if (x === 2) throw new Error('two is too much')
            return { y: x }
          }),
          { x: 'plc1.a' },
          ['y'],
        ),
      ]),
    )
    for (const a of [1, 2, 2, 3]) {
      feed({ 'plc1.a': a })
      expect(wave('all')).to.deep.equal({ kind: 'completed' })
      if (a !== 2) continue
      expect(sample('p/one.y')).to.deep.equal({
        value: null,
        status: Status.BadInternalError,
        sourceTime: 1000,
        cause: 'p/one',
      })
      expect(execution.counters()[0]).to.include({ state: 'Error', lastError: 'two is too much' })
    }
    expect(sample('p/one.y').value).to.equal(3)
    expect(execution.counters()[0]).to.include({ state: 'Completed', executionCount: 4, errorCount: 2 })
    // The same failure in wave after wave is told of once.
    expect(happenings.map(({ kind }) => kind)).to.deep.equal(['failed'])
  })

  it('may bring a status of its own', () => {
    const { wave, feed, sample } = bench(
      pipeline([
        step(
          'one',
          fn(() => {
            throw new MillraceError('not-connected', 'gone', { status: Status.BadNotConnected })
          }),
          { x: 'plc1.a' },
          ['y'],
        ),
      ]),
    )
    feed({ 'plc1.a': 1 })
    wave()
    expect(sample('p/one.y').status).to.equal(Status.BadNotConnected)
  })

  it('gives its fallback as UncertainSubstituteValue, and Bad for what the fallback leaves out', () => {
    const { wave, feed, sample } = bench(
      pipeline([
        step(
          'one',
          fn(() => undefined),
          { x: 'plc1.a' },
          ['y', 'z'],
          { onError: { kind: 'fallback', values: { y: 7 } } },
        ),
      ]),
    )
    feed({ 'plc1.a': 1 })
    wave()
    expect(sample('p/one.y')).to.include({ value: 7, status: Status.UncertainSubstituteValue, cause: 'p/one' })
    expect(sample('p/one.z')).to.include({ value: null, status: Status.BadInternalError, cause: 'p/one' })
  })

  it('ends the wave as failed when its policy is to fail', () => {
    const { wave, feed } = bench(
      pipeline([
        step(
          'one',
          fn(() => {
            throw new Error('no')
          }),
          { x: 'plc1.a' },
          ['y'],
          { onError: { kind: 'fail' } },
        ),
      ]),
    )
    expect(wave()).to.deep.equal({ kind: 'completed' })
    feed({ 'plc1.a': 1 })
    expect(wave()).to.deep.equal({ kind: 'failed', step: 'one', status: Status.BadInternalError, message: 'no' })
  })
})

describe('an input', () => {
  it('is converted on its wire, and published in its own unit', () => {
    const source = { kind: 'external', tag: 'plc1.a', gain: 1000, offset: 5 } as const
    const { wave, feed, sample } = bench(
      pipeline(
        [
          step(
            'one',
            fn(({ x }: { x: number }) => ({ y: x })),
            { x: source },
            ['y'],
          ),
        ],
        { outputs: { o: 'one/y' } },
      ),
    )
    feed({ 'plc1.a': 2 })
    wave()
    expect([sample('p/one:x').value, sample('p.o').value]).to.deep.equal([2005, 2005])
    feed({ 'plc1.a': null }, { status: Status.BadNotConnected, cause: 'plc1' })
    wave()
    expect(sample('p/one:x')).to.include({ value: null, status: Status.BadNotConnected, cause: 'plc1' })
  })

  it('takes literals and parameters', () => {
    const add = fn(({ a, b, on }: { a: number; b: number; on: boolean }) => ({ y: on ? a + b : 0 }))
    const { wave, sample, execution } = bench(
      pipeline([step('one', add, { a: '$p1', b: 5, on: true }, ['y'], { ports: { on: { dataType: 'Boolean' } } })], {
        parameters: { p1: 1 },
      }),
    )
    wave()
    expect(sample('p/one.y')).to.deep.equal({ value: 6, status: Status.Good, sourceTime: 1000 })
    execution.setParameter('p1', { value: 2, status: Status.Good, sourceTime: 3000 })
    wave()
    expect(sample('p/one.y')).to.deep.equal({ value: 7, status: Status.Good, sourceTime: 3000 })
  })

  it('is Bad when a device sends no number where one is due', () => {
    const { wave, feed, sample } = bench(
      pipeline([
        step(
          'one',
          fn(({ x }: { x: number }) => ({ y: x })),
          { x: 'plc1.a' },
          ['y'],
        ),
      ]),
    )
    for (const [value, status] of [
      ['7', 'BadTypeMismatch'],
      [Number.NaN, 'BadOutOfRange'],
      [null, 'BadNoData'],
    ] as const) {
      feed({ 'plc1.a': value })
      wave()
      expect([statusName(sample('p/one.y').status), sample('p/one.y').cause]).to.deep.equal([status, 'plc1'])
    }
    feed({ 'plc1.a': 7n })
    wave()
    expect(sample('p/one.y').value).to.equal(7)
  })

  it('may have any name, and a missing optional one is undefined', () => {
    const odd = ['__proto__', 'constructor', 'a"b', "it's", '`$`', 'plugin.compute(', '\u2028']
    const seen: unknown[] = []
    const watch = fn((inputs: Record<string, number>) => {
      seen.push(...odd.map((name) => Object.getOwnPropertyDescriptor(inputs, name)?.value), inputs.missing)
      return Object.fromEntries(odd.map((name) => [name, 1]))
    })
    const inputs = Object.fromEntries(odd.map((name, index) => [name, index]))
    Object.defineProperty(inputs, '__proto__', { value: 0, enumerable: true })
    const { wave } = bench(pipeline([step('one', watch, inputs, odd)]))
    wave()
    expect(seen).to.deep.equal([0, 1, 2, 3, 4, 5, 6, undefined])
  })

  it('reaches a function that works on samples with its status', () => {
    const { wave, feed, sample } = bench(
      pipeline([
        step(
          'one',
          {
            kind: 'function',
            type: 'either',
            computeSamples: (({
              a,
              b,
            }: Record<string, { value: number | null; status: number; sourceTime: number }>) => ({
              y: a?.value === null ? b : a,
              z: { value: Number.NaN, status: Status.Good, sourceTime: 5 },
            })) as never,
          } as never,
          { a: 'plc1.a', b: 'plc2.b' },
          ['y', 'z'],
        ),
      ]),
    )
    wave()
    expect(sample('p/one.y')).to.include({ status: Status.BadWaitingForInitialData, cause: 'plc2' })
    feed({ 'plc2.b': 2 }, { sourceTime: 7 })
    wave()
    expect(sample('p/one.y')).to.deep.equal({ value: 2, status: Status.Good, sourceTime: 7 })
    expect(sample('p/one.z')).to.include({ value: null, status: Status.BadOutOfRange, cause: 'p/one' })
    expect(port('x').name).to.equal('x')
  })
})
