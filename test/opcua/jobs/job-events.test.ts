import { expect } from 'chai'
import { resolveNodeId } from 'node-opcua'
import { jobStateNumber } from '../../../src/model/job.ts'
import type { KeptEvent } from '../../../src/opcua/history/events/event-history-view.ts'
import { type Bench, type Client, startBench } from '../bench.ts'
import { listen, typeId } from '../event-listener.ts'
import { type JobClient, jobClient, jobControlUri } from './job-client.ts'
import { filler, JobPlant } from './job-plant.ts'

interface Told {
  readonly jobOrder: { readonly jobOrderID: string }
  readonly states: readonly { readonly stateNumber: number }[]
  readonly response: { readonly jobResponseID: string } | null
}

describe('events about job orders', () => {
  const plant = new JobPlant()
  const kept: KeptEvent[] = []
  let bench: Bench
  let client: Client
  let mes: JobClient
  let index = 0
  let standardType = ''

  before(async () => {
    const eventHistory = { record: (event: KeptEvent) => kept.push(event) }
    bench = await startBench({ view: Object.assign(plant, { eventHistory: eventHistory as never }) })
    client = await bench.connect()
    mes = await jobClient(client, filler)
    index = (await client.session.readNamespaceArray()).indexOf(jobControlUri)
    standardType = `ns=${index};i=1006`
  })
  after(() => bench.stop())

  const fields = () => [`${index}:JobOrder`, `${index}:JobState`, `${index}:JobResponse`]

  it('reach whoever listens at the unit or above, asked for by the abstract standard type, once for each transition', async () => {
    const listeners = []
    for (const where of [`eq/${filler}`, 'eq/Acme']) {
      listeners.push(await listen(client, client.id(where), { fields: fields(), type: standardType }))
    }
    listeners.push(await listen(client, 'i=2253', { fields: fields(), type: standardType }))
    const elsewhere = await listen(client, client.id('pipe/idle'), { type: standardType })
    expect((await mes.give('StoreAndStart', await mes.order('WO-4711', 'fill'))).bits).to.equal(1n)
    plant.jobs.move(filler, 'WO-4711', 'Running', { id: 'run-1' })
    plant.jobs.move(filler, 'WO-4711', 'Ended', { id: 'run-1' })
    for (const listener of listeners) {
      const heard = await listener.take(3)
      const told = heard.map((each): Told => {
        const states = each.JobState as Told['states']
        return { jobOrder: each.JobOrder as never, states, response: each.JobResponse as never }
      })
      expect(told.map(({ jobOrder }) => jobOrder.jobOrderID)).to.deep.equal(['WO-4711', 'WO-4711', 'WO-4711'])
      const numbers = (['AllowedToStart', 'Running', 'Ended'] as const).map(jobStateNumber)
      expect(told.map(({ states }) => states.map(({ stateNumber }) => stateNumber))).to.deep.equal(
        numbers.map((number) => [number]),
      )
      expect(told.map(({ response }) => response?.jobResponseID)).to.deep.equal([undefined, 'run-1', 'run-1'])
      const [first] = heard
      expect(String(first?.EventType)).to.equal(typeId('JobOrderStatusEventType'))
      expect(String(first?.SourceNode)).to.equal(mes.node('JobOrderResults'))
      expect([first?.SourceName, first?.Severity]).to.deep.equal(['JobOrderResults', 100])
      expect(await listener.rest()).to.deep.equal([])
    }
    expect(await elsewhere.rest()).to.deep.equal([])
    for (const listener of [...listeners, elsewhere]) await listener.stop()
  })

  it('have the EventId that they were given, and are kept under the unit with all that they tell', async () => {
    const listener = await listen(client, client.id(`eq/${filler}`), { type: standardType })
    await mes.give('Store', await mes.order('kept', 'fill'))
    const job = plant.jobs.find(filler, 'kept')!
    const eventId = '0123456789abcdef0123456789abcdef'
    const event = { kind: 'jobChanged', equipment: filler, job, eventId, time: job.changedAt, message: 'once' } as const
    plant.happen(event)
    const [, heard] = await listener.take(2)
    expect((heard!.EventId as Buffer).toString('hex')).to.equal(eventId)
    const found = kept.find((each) => each.eventId === eventId)
    expect([found?.notifier, found?.equipment, found?.severity]).to.deep.equal([`eq/${filler}`, filler, 100])
    expect(found?.type.id).to.equal(typeId('JobOrderStatusEventType').replace(/^ns=\d+;/, ''))
    expect(found?.fields).to.include.keys(`${index}:JobOrder`, `${index}:JobState`)
    await listener.stop()
  })

  it('name the job order in those of its run, and the pipeline shows it while the run is under way', async () => {
    await mes.give('StoreAndStart', await mes.order('of a run', 'fill'))
    plant.jobs.move(filler, 'of a run', 'Running', { id: 'fill-1' })
    const listener = await listen(client, client.id('pipe/fill'), {
      fields: ['8:RunId', '8:JobOrderId'],
      type: typeId('PipelineEventType'),
    })
    const shown = async (): Promise<unknown> =>
      (await client.read('pipe/fill.Diagnostics.CurrentJobOrderId')).value.value
    expect(await shown()).to.equal('')
    await plant.start('fill', 'job:of a run')
    const run = { pipeline: 'fill', time: Date.now(), message: 'it started', initiator: 'job:of a run', version: 0 }
    plant.happen({ kind: 'pipelineStarted', ...run, runId: 'fill-1' })
    plant.happen({ kind: 'pipelineStarted', ...run, runId: 'another' })
    const heard = await listener.take(2)
    expect(heard.map(({ RunId, JobOrderId }) => [RunId, JobOrderId])).to.deep.equal([
      ['fill-1', 'of a run'],
      ['another', ''],
    ])
    expect(await shown()).to.equal('of a run')
    await plant.stop('fill', 'x')
    plant.set('fill#state', 'Ready')
    expect(await shown()).to.equal('')
    await listener.stop()
  })

  it('are told although nobody asked for the unit: its type says that it raises them', async () => {
    const type = await client.session.browse({
      nodeId: resolveNodeId(typeId('JobOrderStatusEventType')),
      referenceTypeId: 'GeneratesEvent',
      browseDirection: 1,
      includeSubtypes: true,
      nodeClassMask: 0,
      resultMask: 63,
    })
    expect(type.references?.map(({ browseName }) => browseName.name)).to.deep.equal(['PlantElementType'])
  })
})
