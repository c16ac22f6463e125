import { join } from 'node:path'
import { expect } from 'chai'
import { IsolatedPlugins } from '../../src/isolation/isolated-plugins.ts'
import { systemClock } from '../../src/model/clock.ts'
import { Status, statusName } from '../../src/model/status.ts'
import { compile } from '../../src/pipeline/compile.ts'
import { type Catalogue, loadCatalogue } from '../../src/plugin/catalogue.ts'
import { moduleOf } from '../../src/plugin/module-of.ts'
import { bench, fn, pipeline, step } from '../pipeline/engine/kit.ts'
import { temporaryFolders } from '../plugin/folder.ts'
import { moduleTexts } from './plugin-texts.ts'

const { folderWith, removeFolders } = temporaryFolders()
const inc = fn(({ value }: { value: number }) => ({ value: value + 1 }), 'inc')

describe('isolated steps of a pipeline', () => {
  let catalogue: Catalogue
  let isolation: IsolatedPlugins

  before(async () => {
    const files = Object.entries(moduleTexts).map(([name, text]) => [`plugins/${name}`, text])
    const plantFolder = folderWith(Object.fromEntries(files))
    catalogue = (await loadCatalogue({ builtIn: join(plantFolder, 'none'), plantFolder })).catalogue
  })
  beforeEach(() => {
    isolation = new IsolatedPlugins({ clock: systemClock, log: { debug() {} }, moduleOf })
  })
  afterEach(() => isolation.close())
  after(removeFolders)

  const plugin = (type: string) => catalogue.step(type)!
  const wave = async (own: ReturnType<typeof bench>, scope?: 'all') =>
    own.execution.wave({ onlyChanged: scope !== 'all' })
  async function woken(own: ReturnType<typeof bench>): Promise<void> {
    const { wakes } = own
    while (own.wakes === wakes) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  it('are asynchronous, whatever their code is, and have the deadline that the pipeline gives', () => {
    const { operations } = compile(
      pipeline([
        step('a', plugin('hang'), { value: 'plc1.a' }, ['value'], { timeoutMs: 70 }),
        step('b', plugin('hang'), { value: 'plc1.a' }, ['value']),
        step('c', inc, { value: 'plc1.a' }, ['value']),
      ]),
    )
    const facts = operations.map(({ step, isIsolated, isInline, deadlineMs, timeoutMs }) => [
      step,
      isIsolated,
      isInline,
      deadlineMs,
      timeoutMs,
    ])
    expect(facts).to.have.deep.members([
      ['a', true, false, 70, undefined],
      ['b', true, false, undefined, undefined],
      ['c', false, true, undefined, 10_000],
    ])
  })

  it('hold nobody up while their thread starts, and ask for a wave when it is there', async () => {
    const own = bench(
      pipeline([
        step('slow', plugin('hang'), { value: 'plc1.a' }, ['value']),
        step('after', inc, { value: 'slow/value' }, ['value']),
        step('other', inc, { value: 'plc1.a' }, ['value']),
      ]),
      { isolation },
    )
    own.feed({ 'plc1.a': 1 })
    expect(own.wave()).to.deep.equal({ kind: 'completed' })
    expect(own.value('p/other.value')).to.equal(2)
    expect(own.sample('p/after.value')).to.deep.include({ status: Status.BadWaitingForInitialData, cause: 'p/slow' })
    await woken(own)
    expect(await wave(own)).to.deep.equal({ kind: 'completed' })
    expect([own.value('p/slow.value'), own.value('p/after.value')]).to.deep.equal([1, 2])
    expect(own.sample('p/slow.value').sourceTime).to.equal(1000)
    expect(own.happenings.filter(({ kind }) => kind === 'failed')).to.deep.equal([])
    own.execution.close()
  })

  it('turn Bad with the reason, are told of once, and come back by themselves', async () => {
    const own = bench(
      pipeline([
        step('slow', plugin('hang'), { value: 'plc1.a' }, ['value']),
        step('after', inc, { value: 'slow/value' }, ['value']),
        step('other', inc, { value: 'plc1.a' }, ['value']),
      ]),
      { isolation },
    )
    await woken(own)
    own.feed({ 'plc1.a': 13 })
    await wave(own)
    const reason = 'the thread of hang.ts did not answer p/slow within 300 ms'
    expect(own.sample('p/after.value')).to.deep.include({ value: null, status: Status.BadTimeout, cause: 'p/slow' })
    for (const a of [1, 2, 3]) {
      own.feed({ 'plc1.a': a })
      // Nobody waits for a thread that is not there.
      expect(own.wave('all')).to.deep.equal({ kind: 'completed' })
      expect(own.value('p/other.value')).to.equal(a + 1)
    }
    expect(own.happenings.filter(({ kind }) => kind === 'failed')).to.deep.equal([
      { kind: 'failed', step: 'slow', status: Status.BadTimeout, message: reason, attempts: 1, isRepeated: false },
    ])
    expect(own.execution.counters()[0]).to.deep.include({ errorCount: 4, lastError: reason, state: 'Error' })
    await woken(own)
    await wave(own)
    expect([own.value('p/slow.value'), own.value('p/after.value')]).to.deep.equal([3, 4])
    // A function has nothing to begin anew with.
    expect(own.happenings.filter(({ kind }) => kind === 'restarted')).to.deep.equal([])
    own.execution.close()
  })

  it('say that a block has begun anew, which then has its first turn again', async () => {
    const own = bench(pipeline([step('count', plugin('count'), { value: 'plc1.a' }, ['count', 'elapsed'])]), {
      isolation,
    })
    await woken(own)
    for (const a of [1, 2]) {
      own.feed({ 'plc1.a': a })
      await wave(own)
      await own.clock.advance(500)
    }
    expect([own.value('p/count.count'), own.value('p/count.elapsed')]).to.deep.equal([2, 0.5])
    own.feed({ 'plc1.a': 13 })
    await wave(own)
    await woken(own)
    own.feed({ 'plc1.a': 3 })
    await wave(own)
    expect([own.value('p/count.count'), own.value('p/count.elapsed')]).to.deep.equal([1, 0])
    own.feed({ 'plc1.a': 7 })
    await wave(own)
    const message = 'begins anew: what it remembered was lost with the thread of its plugin'
    expect(own.happenings.filter(({ kind }) => kind === 'restarted')).to.deep.equal([
      { kind: 'restarted', step: 'count', message },
    ])
    // Its wish to be woken comes from the thread, and is kept here.
    const { wakes } = own
    await own.clock.advance(50)
    expect(own.wakes).to.equal(wakes + 1)
    own.execution.close()
  })

  it('bring what an operator emits, in its wave or as a wave of its own', async () => {
    const own = bench(
      pipeline([
        step('twice', plugin('storm'), { value: 'plc1.a' }, ['value'], { config: { how: 'double' } }),
        step('later', plugin('storm'), { value: 'plc1.a' }, ['value'], { config: { how: 'later' } }),
        step('after', inc, { value: 'later/value' }, ['value']),
      ]),
      { isolation },
    )
    await woken(own)
    own.feed({ 'plc1.a': 4 })
    await wave(own)
    expect(own.sample('p/twice.value')).to.deep.include({ value: 8, sourceTime: 1000 })
    expect(statusName(own.sample('p/after.value').status)).to.equal('BadWaitingForInitialData')
    await woken(own)
    expect(own.wave()).to.deep.equal({ kind: 'completed' })
    expect(own.sample('p/after.value').value).to.equal(5)
    own.execution.close()
  })

  it('are retried, and fall back, as the pipeline says', async () => {
    const own = bench(
      pipeline([
        step('lucky', plugin('crash'), { value: 'plc1.a' }, ['value'], {
          config: { how: 'throw' },
          retry: { attempts: 2, delayMs: 1 },
          onError: { kind: 'fallback', values: { value: 5 } },
        }),
      ]),
      { isolation, clock: systemClock },
    )
    await woken(own)
    own.feed({ 'plc1.a': 13 })
    await wave(own)
    expect(own.sample('p/lucky.value')).to.deep.include({ value: 5, status: Status.UncertainSubstituteValue })
    expect(own.happenings.find(({ kind }) => kind === 'failed')).to.deep.include({ message: 'unlucky', attempts: 2 })
    own.execution.close()
  })

  it('run once to their completion in a sequence, and wait for their thread there', async () => {
    const own = bench(
      pipeline(
        [
          step('first', plugin('hang'), { value: 1 }, ['value']),
          step('counts', plugin('count'), { value: 'first/value' }, ['count', 'elapsed'], {
            until: [{ port: 'count', is: 'equals', source: { kind: 'literal', value: 1 } }],
          }),
        ],
        { trigger: { kind: 'once' } },
      ),
      { isolation },
    )
    const signal = new AbortController().signal
    expect(await own.execution.sequence({ signal })).to.deep.equal({ kind: 'completed' })
    expect(own.value('p/counts.count')).to.equal(1)
    own.execution.close()
  })

  it('are computed in this thread without isolation, as under virtual time', () => {
    const own = bench(pipeline([step('a', plugin('hang'), { value: 'plc1.a' }, ['value'])]))
    own.feed({ 'plc1.a': 3 })
    expect(own.wave()).to.deep.equal({ kind: 'completed' })
    expect(own.value('p/a.value')).to.equal(3)
  })
})
