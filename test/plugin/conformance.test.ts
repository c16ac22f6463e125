import { expect } from 'chai'
import { BehaviorSubject, interval, map, of, throwError } from 'rxjs'
import { z } from 'zod'
import {
  boolean,
  defineBlock,
  defineDevice,
  defineFunction,
  defineOperator,
  defineSimulator,
  double,
  int16,
  list,
  record,
  text,
} from '../../src/plugin/index.ts'
import { conformance, marbles, runBlock } from '../../src/plugin/testing.ts'
import { type AnyRecord, complaintsOf, make } from './wrong-plugins.ts'

describe('conformance', () => {
  it('throws one error that lists everything, with the type of the plugin', async () => {
    const plugin = make({ inputs: { 'a b': double() }, outputs: { c: double({ description: 'C.', unit: 'furlong' }) } })
    const error = await conformance(plugin).catch((thrown) => thrown)
    expect(error.name).to.equal('AssertionError')
    expect(error.message).to.match(/^wrong does not conform:\n {2}- inputs.a b: a name is up to 32 letters/)
    expect(error.message).to.contain('inputs.a b has no description')
    expect(error.message).to.contain('outputs.c has the unit furlong, which is not in the units table')
    expect((await conformance(null).catch((thrown) => thrown)).message).to.contain('it is null, not a plugin')
  })

  it('passes a plugin that is right', async () => {
    await conformance(make({}))
  })

  it('draws values of every type, of plain zod schemas too', async () => {
    const described = <F extends z.ZodType>(schema: F) => schema.describe('D.')
    const inputs = {
      state: described(z.enum(['off', 'on'])),
      at: described(z.date()),
      many: list(double(), { min: 1, description: 'D.' }),
    }
    const outputs = { state: inputs.state, at: inputs.at, many: inputs.many }
    await conformance(make({ inputs, outputs, compute: (values: object) => ({ ...values }) }))
    const complaints = await complaintsOf({ inputs, outputs, compute: () => ({ state: 'x', at: 'now', many: 1 }) })
    expect(complaints)
      .to.match(/for at, which is not a DateTime/)
      .and.to.match(/for many, which is not a Double/)
  })

  const described = { description: 'D.' }
  const wrong: [string, AnyRecord, RegExp][] = [
    [
      'a default that its own field refuses',
      { config: { n: double({ max: 1, default: 2, ...described }) } },
      /default 2/,
    ],
    ['a range upside down', { outputs: { b: double({ min: 2, max: 1, ...described }) } }, /range from 2 to 1/],
    ['a record as a port', { inputs: { a: record({ x: double(described) }, described) } }, /is a record/],
    ['a likeness to nothing', { outputs: { b: double({ like: 'x', ...described }) } }, /like x, which is not an input/],
    ['no outputs', { outputs: {} }, /it has no outputs/],
    [
      'a description missing inside a list',
      { config: { l: list(record({ x: text() }), described) } },
      /config.l.x has no/,
    ],
    [
      'a configuration that cannot be guessed',
      { check: () => ['no'] },
      /config of wrong: no; tell conformance a config/,
    ],
    ['an isolation that is neither', { isolated: 'yes' }, /isolated is neither true nor its limits/],
    ['a limit that is none', { isolated: { memory: 64 } }, /isolated.memory is not known; known are memoryMiB and/],
    ['too little memory', { isolated: { memoryMiB: 8 } }, /isolated.memoryMiB is not a number from 32/],
    ['no time at all', { isolated: { deadlineMs: 0 } }, /isolated.deadlineMs is not a number from 1/],
    ['an output too many', { compute: () => ({ b: 1, c: 2 }) }, /compute gives c, which is not declared/],
    ['an output missing', { compute: () => ({}) }, /compute does not give b/],
    ['an output of another type', { compute: () => ({ b: '1' }) }, /gives "1" for b, which is not a Double/],
    ['no object at all', { compute: () => 7 }, /compute gives 7, not an object/],
    ['an integer that is none', { outputs: { b: int16(described) }, compute: () => ({ b: 1.5 }) }, /not a Int16/],
    ['chance', { compute: () => ({ b: Math.random() }) }, /different outputs for the same inputs/],
    [
      'a change to its inputs',
      { compute: (inputs: { a: number }) => ({ b: inputs.a++ }) },
      /compute throws .*read only/,
    ],
    ['an exception', { compute: () => JSON.parse('') }, /compute throws for \{"a":0\}/],
  ]
  for (const [what, parts, complaint] of wrong) {
    it(`complains about ${what}`, async () => {
      expect(await complaintsOf(parts)).to.match(complaint)
    })
  }

  it('takes a configuration that it is told', async () => {
    const parts = { config: { n: double(described) }, check: ({ n }: { n: number }) => (n === 7 ? [] : ['not seven']) }
    expect(await complaintsOf(parts)).to.contain('not seven')
    await conformance(make(parts), { config: { n: 7 } })
  })

  it('sees what a function makes of samples', async () => {
    const inputs = { a: double(described) }
    const outputs = { b: boolean(described) }
    const base = { type: 'wrong', description: 'Wrong.', inputs, outputs }
    const wrongType = defineFunction({ ...base, computeSamples: ({ a }) => ({ b: a as never }) })
    expect((await conformance(wrongType).catch(String)) ?? '').to.match(/gives 0 for b, which is not a Boolean/)
    const throws = defineFunction({ ...base, computeSamples: () => JSON.parse('') })
    expect((await conformance(throws).catch(String)) ?? '').to.match(/computeSamples throws/)
  })
})

