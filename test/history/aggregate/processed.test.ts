import { expect } from 'chai'
import fc from 'fast-check'
import {
  type AggregateConfiguration,
  type AggregateName,
  aggregateIds,
  defaultConfiguration,
} from '../../../src/history/aggregate/configuration.ts'
import { readProcessed } from '../../../src/history/aggregate/processed.ts'
import type { Entry, HistoryStore } from '../../../src/history/history-store.ts'
import { slice } from '../../../src/history/samples.ts'
import { openIn, tagSample, temporaryFolder } from '../kit.ts'
import { byDefinition, type Case, isGood } from './by-definition.ts'
import { statusByDefinition } from './status-by-definition.ts'

const extrapolating = ['Interpolative', 'TimeAverage', 'Total']

/** An interval as a definition sees it, and whether there is data for it. */
interface Interval extends Case {
  readonly isPartial: boolean
  /** Nothing was recorded yet; or nothing is recorded any more. */
  readonly isBefore: boolean
  readonly isBehind: boolean
}

interface Asked {
  readonly start: number
  readonly length: number
  readonly interval: number
  readonly isBackwards: boolean
}

/** The intervals of a read in the order of reading (§5.4.2.2): what is left of the range in the end is one too. */
function casesOf(
  all: readonly Entry[],
  { start, length, interval, isBackwards }: Asked,
  configuration: AggregateConfiguration,
): Interval[] {
  const width = interval > 0 && interval < length ? interval : length
  const [oldest, newest] = [all[0]?.time ?? Number.POSITIVE_INFINITY, all.at(-1)?.time ?? Number.NEGATIVE_INFINITY]
  return Array.from({ length: Math.ceil(length / width) }, (_, index): Interval => {
    const [near, far] = [index * width, Math.min((index + 1) * width, length)]
    const [from, to] = isBackwards ? [start + length - far, start + length - near] : [start + near, start + far]
    const isInside = ({ time }: Entry): boolean => (isBackwards ? time > from && time <= to : time >= from && time < to)
    const isBehind = isBackwards ? from >= newest : from > newest
    return {
      all,
      inside: all.filter(isInside),
      from,
      to,
      timestamp: isBackwards ? to : from,
      configuration,
      // Where nothing is recorded any more, all of it is extrapolated: no part of the data is missing.
      isPartial: far - near < width || from < oldest || (to > newest && !isBehind),
      isBefore: isBackwards ? to < oldest : to <= oldest,
      isBehind,
    }
  })
}

function check(aggregate: AggregateName, result: Entry, each: Interval): void {
  const isThere = !each.isBefore && (!each.isBehind || extrapolating.includes(aggregate))
  const value = isThere ? byDefinition[aggregate](each) : undefined
  const { isPartial } = each
  const status = statusByDefinition(aggregate, each, { hasValue: value !== undefined, isPartial })
  expect(result.status.toString(16)).to.equal(status.toString(16))
  // A result whose data is mostly Bad has no value, by the percentages.
  const isJudgedBad = (status & 0xffff0000) >>> 0 === 0x80000000 && aggregate !== 'Start' && aggregate !== 'End'
  if (value === undefined || isJudgedBad) expect(result.value).to.equal(null)
  else expect(result.value).to.be.a('number').closeTo(value, 1e-6)
  expect(result.time).to.equal(value === undefined ? each.timestamp : timeOf(aggregate, each, value))
}

/** Results are at the beginning of their interval, but these at the time of the sample that they are (§5.4.3.12, .13, .25, .26). */
function timeOf(aggregate: AggregateName, { inside, timestamp }: Case, value: number): number | undefined {
  if (aggregate === 'Start') return inside[0]?.time
  if (aggregate === 'End') return inside.at(-1)?.time
  if (!aggregate.endsWith('ActualTime')) return timestamp
  return inside.find((entry) => entry.value === value && isGood(entry))?.time
}

/** The store with shorter blocks, so that they end anywhere. */
function inBlocks(store: HistoryStore, size: number): Pick<HistoryStore, 'scan' | 'neighbours' | 'readPage'> {
  return {
    neighbours: (...asked) => store.neighbours(...asked),
    readPage: (request) => store.readPage(request),
    async *scan(...asked) {
      for await (const block of store.scan(...asked)) {
        for (let from = 0; from < block.count; from += size)
          yield slice(block, from, Math.min(from + size, block.count))
      }
    },
  }
}

