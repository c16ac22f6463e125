import { expect } from 'chai'
import fc from 'fast-check'
import { type AggregateConfiguration, defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import { readProcessed } from '../../../src/history/aggregate/processed.ts'
import type { Entry, HistoryStore } from '../../../src/history/history-store.ts'
import { readAtTime } from '../../../src/history/read/at-time.ts'
import { type RawRequest, readRaw } from '../../../src/history/read/raw.ts'
import { openIn, tagSample, temporaryFolder } from '../kit.ts'

const notFound = 0x80d70000

describe('reads of Part 11', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let store: HistoryStore

  before(async () => {
    folder = await temporaryFolder()
    store = await openIn(folder.path)
    await store.append([10, 20, 20, 20, 30, 40].map((time, index) => tagSample('a', time, index)))
  })

  after(async () => {
    await store.close()
    await folder.remove()
  })

  async function raw(request: Partial<RawRequest>): Promise<Entry[]> {
    const entries: Entry[] = []
    let after: RawRequest['after']
    do {
      const answer = await readRaw(store, { tag: 'a', count: 0, hasBounds: false, limit: 2, ...request, after })
      entries.push(...answer.entries)
      after = answer.next
    } while (after)
    return entries
  }

  const times = async (request: Partial<RawRequest>): Promise<number[]> => (await raw(request)).map(({ time }) => time)

  it('answers with samples of a range in either direction, page after page', async () => {
    expect(await times({ start: 10, end: 40 })).to.deep.equal([10, 20, 20, 20, 30])
    expect((await raw({ start: 40, end: 10 })).map(({ value }) => value)).to.deep.equal([5, 4, 3, 2, 1])
    expect(await times({ start: 20, count: 4 })).to.deep.equal([20, 20, 20, 30])
    expect(await times({ end: 20, count: 3 })).to.deep.equal([20, 20, 20])
    expect(await times({ start: 20, end: 20 })).to.deep.equal([20, 20, 20])
    expect(await times({ start: 41, end: 50 })).to.deep.equal([])
    const failure = await readRaw(store, { tag: 'a', start: 1, count: 0, hasBounds: false, limit: 5 }).catch(
      ({ code }) => code,
    )
    expect(failure).to.equal('value-invalid')
  })

  it('adds bounds: the sample at a time or beyond it, or a sample that says there is none', async () => {
    const bounded = async (start: number, end: number, limit: number, count = 0): Promise<[number, number][]> =>
      (await raw({ start, end, limit, count, hasBounds: true })).map(({ time, status }) => [time, status])
    for (const limit of [1, 2, 3, 10]) {
      expect(await bounded(15, 35, limit)).to.deep.equal([10, 20, 20, 20, 30, 40].map((time) => [time, 0]))
      expect(await bounded(35, 15, limit)).to.deep.equal([40, 30, 20, 20, 20, 10].map((time) => [time, 0]))
      expect(await bounded(5, 45, limit)).to.deep.equal([
        ...[
          [5, notFound],
          [10, 0],
          [20, 0],
          [20, 0],
          [20, 0],
          [30, 0],
          [40, 0],
        ],
        [45, notFound],
      ])
      expect(await bounded(15, 35, limit, 3)).to.deep.equal([10, 20, 20].map((time) => [time, 0]))
      expect(await bounded(20, 40, limit)).to.deep.equal([20, 20, 20, 30, 40].map((time) => [time, 0]))
    }
  })

  it('reads at times what Interpolative gives for them', async () => {
    const sample = fc.record({
      step: fc.integer({ min: 1, max: 9 }),
      value: fc.integer({ min: 0, max: 50 }),
      status: fc.constantFrom(0, 0, 0, 0x40000000, 0x80000000),
    })
    let number = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        async (steps, isStepped, strict) => {
          const tag = `tag${number++}`
          let time = 0
          const samples = steps.map(({ step, value, status }) => {
            time += step
            return tagSample(tag, time, value, status)
          })
          await store.append(samples)
          const configuration: AggregateConfiguration = {
            ...defaultConfiguration,
            isStepped,
            treatUncertainAsBad: strict,
          }
          const all = Array.from({ length: 80 }, (_, index) => index)
          const read = await readAtTime(store, { tag, times: all, useSimpleBounds: false, configuration })
          const range = { tag, start: 0, end: 80, interval: 1, configuration }
          expect(read).to.deep.equal(await readProcessed(store, { ...range, aggregate: 'Interpolative' }))
        },
      ),
      { numRuns: 12 },
    )
  })

  it('reads at times with simple bounds: Bad neighbours count', async () => {
    const bad = 0x80000000
    await store.append([
      ...[tagSample('b', 0, 0), tagSample('b', 10, 10), tagSample('b', 20, null, bad), tagSample('b', 30, 30)],
    ])
    const at = (configuration: AggregateConfiguration): Promise<Entry[]> =>
      readAtTime(store, { tag: 'b', times: [5, 10, 15, 20, 25, 35, -5], useSimpleBounds: true, configuration })
    const sloped = await at(defaultConfiguration)
    expect(sloped.map(({ value }) => value)).to.deep.equal([5, 10, 10, null, null, 30, null])
    expect(sloped.map(({ status }) => status.toString(16))).to.deep.equal([
      ...['402', '0', '40a40402', '80000000', '809b0000', '40a40402', '809b0000'],
    ])
    expect((await at({ ...defaultConfiguration, isStepped: true })).map(({ value }) => value)).to.deep.equal([
      ...[0, 10, 10, null, null, 30, null],
    ])
  })
})