describe('conformance of blocks', () => {
  const base = {
    type: 'wrong',
    description: 'Wrong.',
    inputs: { a: double({ description: 'A.' }) },
    outputs: { b: double({ description: 'B.' }) },
  }
  const complaintsAbout = async (plugin: unknown) => String(await conformance(plugin).catch(String))

  it('complains about memory that is shared, hidden, or no plain data', async () => {
    const shared = { sum: 0 }
    expect(await complaintsAbout(defineBlock({ ...base, memory: () => shared, compute: () => ({ b: 0 }) }))).to.match(
      /share/,
    )
    let hidden = 0
    expect(
      await complaintsAbout(defineBlock({ ...base, memory: () => ({}), compute: () => ({ b: hidden++ }) })),
    ).to.match(/remembers something outside its memory/)
    const memory = () => ({ at: new Map() })
    expect(await complaintsAbout(defineBlock({ ...base, memory, compute: () => ({ b: 0 }) }))).to.match(
      /not plain data/,
    )
  })

  it('complains about wishes for the past and about exceptions', async () => {
    const late = defineBlock({
      ...base,
      memory: () => ({}),
      compute(_inputs, _config, _memory, { wakeIn }) {
        wakeIn(-1)
        return { b: 0 }
      },
    })
    expect(await complaintsAbout(late)).to.match(/wakeIn is asked for -1 s/)
    expect(await complaintsAbout(defineBlock({ ...base, memory: () => ({}), compute: () => JSON.parse('') }))).to.match(
      /throws/,
    )
  })
})

describe('conformance of operators', () => {
  const base = {
    type: 'wrong',
    description: 'Wrong.',
    inputs: { a: double({ description: 'A.' }) },
    outputs: { b: double({ description: 'B.' }) },
  }
  const complaintsAbout = async (plugin: unknown) => String(await conformance(plugin).catch(String))

  it('complains about wrong values, errors, missing streams and leaks', async () => {
    const values = defineOperator({ ...base, stream: ({ a }) => ({ b: a.pipe(map(String)) as never }) })
    expect(await complaintsAbout(values)).to.match(/stream gives "0" for b, which is not a Double/)
    const errors = defineOperator({ ...base, stream: () => ({ b: throwError(() => new Error('broken')) }) })
    expect(await complaintsAbout(errors)).to.match(/stream of b ends with an error: Error: broken/)
    expect(await complaintsAbout(defineOperator({ ...base, stream: () => ({}) as never }))).to.match(
      /no.* Observable for b/,
    )
    const leaks = defineOperator({
      ...base,
      stream({ a }) {
        const last = new BehaviorSubject(0)
        a.subscribe(last)
        return { b: last }
      },
    })
    expect(await complaintsAbout(leaks)).to.match(/still listens to a when nobody listens/)
  })
})

