import { expect } from 'chai'
import {
  AttributeIds,
  coerceNodeId,
  type DataValue,
  type HistoryData,
  type HistoryReadResult,
  ReadProcessedDetails,
  TimestampsToReturn,
} from 'node-opcua'
import { aggregateIds } from '../../../src/history/aggregate/configuration.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import { until } from '../../kit/demo-plant.ts'
import type { Client } from '../bench.ts'
import { at, epoch, type HistoryBench, startHistoryBench } from './history-bench.ts'
import { historyRead, rawDetails } from './reading.ts'

/** Samples, one a second. */
const count = 1_000_000

function dataOf(result: HistoryReadResult | undefined): readonly DataValue[] {
  return (result?.historyData as HistoryData | null)?.dataValues ?? []
}

describe('HistoryRead of a million samples', function () {
  this.timeout(120_000)
  let bench: HistoryBench
  let reader: Client
  let subscriber: Client
  let volume: string
  let lastValue = 1000

  before(async () => {
    bench = await startHistoryBench()
    for (let from = 0; from < count; from += 10_000) {
      const batch = Array.from({ length: 10_000 }, (_, index): TagSample => {
        const second = from + index
        return { tag: 'fill.volume', sample: { value: second, status: 0, sourceTime: epoch + second * 1000 } }
      })
      await bench.store.append(batch)
    }
    reader = await bench.connect()
    subscriber = await bench.connect()
    volume = reader.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  const averages = (seconds: number) =>
    new ReadProcessedDetails({
      startTime: at(0),
      endTime: at(count),
      processingInterval: seconds * 1000,
      aggregateType: [coerceNodeId(`i=${aggregateIds.Average}`)],
      aggregateConfiguration: { useServerCapabilitiesDefaults: true },
    })

  /** Changes a value again and again while something is done; answers what was offered, and what a subscriber was told. */
  async function whileSubscribed(work: () => Promise<void>): Promise<{ offered: number[]; told: number[] }> {
    const subscription = await subscriber.session.createSubscription2({
      ...{ requestedPublishingInterval: 100, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 100 },
      ...{ maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 0 },
    })
    const item = await subscription.monitor(
      { nodeId: subscriber.id('dev/plc1.Level'), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 1000, discardOldest: true },
      TimestampsToReturn.Both,
    )
    const offered: number[] = []
    const told: number[] = []
    item.on('changed', ({ value, statusCode }: DataValue) => {
      // What it was before is told first.
      if (statusCode.isGood() && value.value > before) told.push(value.value)
    })
    const before = lastValue
    const timer = setInterval(() => {
      lastValue += 1
      offered.push(lastValue)
      bench.plant.set('plc1.Level', lastValue)
    }, 5)
    try {
      await work()
      await until('it was told about a change', () => told.length > 0)
    } finally {
      clearInterval(timer)
    }
    await until('it was told the last change', () => told.at(-1) === offered.at(-1))
    await subscription.terminate()
    return { offered, told }
  }

  it('gives each raw sample once and in order, while another client is told of every change', async () => {
    let [next, isInOrder] = [0, true]
    const { offered, told } = await whileSubscribed(async () => {
      const details = rawDetails({ start: at(0), end: at(count) })
      let continuationPoint: Buffer | undefined
      do {
        const [result] = await historyRead(reader.session, details, [{ nodeId: volume, continuationPoint }])
        for (const { value, sourceTimestamp } of dataOf(result)) {
          isInOrder &&= value.value === next && sourceTimestamp?.getTime() === epoch + next * 1000
          next++
        }
        continuationPoint = result!.continuationPoint?.length > 0 ? result!.continuationPoint : undefined
      } while (continuationPoint)
    })
    expect(next).to.equal(count)
    expect(isInOrder).to.equal(true)
    expect(told).to.deep.equal(offered)
  })

  it('computes averages over all of them, while another client is told of every change', async () => {
    const values: number[] = []
    const { offered, told } = await whileSubscribed(async () => {
      const [result] = await historyRead(reader.session, averages(1000), [{ nodeId: volume }])
      values.push(...dataOf(result).map(({ value }) => value.value as number))
    })
    expect(values).to.deep.equal(Array.from({ length: count / 1000 }, (_, index) => index * 1000 + 499.5))
    expect(told).to.deep.equal(offered)
  })

  it('is given up when its session is closed, and others are served', async () => {
    const leaving = await bench.connect()
    bench.askers.length = 0
    const reads = Array.from({ length: 12 }, () =>
      historyRead(leaving.session, averages(500), [{ nodeId: volume }]).then(
        ([result]) => result?.statusCode.name,
        // The channel may be gone before the answer.
        () => 'BadSessionClosed',
      ),
    )
    await until('the first of them has begun', () => bench.askers.length > 0)
    const [asker] = bench.askers
    await leaving.session.close()
    await leaving.close()
    expect(asker?.signal.aborted).to.equal(true)
    expect(await Promise.all(reads)).to.include('BadSessionClosed')
    expect(bench.log.filter((line) => line.includes('cannot be read'))).to.deep.equal([])
    const [result] = await historyRead(reader.session, averages(1000), [{ nodeId: volume }])
    expect(result?.statusCode.name).to.equal('Good')
    expect(bench.askers.at(-1)?.signal.aborted).to.equal(false)
    expect(new Set(bench.askers.map((each) => each?.by)).size).to.equal(2)
  })
})
