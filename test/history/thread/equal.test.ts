import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { aggregateIds, defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import type { Page } from '../../../src/history/history-store.ts'
import { HistoryReads } from '../../../src/history/read/history-reads.ts'
import { type Reading, read } from '../../../src/history/read/reading.ts'
import { type OpenedHistory, openHistory } from '../../../src/history/store/sqlite-history.ts'
import { ThreadReads } from '../../../src/history/thread/thread-reads.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import type { Value } from '../../../src/model/value.ts'
import { sqlAdapters } from '../../../src/sqlite/driver.ts'
import { entriesOf, runOrigin, tagSample, temporaryFolder } from '../kit.ts'

const tags = ['numbers', 'texts', 'mixed'] as const
const timeMax = 60_000
const names = Object.keys(aggregateIds) as (keyof typeof aggregateIds)[]

/** Values of each tag: `numbers` are the usual, `mixed` are of every kind. */
const valuesOf: Readonly<Record<(typeof tags)[number], fc.Arbitrary<Value>>> = {
  numbers: fc.oneof({ weight: 9, arbitrary: fc.double({ noNaN: true, min: -1e6, max: 1e6 }) }, fc.constant(-0)),
  texts: fc.string({ unit: 'grapheme', maxLength: 20 }),
  mixed: fc.oneof(
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(fc.double({ noNaN: true }), { maxLength: 4 }),
    fc.constant(null),
  ),
}

const sample: fc.Arbitrary<TagSample> = fc.constantFrom(...tags).chain((tag) =>
  fc
    .record({
      value: valuesOf[tag],
      time: fc.oneof({ weight: 4, arbitrary: fc.nat(timeMax) }, fc.double({ noNaN: true, min: 0, max: timeMax })),
      status: fc.constantFrom(0, 0, 0, 0, 0, 0x40000000, 0x80000000),
      run: fc.constantFrom(undefined, runOrigin('r1'), runOrigin('r2')),
    })
    .map(({ value, time, status, run }) => ({ ...tagSample(tag, time, value, status), ...(run ? { run } : {}) })),
)

const time = fc.double({ noNaN: true, min: -1000, max: timeMax + 1000 })
const end = fc.oneof(
  { weight: 3, arbitrary: time },
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)
const configuration = fc.record({
  treatUncertainAsBad: fc.boolean(),
  percentDataBad: fc.integer({ min: 50, max: 100 }),
  percentDataGood: fc.integer({ min: 50, max: 100 }),
  useSlopedExtrapolation: fc.boolean(),
  isStepped: fc.boolean(),
})
const tag = fc.constantFrom(...tags, 'unknown')

const raw: fc.Arbitrary<Reading> = fc
  .record({
    ...{ tag, start: end, end, isEndIncluded: fc.boolean(), limit: fc.integer({ min: 1, max: 900 }) },
    bytesMax: fc.constantFrom(undefined, 40, 4000),
  })
  .map((request) => ({ kind: 'raw', request }))
const atTime: fc.Arbitrary<Reading> = fc
  .record({ tag, times: fc.array(time, { maxLength: 300 }), useSimpleBounds: fc.boolean(), configuration })
  .map((request) => ({ kind: 'atTime', request }))
const processed: fc.Arbitrary<Reading> = fc
  .record({
    ...{ tag, start: time, end: time, configuration, aggregate: fc.constantFrom(...names) },
    interval: fc.oneof(fc.constant(0), fc.double({ noNaN: true, min: 50, max: timeMax })),
  })
  .filter((request) => request.start !== request.end)
  .map((request) => ({ kind: 'processed', request }))

/** A page as it can be compared, -0 and all. */
function rowsOf({ samples, next }: Page) {
  return { rows: entriesOf(samples), next, isTyped: samples.values instanceof Float64Array }
}

for (const adapter of sqlAdapters) {
  describe(`long reads in their thread, on ${adapter}`, function () {
    this.timeout(60_000)
    let folder: Awaited<ReturnType<typeof temporaryFolder>>
    let opened: OpenedHistory
    let thread: ThreadReads
    let reads: HistoryReads

    before(async () => {
      folder = await temporaryFolder()
      const journal = { unsealedMax: 1500, rowsMax: 10 }
      opened = await openHistory({ file: join(folder.path, 'history.db'), clock: { now: () => 0 }, adapter, journal })
      thread = new ThreadReads({})
      reads = new HistoryReads()
      const batches = fc.sample(fc.array(sample, { minLength: 300, maxLength: 600 }), { numRuns: 16, seed: 5 })
      for (const batch of batches) await opened.store.append(batch)
      const entries = [100, 2000, 30_000].map((each) => ({ time: each, status: 0, value: 1 }))
      await opened.store.modify({ kind: 'update', tag: 'numbers', entries }, { user: 'anna', at: 1 })
      await opened.store.modify({ kind: 'delete', tag: 'numbers', from: 5000, to: 6000 }, { user: 'anna', at: 2 })
    })
    after(async () => {
      await Promise.all([thread.close(), reads.close()])
      await opened.store.close()
      await folder.remove()
    })

    async function expectEqual(reading: Reading): Promise<Page> {
      const [here, there, either] = await Promise.all([
        read(opened.store, reading),
        thread.read(opened.source, reading),
        reads.read(opened.source, reading),
      ])
      expect(rowsOf(there)).to.deep.equal(rowsOf(here))
      expect(rowsOf(either)).to.deep.equal(rowsOf(here))
      return there
    }

    it('give what the same reads give here: raw, page after page, in both directions', async () => {
      await fc.assert(
        fc.asyncProperty(raw, async (reading) => {
          let page = await expectEqual(reading)
          for (let pages = 0; page.next && pages < 3; pages++) {
            const request = { ...reading.request, after: page.next }
            page = await expectEqual({ kind: 'raw', request } as Reading)
          }
        }),
        { numRuns: 60 },
      )
    })

    it('give what the same reads give here: at times', async () => {
      await fc.assert(
        fc.asyncProperty(atTime, async (reading) => void (await expectEqual(reading))),
        { numRuns: 25 },
      )
    })

    it('give what the same reads give here: every aggregate, forwards and backwards', async () => {
      await fc.assert(
        fc.asyncProperty(processed, async (reading) => void (await expectEqual(reading))),
        { numRuns: 60 },
      )
      for (const aggregate of names) {
        for (const [start, stop] of [[0, timeMax] as const, [timeMax, 0] as const]) {
          const request = { tag: 'numbers', start, end: stop, interval: 700, aggregate }
          await expectEqual({ kind: 'processed', request: { ...request, configuration: defaultConfiguration } })
        }
      }
    })
  })
}
