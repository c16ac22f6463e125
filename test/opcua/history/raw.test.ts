import { expect } from 'chai'
import fc from 'fast-check'
import { type HistoryData, NumericRange, TimestampsToReturn } from 'node-opcua'
import type { Client } from '../bench.ts'
import { at, epoch, type HistoryBench, samplesOf, startHistoryBench } from './history-bench.ts'
import { historyRead, pagesOf, type RawOptions, rawDetails, rawOf, rowsOf } from './reading.ts'

const badDataLost = 0x809d0000

/** Seconds and values; three samples share a time, and two are not Good. */
const rows: readonly (readonly [number, number | null, number?])[] = [
  [0, 1],
  [2, 2],
  [3, 3],
  [3, 3.25],
  [3, 3.5],
  [5, null, badDataLost],
  [6, 6, 0x40000000],
  [8, 8],
]

describe('HistoryRead of raw values', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let client: Client
  let volume: string

  before(async () => {
    bench = await startHistoryBench()
    await bench.store.append(samplesOf('fill.volume', rows))
    client = await bench.connect()
    volume = client.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  const read = (options: RawOptions) => rawOf(client.session, volume, options)
  const seconds = async (options: RawOptions): Promise<readonly (readonly [number, unknown, string?])[]> =>
    (await read(options)).map(({ time, value, status }) =>
      status === 'Good' ? [(time - epoch) / 1000, value] : [(time - epoch) / 1000, value, status],
    )

  it('gives values, statuses and source times from the start to before the end', async () => {
    expect(await seconds({ start: at(0), end: at(8) })).to.deep.equal([
      [0, 1],
      [2, 2],
      [3, 3],
      [3, 3.25],
      [3, 3.5],
      [5, null, 'BadDataLost'],
      [6, 6, 'Uncertain'],
    ])
  })

  it('reads backwards when the start is after the end', async () => {
    expect(await seconds({ start: at(3), end: at(0) })).to.deep.equal([
      [3, 3.5],
      [3, 3.25],
      [3, 3],
      [2, 2],
    ])
  })

  it('gives so many values from one time on, and no continuation point, when the other time is open', async () => {
    expect(await pagesOf(client.session, volume, { start: at(2), count: 2 })).to.have.lengthOf(1)
    expect(await seconds({ start: at(2), count: 2 })).to.deep.equal([
      [2, 2],
      [3, 3],
    ])
    expect(await seconds({ end: at(2.5), count: 3 })).to.deep.equal([
      [2, 2],
      [0, 1],
    ])
  })

  it('gives the samples of one moment when start and end are the same', async () => {
    expect(await seconds({ start: at(3), end: at(3) })).to.deep.equal([
      [3, 3],
      [3, 3.25],
      [3, 3.5],
    ])
  })

  it('neither loses nor repeats a value at equal times, whatever the page, the direction and the range', async () => {
    const time = fc.integer({ min: -1, max: 9 })
    const cases = fc.record({ count: fc.integer({ min: 1, max: 4 }), start: time, end: time, bounds: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, start, end, bounds }) => {
        const range = { start: at(start), end: at(end), bounds }
        const pages = await pagesOf(client.session, volume, { ...range, count })
        expect(pages.flat()).to.deep.equal(await read(range))
        for (const page of pages) expect(page.length).to.be.at.most(count)
      }),
      { numRuns: 60 },
    )
  })

  it('gives the values at the bounds of a range: those at the ends, or the next ones beyond', async () => {
    expect(await seconds({ start: at(1), end: at(2.5), bounds: true })).to.deep.equal([
      [0, 1],
      [2, 2],
      [3, 3],
    ])
    expect(await seconds({ start: at(2), end: at(3), bounds: true })).to.deep.equal([
      [2, 2],
      [3, 3],
    ])
    expect(await seconds({ start: at(7), end: at(4), bounds: true })).to.deep.equal([
      [8, 8],
      [6, 6, 'Uncertain'],
      [5, null, 'BadDataLost'],
      [3, 3.5],
    ])
  })

  it('says where there is no bound', async () => {
    expect(await seconds({ start: at(-1), end: at(1), bounds: true })).to.deep.equal([
      [-1, null, 'BadBoundNotFound'],
      [0, 1],
      [2, 2],
    ])
    expect((await seconds({ start: at(7), end: at(9), bounds: true })).at(-1)).to.deep.equal([
      9,
      null,
      'BadBoundNotFound',
    ])
  })

  it('says GoodNoData for a range without values', async () => {
    const details = rawDetails({ start: at(100), end: at(200) })
    const [result] = await historyRead(client.session, details, [{ nodeId: volume }])
    expect(result?.statusCode.name).to.equal('GoodNoData')
    expect(rowsOf(result)).to.deep.equal([])
  })

  it('answers each node for itself, 50 of them', async () => {
    const others = [client.id('pipe/fill.Outputs.plain'), 'i=2253', client.id('pipe/fill'), 'ns=1;s=nothing']
    const nodes = [...others, ...Array.from({ length: 46 }, () => volume)].map((nodeId) => ({ nodeId }))
    const results = await historyRead(client.session, rawDetails({ start: at(0), end: at(9) }), nodes)
    const statuses = results.map(({ statusCode }) => statusCode.name)
    const unsupported = 'BadHistoryOperationUnsupported'
    expect(statuses.slice(0, 4)).to.deep.equal([unsupported, unsupported, unsupported, 'BadNodeIdUnknown'])
    expect(new Set(statuses.slice(4))).to.deep.equal(new Set(['Good']))
    expect(rowsOf(results[49])).to.have.lengthOf(8)
  })

  it('refuses what makes no sense: one of three limits, a modified read with bounds, a timestamp that is not kept', async () => {
    const status = async (options: RawOptions, timestamps = TimestampsToReturn.Source) => {
      const [result] = await historyRead(client.session, rawDetails(options), [{ nodeId: volume }], { timestamps })
      return result?.statusCode.name
    }
    const range = { start: at(0), end: at(9) }
    expect(await status({ start: at(0) })).to.equal('BadInvalidArgument')
    expect(await status({ ...range, bounds: true, isModified: true })).to.equal('BadInvalidArgument')
    expect(await status(range, TimestampsToReturn.Server)).to.equal('BadTimestampNotSupported')
    const neither = await status(range, TimestampsToReturn.Neither).catch(String)
    expect(neither).to.contain('BadTimestampsToReturnInvalid')
    expect(await status(range, TimestampsToReturn.Both)).to.equal('Good')
  })

  it('gives values of every kind, and parts of arrays', async () => {
    await bench.store.append([
      ...samplesOf('fill.bottles', [[0, 65_535]]),
      ...samplesOf('fill.isFull', [[0, true]]),
      ...samplesOf('fill.label', [[0, 'größer']]),
      ...samplesOf('fill.profile', [[0, [1.5, 2.5, 3.5]]]),
    ])
    const names = ['bottles', 'isFull', 'label', 'profile', 'profile']
    const ranges = [undefined, undefined, undefined, undefined, new NumericRange('1:2')]
    const nodes = names.map((name, index) => {
      const indexRange = ranges[index]
      return { nodeId: client.id(`pipe/fill.Outputs.${name}`), ...(indexRange ? { indexRange } : {}) }
    })
    const results = await historyRead(client.session, rawDetails({ start: at(0), end: at(1) }), nodes)
    const values = results.map((result) => rowsOf(result)[0]?.value)
    expect(values.slice(0, 3)).to.deep.equal([65_535, true, 'größer'])
    expect(values.slice(3).map((value) => [...(value as Float64Array)])).to.deep.equal([
      [1.5, 2.5, 3.5],
      [2.5, 3.5],
    ])
  })

  it('cuts pages of long values so that they fit into a message', async () => {
    const texts = Array.from({ length: 30 }, (_, index) => String(index).padEnd(100_000, '.'))
    await bench.store.append(
      samplesOf(
        'fill.label',
        texts.map((text, index) => [5000 + index, text]),
      ),
    )
    const label = client.id('pipe/fill.Outputs.label')
    for (const range of [
      { start: at(5000), end: at(6000) },
      { start: at(6000), end: at(4999) },
    ]) {
      const pages = await pagesOf(client.session, label, range)
      expect(pages.length).to.be.within(3, 5)
      const values = pages.flat().map(({ value }) => value)
      expect(values).to.deep.equal(range.start < range.end ? texts : texts.toReversed())
    }
  })

  it('shows how many samples were lost in a gap, whatever the type of the variable', async () => {
    await bench.store.append(samplesOf('fill.isFull', [[7000, 17, badDataLost]]))
    const rows = await rawOf(client.session, client.id('pipe/fill.Outputs.isFull'), { start: at(6999), end: at(7001) })
    expect(rows).to.deep.equal([{ time: at(7000).getTime(), value: 17, status: 'BadDataLost' }])
  })

  it('pages a long range by itself when no number is given', async () => {
    const count = 25_000
    const samples = Array.from({ length: count }, (_, index): [number, number] => [10_000 + index, index])
    await bench.store.append(samplesOf('fill.volume', samples))
    const pages = await pagesOf(client.session, volume, { start: at(10_000), end: at(10_000 + count) })
    expect(pages.map(({ length }) => length)).to.deep.equal([10_000, 10_000, 5000])
    expect(pages.flat().every(({ value }, index) => value === index)).to.equal(true)
  })

  it('keeps 100 ns of a source time', async () => {
    const time = epoch + 1_000_000.25
    await bench.store.append([{ tag: 'fill.label', sample: { value: 'late', status: 0, sourceTime: time } }])
    const nodeId = client.id('pipe/fill.Outputs.label')
    const [result] = await historyRead(client.session, rawDetails({ start: at(900), end: at(1100) }), [{ nodeId }])
    const [value] = (result?.historyData as HistoryData | null)?.dataValues ?? []
    expect(value?.sourcePicoseconds).to.equal(250_000_000)
  })
})
