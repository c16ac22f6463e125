import { expect } from 'chai'
import { AttributeIds, type DataValue, MonitoringMode, TimestampsToReturn } from 'node-opcua'
import { bad } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import { type Bench, type Client, startBench } from './bench.ts'

describe('subscription', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function watch(identifier: string, samplingInterval: number) {
    const subscription = await client.session.createSubscription2({
      requestedPublishingInterval: 100,
      requestedLifetimeCount: 100,
      requestedMaxKeepAliveCount: 10,
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 0,
    })
    const item = await subscription.monitor(
      { nodeId: client.id(identifier), attributeId: AttributeIds.Value },
      { samplingInterval, queueSize: 50, discardOldest: true },
      TimestampsToReturn.Both,
      MonitoringMode.Reporting,
    )
    const seen: DataValue[] = []
    item.on('changed', (dataValue: DataValue) => seen.push(dataValue))
    return { seen, end: () => subscription.terminate() }
  }

  const until = async (isDone: () => boolean): Promise<void> => {
    const end = Date.now() + 3_000
    while (!isDone() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isDone(), 'not seen within 3 s').to.equal(true)
  }

  it('delivers every change in order, with status and source time, when sampling is left to the server', async () => {
    const { seen, end } = await watch('dev/plc1.Level', 0)
    const times = Array.from({ length: 20 }, (_, index) => Date.UTC(2026, 0, 1) + index)
    for (const [index, time] of times.entries()) bench.plant.set('plc1.Level', index, time)
    await until(() => seen.some(({ value }) => value.value === 19))
    const values = seen.filter(({ statusCode }) => statusCode.isGood())
    expect(values.map(({ value }) => value.value)).to.deep.equal(times.map((_, index) => index))
    expect(values.map(({ sourceTimestamp }) => sourceTimestamp?.getTime())).to.deep.equal(times)
    await end()
  })

  it('delivers each change, when a value changes every 150 ms and is sampled at 100 ms', async () => {
    const { seen, end } = await watch('dev/plc1.flow', 100)
    for (let value = 1; value <= 6; value++) {
      bench.plant.set('plc1.flow', value)
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    await until(() => seen.some(({ value }) => value.value === 6))
    expect(seen.map(({ value }) => value.value)).to.include.members([1, 2, 3, 4, 5, 6])
    await end()
  })

  it('delivers a change of status alone', async () => {
    bench.plant.set('plc1.Level', 5, 1_000)
    const { seen, end } = await watch('dev/plc1.Level', 0)
    await until(() => seen.length > 0)
    bench.plant.emit({ tag: 'plc1.Level', sample: bad(Status.BadNoCommunication, 1_000, 'plc1') })
    await until(() => seen.some(({ statusCode }) => statusCode.name === 'BadNoCommunication'))
    await end()
  })
})