describe('a processed read', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let store: HistoryStore
  let tags = 0

  before(async () => {
    folder = await temporaryFolder()
    store = await openIn(folder.path)
  })

  after(async () => {
    await store.close()
    await folder.remove()
  })

  const samples = fc.array(
    fc.record({
      step: fc.integer({ min: 1, max: 40 }),
      value: fc.integer({ min: -3, max: 3 }).map((value) => value + 0),
      status: fc.constantFrom(0, 0, 0, 0x40000000, 0x80000000, 0x809d0000),
    }),
    { maxLength: 60 },
  )
  const configuration = fc.record({
    treatUncertainAsBad: fc.boolean(),
    isStepped: fc.boolean(),
    percentDataBad: fc.constantFrom(30, 50, 100),
    percentDataGood: fc.constantFrom(50, 70, 100),
    useSlopedExtrapolation: fc.boolean(),
  })
  const range = fc.record({
    start: fc.integer({ min: -50, max: 900 }),
    length: fc.integer({ min: 1, max: 600 }),
    interval: fc.integer({ min: 0, max: 200 }),
    isBackwards: fc.boolean(),
    block: fc.integer({ min: 1, max: 9 }),
  })

  for (const aggregate of Object.keys(aggregateIds) as AggregateName[]) {
    it(`of ${aggregate} equals its definition over random samples, intervals, directions and configurations`, async () => {
      await fc.assert(
        fc.asyncProperty(samples, configuration, range, async (steps, config, asked) => {
          const tag = `tag${tags++}`
          let time = 0
          const all = steps.map(({ step, value, status }): Entry => {
            time += step
            return { time, value, status }
          })
          await store.append(all.map((entry) => tagSample(tag, entry.time, entry.value, entry.status)))
          const { start, length, interval, isBackwards } = asked
          const [first, last] = isBackwards ? [start + length, start] : [start, start + length]
          const request = { tag, start: first, end: last, interval, aggregate, configuration: config }
          const results = await readProcessed(inBlocks(store, asked.block), request)
          const cases = casesOf(all, asked, config)
          expect(results.length).to.equal(cases.length)
          for (const [index, result] of results.entries()) check(aggregate, result, cases[index] as Interval)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('reads backwards with the same results as forwards where no sample is on an edge', async () => {
    await store.append(Array.from({ length: 100 }, (_, index) => tagSample('back', index * 10 + 5, index % 7)))
    for (const aggregate of Object.keys(aggregateIds) as AggregateName[]) {
      if (aggregate === 'Interpolative') continue
      const request = { tag: 'back', interval: 60, aggregate, configuration: defaultConfiguration }
      const forward = await readProcessed(store, { ...request, start: 120, end: 720 })
      const backward = await readProcessed(store, { ...request, start: 720, end: 120 })
      // Whether an extreme lies on the timestamp differs by the direction, and nothing else.
      expect(backward.map(({ value }) => value)).to.deep.equal(forward.map(({ value }) => value).reverse())
    }
    const instants = {
      tag: 'back',
      interval: 60,
      aggregate: 'Interpolative',
      configuration: defaultConfiguration,
    } as const
    const forward = await readProcessed(store, { ...instants, start: 180, end: 780 })
    const backward = await readProcessed(store, { ...instants, start: 720, end: 120 })
    expect(backward.map(({ time, value }) => [time, value])).to.deep.equal(
      forward.map(({ time, value }) => [time, value]).reverse(),
    )
  })

  it('extrapolates along the slope when it is told to', async () => {
    await store.append([tagSample('slope', 0, 0), tagSample('slope', 10, 10)])
    const configuration = { ...defaultConfiguration, useSlopedExtrapolation: true }
    const request = {
      tag: 'slope',
      start: 0,
      end: 40,
      interval: 20,
      aggregate: 'Interpolative',
      configuration,
    } as const
    expect((await readProcessed(store, request)).map(({ value }) => value)).to.deep.equal([0, 20])
  })

  it('holds values that are no numbers, and counts Booleans as 0 and 1', async () => {
    await store.append([tagSample('switch', 0, true), tagSample('switch', 30, false), tagSample('switch', 50, true)])
    const read = async (aggregate: AggregateName): Promise<unknown[]> => {
      const range = { start: 0, end: 40, interval: 20 }
      const results = await readProcessed(store, {
        tag: 'switch',
        ...range,
        aggregate,
        configuration: defaultConfiguration,
      })
      return results.map(({ value }) => value)
    }
    expect(await read('DurationInStateNonZero')).to.deep.equal([20, 10])
    expect(await read('DurationInStateZero')).to.deep.equal([0, 10])
    expect(await read('Interpolative')).to.deep.equal([true, true])
    await store.append([tagSample('text', 0, 'a'), tagSample('text', 10, 'a'), tagSample('text', 15, 'b')])
    const text = { tag: 'text', start: 0, end: 20, interval: 0, configuration: defaultConfiguration }
    expect((await readProcessed(store, { ...text, aggregate: 'NumberOfTransitions' }))[0]?.value).to.equal(2)
    expect((await readProcessed(store, { ...text, aggregate: 'Average' }))[0]?.status).to.equal(0x809b0000)
    const guid = (byte: number) => ({ type: 'Guid', namespaces: [], body: new Uint8Array(16).fill(byte) })
    await store.append([1, 1, 2, 2].map((byte, index) => tagSample('guid', index * 5, guid(byte))))
    const guids = { ...text, tag: 'guid' }
    expect((await readProcessed(store, { ...guids, aggregate: 'NumberOfTransitions' }))[0]?.value).to.equal(2)
    expect((await readProcessed(store, { ...guids, aggregate: 'Average' }))[0]?.status).to.equal(0x809b0000)
    expect((await readProcessed(store, { ...guids, aggregate: 'End' }))[0]?.value).to.deep.equal(guid(2))
  })

  it('refuses an empty range and too many intervals', async () => {
    const request = {
      tag: 'a',
      start: 0,
      end: 0,
      interval: 1,
      aggregate: 'Count',
      configuration: defaultConfiguration,
    } as const
    const failure = async (changes: Partial<typeof request>): Promise<unknown> =>
      readProcessed(store, { ...request, ...changes }).catch((error) => error.code)
    expect(await failure({})).to.equal('value-invalid')
    expect(await failure({ end: Number.NaN as 0 })).to.equal('value-invalid')
    expect(await failure({ end: 1e9 as 0 })).to.equal('value-out-of-range')
  })
})
