import { expect } from 'chai'
import fc from 'fast-check'
import { type AggregateConfiguration, defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import { readProcessed } from '../../../src/history/aggregate/processed.ts'
import type { Entry, HistoryStore } from '../../../src/history/history-store.ts'
import { readAtTime } from '../../../src/history/read/at-time.ts'
import { openIn, tagSample, temporaryFolder } from '../kit.ts'

describe('reads of Part 11', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let store: HistoryStore

  before(async () => {
    folder = await temporaryFolder()
    store = await openIn(folder.path)
  })

  after(async () => {
    await store.close()
    await folder.remove()
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
