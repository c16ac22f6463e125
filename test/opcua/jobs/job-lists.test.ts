import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect } from 'chai'
import { AttributeIds, type DataValue, NumericRange, TimestampsToReturn } from 'node-opcua'
import type { Job } from '../../../src/model/job.ts'
import { type Bench, type Client, startBench } from '../bench.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { filler, JobPlant, line } from './job-plant.ts'

interface Row {
  readonly jobOrder: { readonly jobOrderID: string; readonly priority: number }
  readonly state: readonly { readonly stateText: { readonly text: string } }[]
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it has not come to that')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What a client is told of a list, by a subscription with a sampling interval of its choice. */
async function watched(client: Client, nodeId: string, samplingInterval: number): Promise<DataValue[]> {
  const told: DataValue[] = []
  const subscription = await client.session.createSubscription2({
    requestedPublishingInterval: 20,
    requestedLifetimeCount: 1000,
    requestedMaxKeepAliveCount: 100,
    publishingEnabled: true,
  })
  const item = await subscription.monitor(
    { nodeId, attributeId: AttributeIds.Value },
    { samplingInterval, queueSize: 1, discardOldest: true },
    TimestampsToReturn.Both,
  )
  item.on('changed', (value: DataValue) => told.push(value))
  return told
}

const lengthOf = (value: DataValue | undefined): number => (value?.value.value as unknown[] | undefined)?.length ?? -1

function stateIn(told: readonly DataValue[], id: string): string | undefined {
  const rows = told.at(-1)?.value.value as Row[] | undefined
  return rows?.find(({ jobOrder }) => jobOrder.jobOrderID === id)?.state[0]?.stateText.text
}

function idsIn(told: readonly DataValue[]): readonly string[] {
  const rows = told.at(-1)?.value.value as { readonly jobOrderID: string }[] | undefined
  return rows?.map(({ jobOrderID }) => jobOrderID) ?? []
}

describe('lists of job orders', () => {
  const plant = new JobPlant()
  let bench: Bench
  let client: Client
  let mes: JobClient

  before(async () => {
    bench = await startBench({ view: plant })
    client = await bench.connect()
    mes = await jobClient(client, filler)
  })
  after(() => bench.stop())

  for (const [how, samplingInterval] of [
    ['on change', 0],
    ['by sampling', 50],
  ] as const) {
    it(`are told of ${how}: each has the last state, and quick changes are told as one`, async () => {
      const orders = await watched(client, mes.node('JobOrderControl.JobOrderList'), samplingInterval)
      const responses = await watched(client, mes.node('JobOrderResults.JobOrderResponseList'), samplingInterval)
      await until(() => orders.length > 0 && responses.length > 0)
      const ids = Array.from({ length: 50 }, (_, index) => `${how} ${index}`)
      const first = await mes.order(ids[0]!, 'fill')
      expect((await mes.give('Store', first)).bits).to.equal(1n)
      const { order } = plant.jobs.find(filler, ids[0]!)!
      const job = plant.jobs.find(filler, ids[0]!) as Job
      for (const id of ids) plant.jobs.put(filler, { ...job, order: { ...order, id } })
      const count = plant.jobs.list(filler).length
      await until(() => lengthOf(orders.at(-1)) === count)
      expect(orders.length).to.be.lessThan(20)
      const [id] = ids as [string]
      for (const state of ['AllowedToStart', 'Running', 'Ended'] as const) plant.jobs.move(filler, id, state)
      await until(() => stateIn(orders, id) === 'Ended' && idsIn(responses).includes(id))
      expect((await mes.ask('Clear', id)).bits).to.equal(1n)
      await until(() => lengthOf(orders.at(-1)) === count - 1 && !idsIn(responses).includes(id))
    })
  }

  it('are one for each piece of equipment', async () => {
    const other = await jobClient(client, line)
    expect((await other.give('Store', await other.order('of the line', 'idle'))).bits).to.equal(1n)
    expect(Object.keys(await other.states())).to.deep.equal(['of the line'])
    expect(await mes.states()).not.to.have.property('of the line')
  })

  it('carry 10 000 job orders, whole and in parts, while others are served', async () => {
    const other = await jobClient(client, line)
    const total = 10_000
    const given = await other.order('pattern', 'idle', { priority: 3 })
    expect((await other.give('Store', given)).bits).to.equal(1n)
    const pattern = plant.jobs.find(line, 'pattern')!
    const reader = await bench.connect()
    const told = await watched(client, other.node('JobOrderControl.JobOrderList'), 0)
    await until(() => told.length > 0)
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    for (let index = plant.jobs.list(line).length; index < total; index++) {
      const response = { id: `run-${index}`, result: 'Successful', reason: '', equipment: [line], outputs: [] } as const
      plant.jobs.put(line, { ...pattern, order: { ...pattern.order, id: `J-${index}` }, state: 'Ended', response })
      if (index % 500 === 0) expect((await reader.read('dev/plc1.Level')).statusCode).not.to.equal(undefined)
    }
    await until(() => lengthOf(told.at(-1)) === total)
    const rows = (await other.read('JobOrderControl.JobOrderList')) as never as Row[]
    expect(rows).to.have.length(total)
    expect([rows[0]?.jobOrder.jobOrderID, rows.at(-1)?.jobOrder.priority]).to.deep.equal(['of the line', 3])
    const part = (await other.read('JobOrderControl.JobOrderList', new NumericRange(9_000, 9_009))) as never as Row[]
    expect(part).to.have.length(10)
    const responses = await other.read('JobOrderResults.JobOrderResponseList', new NumericRange(0, 99))
    expect(responses).to.have.length(100)
    delay.disable()
    // The client and the server share this loop; a list that is built anew for each change would stop it for minutes.
    expect(delay.max / 1e6).to.be.lessThan(5_000)
  })
})
