import { expect } from 'chai'
import type { HistoryStore } from '../../../src/history/history-store.ts'
import { findProducer } from '../../../src/history/read/producer.ts'
import { computed, openIn, runOrigin, tagSample, temporaryFolder } from '../kit.ts'

const [first, second] = [runOrigin('run1'), runOrigin('run2')]

describe('the producer of a sample', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let store: HistoryStore

  beforeEach(async () => {
    folder = await temporaryFolder()
    store = await openIn(folder.path)
  })
  afterEach(async () => {
    await store.close()
    await folder.remove()
  })

  const find = async (time: number, ordinal = 0): Promise<unknown> => {
    const found = await findProducer(store, { tag: 'mix.level', time, ordinal })
    return found && [found.time, found.count, found.run?.runId]
  }

  it('is that of the sample at a time, or of the one before', async () => {
    await store.append([computed(first, 'mix.level', 1000, 1), computed(second, 'mix.level', 2000, 2)])
    expect(await find(999)).to.equal(undefined)
    expect(await find(1000)).to.deep.equal([1000, 1, 'run1'])
    expect(await find(1999)).to.deep.equal([1000, 1, 'run1'])
    expect(await find(2000)).to.deep.equal([2000, 1, 'run2'])
    expect(await find(8e15)).to.deep.equal([2000, 1, 'run2'])
    expect(await findProducer(store, { tag: 'mix.level', time: 1000, ordinal: 0 })).to.have.deep.property('run', first)
    expect(await findProducer(store, { tag: 'mix.other', time: 1000, ordinal: 0 })).to.equal(undefined)
  })

  it('is the last of several of one time, or the one that is asked for', async () => {
    const runs = [first, second, first]
    await store.append(runs.map((run, value) => computed(run, 'mix.level', 1000, value)))
    expect(await find(1000)).to.deep.equal([1000, 3, 'run1'])
    expect(await find(1000, 1)).to.deep.equal([1000, 3, 'run1'])
    expect(await find(1500, 2)).to.deep.equal([1000, 3, 'run2'])
    expect(await find(1000, 3)).to.deep.equal([1000, 3, 'run1'])
    expect(await find(1000, 4)).to.equal(undefined)
  })

  it('takes the parts of a millisecond together, because the time in a call has none', async () => {
    const times = [999.9, 1000, 1000.25, 1000.75, 1001]
    await store.append(times.map((time, index) => computed(index < 3 ? first : second, 'mix.level', time, index)))
    expect(await find(1000)).to.deep.equal([1000.75, 3, 'run2'])
    expect(await find(1000, 2)).to.deep.equal([1000.25, 3, 'run1'])
    expect(await find(999)).to.deep.equal([999.9, 1, 'run1'])
    expect(await find(1001)).to.deep.equal([1001, 1, 'run2'])
  })

  it('is found before 1970, too', async () => {
    await store.append([computed(first, 'mix.level', -1500.5, 1), computed(second, 'mix.level', -1000, 2)])
    expect(await find(-1501)).to.deep.equal([-1500.5, 1, 'run1'])
    expect(await find(-1502)).to.equal(undefined)
    expect(await find(-1000)).to.deep.equal([-1000, 1, 'run2'])
  })

  it('is found among more samples of one time than a page has', async () => {
    const count = 20_003
    const run = (index: number) => (index % 2 === 0 ? first : second)
    for (let from = 0; from < count; from += 5000) {
      const size = Math.min(5000, count - from)
      await store.append(
        Array.from({ length: size }, (_, at) => computed(run(from + at), 'mix.level', 1000, from + at)),
      )
    }
    for (const ordinal of [1, 10_000, 10_001, 20_000, 20_001, count]) {
      expect(await find(1000, ordinal)).to.deep.equal([1000, count, run(ordinal - 1).runId])
    }
    expect(await find(1000)).to.deep.equal([1000, count, run(count - 1).runId])
    expect(await find(1000, count + 1)).to.equal(undefined)
  })

  it('is nobody for what no run has computed, and for what somebody has entered', async () => {
    await store.append([tagSample('mix.level', 1000, 1), computed(first, 'mix.level', 2000, 2)])
    const entries = [{ time: 2000, status: 0, value: 3 }]
    await store.modify({ kind: 'replace', tag: 'mix.level', entries }, { user: 'bea', at: 9 })
    expect(await find(1000)).to.deep.equal([1000, 1, undefined])
    expect(await find(2000)).to.deep.equal([2000, 1, undefined])
  })
})
