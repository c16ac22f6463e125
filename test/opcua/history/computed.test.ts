import { expect } from 'chai'
import {
  BrowseDirection,
  EventFilter,
  type HistoryModifiedData,
  HistoryUpdateType,
  ReadAtTimeDetails,
  ReadEventDetails,
  ReadProcessedDetails,
} from 'node-opcua'
import { type AggregateName, aggregateIds } from '../../../src/history/aggregate/configuration.ts'
import type { Client } from '../bench.ts'
import { at, epoch, type HistoryBench, samplesOf, startHistoryBench } from './history-bench.ts'
import { historyRead, type Row, rawDetails, rowsOf } from './reading.ts'

const bad = 0x80000000

describe('HistoryRead of computed values', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let client: Client
  let volume: string

  before(async () => {
    bench = await startHistoryBench()
    await bench.store.append([
      ...samplesOf('fill.volume', [
        [0, 10],
        [10, 20],
        [20, 40],
        [30, null, bad],
        [40, 60],
      ]),
      ...samplesOf('fill.isFull', [
        [0, false],
        [10, true],
      ]),
      ...samplesOf('fill.bottles', [
        [0, 1],
        [10, 4],
      ]),
    ])
    client = await bench.connect()
    volume = client.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  const atTimes = async (seconds: readonly number[], nodeId = volume, useSimpleBounds = false) => {
    const details = new ReadAtTimeDetails({ reqTimes: seconds.map(at), useSimpleBounds })
    const [result] = await historyRead(client.session, details, [{ nodeId }])
    return rowsOf(result).map(({ time, value, status }) => [(time - epoch) / 1000, value, status])
  }

  interface Processed {
    readonly aggregate: AggregateName
    readonly start?: number
    readonly end?: number
    readonly interval?: number
    readonly nodeId?: string
    readonly configuration?: object
  }

  const processed = async ({ aggregate, start = 0, end = 40, interval = 20, nodeId = volume, ...rest }: Processed) => {
    const details = new ReadProcessedDetails({
      startTime: at(start),
      endTime: at(end),
      processingInterval: interval * 1000,
      aggregateType: [`i=${aggregateIds[aggregate]}`] as never,
      aggregateConfiguration: (rest.configuration ?? { useServerCapabilitiesDefaults: true }) as never,
    })
    const rows: Row[] = []
    let continuationPoint: Buffer | undefined
    do {
      const [result] = await historyRead(client.session, details, [{ nodeId, continuationPoint }])
      if (!result || result.statusCode.isBad()) return { status: result?.statusCode.name, rows, values: [] }
      rows.push(...rowsOf(result))
      continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
    } while (continuationPoint)
    return { status: 'Good', rows, values: rows.map(({ value }) => value) }
  }

  it('gives the values at given times, in their order, and says which are interpolated', async () => {
    expect(await atTimes([10, 5, 25, -1])).to.deep.equal([
      [10, 20, 'Good'],
      [5, 15, 'Good#InfoTypeDataValue|HistorianInterpolated'],
      [25, 45, 'UncertainDataSubNormal#InfoTypeDataValue|HistorianInterpolated'],
      [-1, null, 'BadNoData'],
    ])
  })

  it('takes the Bad sample for a bound when simple bounds are asked for', async () => {
    expect((await atTimes([35], volume, true))[0]?.slice(0, 2)).to.deep.equal([35, null])
    expect((await atTimes([35]))[0]?.slice(0, 2)).to.deep.equal([35, 55])
  })

  it('holds values that have nothing in between, and keeps whole numbers whole', async () => {
    expect((await atTimes([5], client.id('pipe/fill.Outputs.isFull')))[0]?.[1]).to.equal(false)
    expect((await atTimes([4], client.id('pipe/fill.Outputs.bottles')))[0]?.[1]).to.equal(2)
  })

  it('refuses a read at no time', async () => {
    const [result] = await historyRead(client.session, new ReadAtTimeDetails({ reqTimes: [] }), [{ nodeId: volume }])
    expect(result?.statusCode.name).to.equal('BadInvalidTimestampArgument')
  })

  // By hand: 10 and 20 are in the first interval; 40 and a Bad sample in the second.
  const byHand: readonly (readonly [AggregateName, readonly unknown[]])[] = [
    ['Average', [15, 40]],
    ['Minimum', [10, 40]],
    ['Maximum', [20, 40]],
    ['Count', [2, 1]],
    ['Range', [10, 0]],
    ['Start', [10, 40]],
    ['Interpolative', [10, 40]],
    // (10 + 20) / 2 over 10 s and (20 + 40) / 2 over 10 s; then 40 to 60 in a line over 20 s.
    ['TimeAverage', [22.5, 50]],
    ['Total', [450, 1000]],
    ['Delta', [10, 0]],
    ['DurationBad', [0, 10_000]],
    ['PercentGood', [100, 50]],
  ]
  for (const [aggregate, values] of byHand) {
    it(`computes ${aggregate}`, async () => {
      expect((await processed({ aggregate })).values).to.deep.equal(values)
    })
  }

  it('names intervals by their start, and reads backwards', async () => {
    const { rows } = await processed({ aggregate: 'Average', start: 40, end: 0 })
    expect(rows.map(({ time, value }) => [(time - epoch) / 1000, value])).to.deep.equal([
      [40, 60],
      [20, 30],
    ])
  })

  it('pages many intervals, none of them lost or counted twice, and knows the last one for a partial one', async () => {
    const { rows } = await processed({ aggregate: 'Count', end: 15.001, interval: 0.0015 })
    expect(rows).to.have.lengthOf(10_001)
    expect(new Set(rows.map(({ time }) => time)).size).to.equal(10_001)
    expect(rows.filter(({ value }) => value === 1).map(({ time }) => time - epoch)).to.deep.equal([0, 9999])
    expect(rows.filter(({ status }) => /Partial/.test(status)).map(({ time }) => time - epoch)).to.deep.equal([15_000])
  })

  it('judges data as the request says', async () => {
    const configuration = {
      useServerCapabilitiesDefaults: false,
      treatUncertainAsBad: false,
      percentDataBad: 40,
      percentDataGood: 60,
      useSlopedExtrapolation: false,
    }
    const { rows } = await processed({ aggregate: 'Average', configuration })
    expect(rows.map(({ status }) => status.replace(/#.*/, ''))).to.deep.equal(['Good', 'Bad'])
    const wrong = { ...configuration, percentDataGood: 0, percentDataBad: 80 }
    expect((await processed({ aggregate: 'Average', configuration: wrong })).status).to.equal(
      'BadAggregateInvalidInputs',
    )
  })

  it('refuses what it cannot: an aggregate that is not there, a list of another length, no range, events', async () => {
    const status = async (change: object, count = 1) => {
      const details = new ReadProcessedDetails({
        startTime: at(0),
        endTime: at(40),
        processingInterval: 1000,
        aggregateType: [`i=${aggregateIds.Average}`] as never,
        aggregateConfiguration: { useServerCapabilitiesDefaults: true } as never,
        ...change,
      })
      const nodes = Array.from({ length: count }, () => ({ nodeId: volume }))
      return (await historyRead(client.session, details, nodes)).map(({ statusCode }) => statusCode.name)
    }
    // AnnotationCount
    expect(await status({ aggregateType: ['i=2351'] })).to.deep.equal(['BadAggregateNotSupported'])
    const mismatch = 'BadAggregateListMismatch'
    expect(await status({}, 2)).to.deep.equal([mismatch, mismatch])
    expect(await status({ endTime: at(0) })).to.deep.equal(['BadInvalidArgument'])
    expect(await status({ processingInterval: -1 })).to.deep.equal(['BadInvalidArgument'])
    const events = new ReadEventDetails({ startTime: at(0), endTime: at(1), filter: new EventFilter({}) })
    const [result] = await historyRead(client.session, events, [{ nodeId: volume }])
    expect(result?.statusCode.name).to.equal('BadHistoryOperationUnsupported')
  })

  it('tells who changed what, and how', async () => {
    const entries = [{ time: at(10).getTime(), status: 0, value: 21 }]
    await bench.store.modify({ kind: 'replace', tag: 'fill.volume', entries }, { user: 'anna', at: epoch })
    const details = rawDetails({ start: at(0), end: at(50), isModified: true })
    const [result] = await historyRead(client.session, details, [{ nodeId: volume }])
    expect(rowsOf(result)).to.deep.equal([{ time: at(10).getTime(), value: 20, status: 'Good' }])
    const [info] = (result?.historyData as HistoryModifiedData | null)?.modificationInfos ?? []
    expect(info).to.include({ userName: 'anna', updateType: HistoryUpdateType.Replace })
  })

  it('lists the aggregates that are there and says what it can do', async () => {
    const names = Object.keys(aggregateIds).sort()
    for (const nodeId of ['i=11201', 'i=2997']) {
      const browse = { nodeId, browseDirection: BrowseDirection.Forward, referenceTypeId: 'Organizes', resultMask: 63 }
      const functions = (await client.session.browse(browse)).references ?? []
      expect(functions.map(({ browseName }) => browseName.name).sort()).to.deep.equal(names)
    }
    const ids = ['i=11193', 'i=11242', 'i=19091', 'i=11273']
    const values = await client.session.read(ids.map((nodeId) => ({ nodeId, attributeId: 13 })))
    expect(values.map(({ value }) => value.value as unknown)).to.deep.equal([true, false, false, 10_000])
  })
})