describe('conformance of devices', () => {
  const base = { type: 'wrong', description: 'Wrong.', outputs: { b: double({ description: 'B.' }) } }
  const close = () => {}
  const complaintsAbout = async (plugin: unknown) =>
    String(await conformance(plugin, { connect: true, deadlineMs: 100 }).catch(String))

  it('passes one that reads and one that sends', async () => {
    await conformance(defineDevice({ ...base, connect: async () => ({ read: async () => ({ b: 1 }), close }) }), {
      connect: true,
    })
    await conformance(defineDevice({ ...base, connect: async () => ({ readings: of({ b: 1 }), close }) }), {
      connect: true,
    })
  })

  it('complains about values, methods without code, failures to connect and a second close', async () => {
    const method = { description: '', inputs: { x: double() } }
    const methods = defineDevice({ ...base, methods: { 'go home': method }, connect: async () => ({}) as never })
    expect(await complaintsAbout(methods))
      .to.match(/methods.go home: a name/)
      .and.to.match(/go home has no description/)
    const missing = { stop: { description: 'Stops.' } }
    const connect = async () => ({ read: async () => ({ b: 'x', c: 1 }) as never, close, methods: {} as never })
    expect(await complaintsAbout(defineDevice({ ...base, methods: missing, connect })))
      .to.match(/read gives "x" for b, which is not a Double/)
      .and.to.match(/read gives c, which is not declared/)
      .and.to.match(/no code for the method stop/)
    const refuses = defineDevice({ ...base, connect: async () => JSON.parse('') })
    expect(await complaintsAbout(refuses)).to.match(/JSON/)
    let isClosed = false
    const closesOnce = defineDevice({
      ...base,
      connect: async () => ({
        read: async () => ({ b: 1 }),
        close() {
          if (isClosed) throw new Error('already closed')
          isClosed = true
        },
      }),
    })
    expect(await complaintsAbout(closesOnce)).to.match(/already closed/)
  })

  it('complains about one that does not give up when it is told to', async () => {
    let attempts = 0
    const stubborn = defineDevice({
      ...base,
      connect: async () => {
        if (attempts++ > 0) await new Promise(() => {})
        return { read: async () => ({ b: 1 }), close }
      },
    })
    expect(await complaintsAbout(stubborn)).to.match(/connect after its signal was aborted takes longer than 0.1 s/)
  })

  it('starts and stops simulators', async () => {
    const stop = async () => {}
    await conformance(defineSimulator({ type: 'sim', description: 'S.', start: async () => ({ overrides: {}, stop }) }))
    const broken = defineSimulator({ type: 'sim', description: 'S.', start: async () => JSON.parse('') })
    expect(await complaintsAbout(broken)).to.match(/start or stop fails/)
  })
})

describe('runBlock and marbles', () => {
  const hold = defineBlock({
    type: 'hold',
    description: 'H.',
    config: { wait: double({ unit: 's', description: 'W.' }) },
    inputs: { a: double({ description: 'A.' }) },
    outputs: { b: double({ description: 'B.' }) },
    memory: () => ({ n: 0 }),
    compute({ a }, { wait }, memory, { wakeIn, elapsed }) {
      memory.n++
      wakeIn(wait)
      return { b: a + elapsed }
    },
  })

  it('gives the block its time, shows its memory and its wish', () => {
    const bench = runBlock(hold, { wait: '2 min' })
    expect(bench.at(10, { a: 1 })).to.deep.equal({ b: 1 })
    expect(bench.at(12, { a: 1 })).to.deep.equal({ b: 3 })
    expect(bench.memory.n).to.equal(2)
    expect(bench.wake).to.equal(120)
    expect(() => bench.at(11, { a: 1 })).to.throw(RangeError, 'time goes back')
  })

  it('refuses a configuration that does not fit', () => {
    expect(() => runBlock(hold, { wiat: 1 })).to.throw(
      /config of hold: wait is missing .*; wiat is not known \(did you mean wait/,
    )
  })

  it('drives time by marbles, and fails when the marbles differ', () => {
    marbles(({ expectObservable, scheduler }) => {
      expectObservable(interval(2, scheduler).pipe(map(String)), '-----!').toBe('--0-1')
    })
    const differ = () => marbles(({ expectObservable }) => expectObservable(of(1)).toBe('a'))
    expect(differ).to.throw()
  })
})
