import { expect } from 'chai'
import { AttributeIds, DataType, type DataValue, resolveNodeId, TimestampsToReturn, Variant } from 'node-opcua'
import { nodesetText } from '../../config/nodeset-text.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { jobFiles, later, mixer, type RealPlant, startReal } from './real-plant.ts'

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it has not come to that')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const extra = jobFiles['pipelines/quick.yaml'].replace('pipeline: quick', 'pipeline: extra')

describe('job control of a plant that changes', function () {
  this.timeout(60_000)
  let plant: RealPlant

  before(async () => {
    plant = await startReal()
  })
  after(() => plant.scratch.stop())

  const ids = (told: readonly DataValue[], name = 'ID'): unknown[] =>
    ((told.at(-1)?.value.value ?? []) as Record<string, unknown>[]).map((row) => row[name])

  const watched = async (mes: JobClient, member: string): Promise<DataValue[]> => {
    const told: DataValue[] = []
    const subscription = await mes.client.session.createSubscription2({
      requestedPublishingInterval: 20,
      publishingEnabled: true,
    })
    const item = await subscription.monitor(
      { nodeId: mes.node(member), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 10, discardOldest: true },
      TimestampsToReturn.Both,
    )
    item.on('changed', (value: DataValue) => told.push(value))
    await until(() => told.length > 0)
    return told
  }

  it('lists pipelines as they come and go, and goes on telling of the job orders', async () => {
    const { mes, scratch } = plant
    const masters = await watched(mes, 'JobOrderControl.WorkMaster')
    const orders = await watched(mes, 'JobOrderControl.JobOrderList')
    expect(ids(masters)).to.deep.equal(['mix', 'quick'])
    expect(await scratch.apply('pipelines/extra.yaml', extra)).to.deep.equal([])
    await until(() => ids(masters).includes('extra'))
    expect((await mes.give('Store', await mes.order('for extra', 'extra'))).bits).to.equal(1n)
    await until(() => ids(orders, 'jobOrder').length === 1)
    const changed = extra.replace('max: 100, default: 10', 'max: 50, default: 12')
    expect(await scratch.apply('pipelines/extra.yaml', changed)).to.deep.equal([])
    await until(() => JSON.stringify(masters.at(-1)?.value.value).includes('0 to 50 l'))
    expect(await scratch.apply('pipelines/extra.yaml', undefined)).to.deep.equal([])
    await until(() => ids(masters).join() === 'mix,quick')
    await plant.stateIs('for extra', 'Aborted')
    expect((await mes.ask('Clear', 'for extra')).bits).to.equal(1n)
    await until(() => ids(orders, 'jobOrder').length === 0)
    expect(orders.every(({ statusCode }) => statusCode.isGood())).to.equal(true)
  })

  it('has JobManagement wherever there is a pipeline, and only as long', async () => {
    const { mes, scratch } = plant
    const enterprise = await jobClient(mes.client, 'Acme')
    const isThere = async (): Promise<string> => {
      const asked = { nodeId: enterprise.node('JobOrderControl.EquipmentID'), attributeId: AttributeIds.Value }
      return (await mes.client.session.read(asked)).statusCode.name
    }
    expect(await isThere()).to.equal('BadNodeIdUnknown')
    for (let round = 0; round < 2; round++) {
      const above = extra.replace(`equipment: ${mixer}`, 'equipment: Acme')
      expect(await scratch.apply('pipelines/extra.yaml', above)).to.deep.equal([])
      expect(await isThere()).to.equal('Good')
      const id = `above-${round}`
      expect((await enterprise.give('StoreAndStart', await enterprise.order(id, 'extra'))).bits).to.equal(1n)
      expect(await enterprise.states()).to.have.property(id)
      expect(await mes.states()).not.to.have.property(id)
      expect(await scratch.apply('pipelines/extra.yaml', undefined)).to.deep.equal([])
      expect(await isThere()).to.equal('BadNodeIdUnknown')
    }
  })

  it('echoes job orders after a restart as they were given, with the namespaces as they are then', async () => {
    const { mes, scratch } = plant
    const { session } = mes.client
    const index = (await session.readNamespaceArray()).indexOf('urn:millrace:plant:line')
    const property = {
      ID: 'where',
      value: new Variant({ dataType: DataType.NodeId, value: resolveNodeId(mes.client.id('pipe/mix')) }),
    }
    const given = await mes.order('kept', 'mix', {
      startTime: later,
      priority: 7,
      description: [{ locale: 'de', text: 'für später' }],
      jobOrderParameters: [await mes.parameter('batch', { dataType: DataType.String, value: 'größer 🍺' })],
      materialRequirements: [await mes.make('ISA95MaterialDataType', { materialLotID: 'L-1', quantity: '5' })],
      equipmentRequirements: [
        await mes.make('ISA95EquipmentDataType', {
          ID: mixer,
          properties: [await mes.make('ISA95PropertyDataType', property)],
        }),
      ],
    })
    expect((await mes.give('StoreAndStart', given)).bits).to.equal(1n)
    await scratch.stopAnd(() => scratch.put('nodesets/pumps.xml', nodesetText()))
    const client = await scratch.connect('Supervisor')
    const again = await jobClient(client, mixer)
    const now = (await client.session.readNamespaceArray()).indexOf('urn:millrace:plant:line')
    expect(now).to.equal(index + 1)
    const [row] = (await again.read('JobOrderControl.JobOrderList')) as never as {
      readonly jobOrder: { toJSON(): object }
    }[]
    const expected = JSON.stringify(given.toJSON()).replace(`ns=${index};s=pipe/mix`, `ns=${now};s=pipe/mix`)
    expect(JSON.stringify(row?.jobOrder.toJSON())).to.equal(expected)
    expect(expected).to.include(`ns=${now};s=pipe/mix`)
  })
})
