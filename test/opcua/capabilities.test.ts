import { expect } from 'chai'
import {
  AddNodesRequest,
  AddReferencesRequest,
  AttributeIds,
  coerceNodeId,
  DeleteNodesRequest,
  DeleteReferencesRequest,
  EventFilter,
  ExpandedNodeId,
  GetEndpointsRequest,
  HistoryReadRequest,
  HistoryUpdateRequest,
  QueryFirstRequest,
  QueryNextRequest,
  ReadEventDetails,
  ReadRawModifiedDetails,
  ReadRequest,
} from 'node-opcua'
import { defaultLimits } from '../../src/model/limits.ts'
import { serverProfiles } from '../../src/opcua/server-profiles.ts'
import { RawClient, statusOf } from '../kit/raw-client.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { listen } from './event-listener.ts'

describe('capabilities', () => {
  let bench: Bench
  let client: Client
  let raw: RawClient

  before(async () => {
    bench = await startBench()
    client = await bench.connect()
    raw = await RawClient.session(bench.server.port)
  })
  after(async () => {
    await raw.destroy()
    await bench.stop()
  })

  const value = async (nodeId: string): Promise<unknown> =>
    (await client.session.read({ nodeId, attributeId: AttributeIds.Value })).value.value

  describe('ServerCapabilities (Part 5 §6.3.2)', () => {
    it('names the limits that are enforced', async () => {
      const limits: Readonly<Record<string, number>> = {
        'i=2272': 0,
        'i=2735': defaultLimits.browseContinuationPoints,
        'i=2736': 0,
        'i=11702': defaultLimits.arrayLength,
        'i=11703': defaultLimits.stringLength,
        'i=12911': defaultLimits.byteStringLength,
        'i=11705': defaultLimits.nodesPerRead,
        'i=11707': defaultLimits.nodesPerWrite,
        'i=11709': defaultLimits.methodsPerCall,
        'i=11710': defaultLimits.nodesPerBrowse,
        'i=11711': defaultLimits.nodesPerRegister,
        'i=11712': defaultLimits.nodesPerTranslate,
        'i=11714': defaultLimits.monitoredItemsPerCall,
        'i=24095': defaultLimits.sessions,
        'i=24096': defaultLimits.subscriptions,
        'i=24097': defaultLimits.monitoredItems,
        'i=24098': defaultLimits.subscriptionsPerSession,
        'i=24104': defaultLimits.monitoredItemsPerSubscription,
      }
      for (const [nodeId, limit] of Object.entries(limits)) expect(await value(nodeId), nodeId).to.equal(limit)
    })

    it('answers BadTooManyOperations from one operation more', async () => {
      const nodesToRead = Array.from({ length: defaultLimits.nodesPerRead + 1 }, () => ({ nodeId: 'i=2258' }))
      expect(statusOf(await raw.request(new ReadRequest({ nodesToRead })))).to.equal('BadTooManyOperations')
    })

    it('samples as fast as it says', async () => {
      const subscription = await client.session.createSubscription2({ requestedPublishingInterval: 50 })
      const item = await subscription.monitor(
        { nodeId: client.id('dev/plc1.Level'), attributeId: AttributeIds.Value },
        { samplingInterval: 0, queueSize: 1, discardOldest: true },
        0,
      )
      expect(item.result?.revisedSamplingInterval).to.equal(await value('i=2272'))
      await subscription.terminate()
    })

    it('has one locale, and texts in it', async () => {
      expect(await value('i=2271')).to.deep.equal(['en'])
    })

    it('claims no history', async () => {
      for (const id of ['i=11193', 'i=11242', 'i=11196', 'i=11281']) expect(await value(id), id).to.equal(false)
    })

    it('says that it audits', async () => {
      expect(await value('i=2994')).to.equal(true)
    })
  })

  describe('NamespaceMetadata (Part 5 §6.3.13)', () => {
    it('describes the types and the instances', async () => {
      const types = ['i=1085', 'i=1086', 'i=1088', 'i=1089'].map((id) => client.id('').replace(/9;s=$/, `8;${id}`))
      expect(await Promise.all(types.map(value))).to.deep.equal([
        'urn:millrace:ua:types',
        '1.0.0',
        false,
        Int32Array.of(0),
      ])
      const of = async (name: string) => (await client.read(`namespace.${name}`)).value.value
      expect(await of('NamespaceUri')).to.equal('urn:millrace:plant:demo')
      expect(await of('IsNamespaceSubset')).to.equal(false)
      expect(await of('StaticNodeIdTypes')).to.deep.equal(Int32Array.of(1))
    })
  })

  describe('what is not there', () => {
    const plant = () => client.id('dev/plc1')
    const unsupported = {
      'QueryFirst (Part 4 §5.10.3)': () => new QueryFirstRequest({}),
      'QueryNext (Part 4 §5.10.4)': () => new QueryNextRequest({}),
      'AddNodes (Part 4 §5.8.2)': () =>
        new AddNodesRequest({
          nodesToAdd: [{ browseName: 'x', parentNodeId: ExpandedNodeId.fromNodeId(coerceNodeId('i=85')) }],
        }),
      'AddReferences (Part 4 §5.8.3)': () => new AddReferencesRequest({ referencesToAdd: [{ sourceNodeId: 'i=85' }] }),
      'DeleteNodes (Part 4 §5.8.4)': () => new DeleteNodesRequest({ nodesToDelete: [{ nodeId: plant() }] }),
      'DeleteReferences (Part 4 §5.8.5)': () =>
        new DeleteReferencesRequest({ referencesToDelete: [{ sourceNodeId: plant() }] }),
      'HistoryUpdate (Part 4 §5.11.5)': () => new HistoryUpdateRequest({ historyUpdateDetails: [] }),
    }
    for (const [what, request] of Object.entries(unsupported)) {
      it(`${what} answers that it is not supported, and changes nothing`, async () => {
        expect(statusOf(await raw.request(request()))).to.match(
          /^Bad(ServiceUnsupported|HistoryOperationUnsupported|NothingToDo)$/,
        )
        expect((await client.read('dev/plc1.DeviceId')).statusCode.name).to.equal('Good')
      })
    }

    const details = {
      values: new ReadRawModifiedDetails({ startTime: new Date(0), endTime: new Date(1e12), numValuesPerNode: 1 }),
      events: new ReadEventDetails({
        startTime: new Date(0),
        endTime: new Date(1e12),
        numValuesPerNode: 1,
        filter: new EventFilter({}),
      }),
    }
    for (const [what, historyReadDetails] of Object.entries(details)) {
      it(`HistoryRead of ${what} answers BadHistoryOperationUnsupported for each node, object or variable`, async () => {
        const nodesToRead = ['i=2253', plant(), client.id('dev/plc1.Level')].map((nodeId) => ({ nodeId }))
        const answer = await raw.request(
          new HistoryReadRequest({ historyReadDetails, nodesToRead, timestampsToReturn: 2 }),
        )
        expect(answer.responseHeader.serviceResult.name).to.equal('Good')
        const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
        expect(statuses).to.deep.equal(nodesToRead.map(() => 'BadHistoryOperationUnsupported'))
      })
    }
  })

  describe('ServerProfileArray', () => {
    /** What each claim means, exercised through a client; a claim without a row fails. */
    const proofs: Readonly<Record<string, () => Promise<void>>> = {
      'Transport/uatcp-uasc-uabinary': async () => {
        const { endpoints } = await raw.request(new GetEndpointsRequest({}))
        expect(endpoints).to.not.deep.equal([])
        for (const { transportProfileUri } of endpoints) expect(serverProfiles).to.include(transportProfileUri)
      },
      'Server/DataAccess': async () => {
        const range = (await client.read('dev/plc1.Level.EURange')).value.value
        expect({ low: range.low, high: range.high }).to.deep.equal({ low: 0, high: 50 })
        expect((await client.read('dev/plc1.Level.EngineeringUnits')).value.value.displayName.text).to.equal('l')
      },
      'Server/Methods': async () => {
        const call = { objectId: plant1(), methodId: `${plant1()}.Connect`, inputArguments: [] }
        expect((await client.session.call(call)).statusCode.name).to.equal('Good')
      },
      'Server/ComplexTypes2017': async () => {
        const nodeId = client.id('').replace(/9;s=$/, '8;i=1062')
        const { value } = await client.session.read({ nodeId, attributeId: AttributeIds.DataTypeDefinition })
        const names = value.value.fields.map(({ name }: { name: string }) => name)
        expect(names).to.include.members(['Code', 'Severity', 'Line', 'Message'])
      },
      'Server/StateMachine': async () => {
        const number = (await client.read('pipe/fill.CurrentState.Number')).value.value
        const id = (await client.read('pipe/fill.CurrentState.Id')).value.value
        expect([number, id.toString()]).to.deep.equal([12, 'ns=0;i=2400'])
      },
      'Server/StandardEventSubscription': () => receivesFrom('i=2253'),
      'Server/AddressSpaceNotifier': () => receivesFrom(plant1()),
    }
    const plant1 = () => client.id('dev/plc1')

    async function receivesFrom(nodeId: string): Promise<void> {
      const listener = await listen(client, nodeId)
      const message = `heard at ${nodeId}`
      bench.plant.happen({ kind: 'deviceConnected', device: 'plc1', time: Date.now(), message })
      const [heard] = await listener.take(1)
      expect(heard?.Message).to.have.property('text', message)
      await listener.stop()
    }

    it('is the list of what is tested here', async () => {
      expect(await value('i=2269')).to.deep.equal([...serverProfiles])
      const proven = Object.keys(proofs).map((name) => `http://opcfoundation.org/UA-Profile/${name}`)
      expect(proven).to.have.members([...serverProfiles])
    })

    for (const [name, prove] of Object.entries(proofs)) it(`claims ${name} rightly`, prove)
  })
})
