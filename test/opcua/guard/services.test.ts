import { expect } from 'chai'
import {
  AttributeIds,
  CallRequest,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  HistoryReadRequest,
  PublishRequest,
  ReadRawModifiedDetails,
  ReadRequest,
  TimestampsToReturn,
} from 'node-opcua'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

describe('guard: services', () => {
  let bench: Bench
  let client: RawClient

  before(async () => {
    bench = await startBench()
  })

  beforeEach(async () => {
    client = await RawClient.session(bench.port)
  })

  afterEach(async () => {
    await client.destroy()
    expect((await bench.readHonestly()).status).to.equal('Good')
  })

  after(() => bench.stop())

  const read = (...names: string[]) =>
    new ReadRequest({
      nodesToRead: names.map((name) => ({ nodeId: `ns=1;s=${name}`, attributeId: AttributeIds.Value })),
      timestampsToReturn: TimestampsToReturn.Both,
    })

  it('gives Bad for the node whose getter throws and serves the others, when they are read together', async () => {
    const answer = await client.request(read('sync-getter', 'async-getter', 'level'))
    const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
    expect(statuses[0]).to.match(/^Bad/)
    expect(statuses[1]).to.match(/^Bad/)
    expect(statuses[2]).to.equal('Good')
  })

  it('gives BadInternalError for the one call, when a method throws, rejects or answers nonsense', async () => {
    const names = ['sync-method', 'async-method', 'bad-output', 'unencodable-output']
    for (const name of names) {
      const methodsToCall = [{ objectId: 'ns=1;s=plant', methodId: `ns=1;s=${name}` }]
      expect(statusOf(await client.request(new CallRequest({ methodsToCall }))), name).to.match(
        /^Bad(Internal|Encoding)Error$/,
      )
    }
  })

  it('reports Bad to the subscriber, when the getter of a sampled variable throws', async () => {
    const { subscriptionId } = await client.request(
      new CreateSubscriptionRequest({
        requestedPublishingInterval: 50,
        publishingEnabled: true,
        requestedMaxKeepAliveCount: 10,
      }),
    )
    const itemToMonitor = { nodeId: 'ns=1;s=sync-getter', attributeId: AttributeIds.Value }
    const requestedParameters = { samplingInterval: 50, clientHandle: 1, queueSize: 10, discardOldest: true }
    const itemsToCreate = [{ itemToMonitor, monitoringMode: 2, requestedParameters }]
    await client.request(new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }))
    const published = await client.request(new PublishRequest({}))
    const [notification] = published.notificationMessage.notificationData
    expect(notification.monitoredItems[0].value.statusCode.name).to.match(/^Bad/)
  })

  it('sends neither stack nor path to the client, when a service fails as a whole', async () => {
    const request = new HistoryReadRequest({ nodesToRead: [{ nodeId: 'ns=1;s=level' }], timestampsToReturn: 0 })
    const answer = await client.request(request)
    expect(answer.responseHeader.serviceResult.name).to.match(/^Bad/)
    expect(answer.responseHeader.stringTable ?? []).to.deep.equal([])
  })

  it('gives BadHistoryOperationUnsupported per node, when the node has no history', async () => {
    const historyReadDetails = new ReadRawModifiedDetails({
      startTime: new Date(0),
      endTime: new Date(1_000_000),
      numValuesPerNode: 10,
    })
    const nodesToRead = [{ nodeId: 'ns=1;s=plant' }, { nodeId: 'ns=1;s=level' }, { nodeId: 'ns=1;s=nowhere' }]
    const request = new HistoryReadRequest({ historyReadDetails, nodesToRead, timestampsToReturn: 2 })
    const answer = await client.request(request)
    const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
    expect(statuses).to.deep.equal([
      'BadHistoryOperationUnsupported',
      'BadHistoryOperationUnsupported',
      'BadNodeIdUnknown',
    ])
  })
})
