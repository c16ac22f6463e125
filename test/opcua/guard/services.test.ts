import { expect } from 'chai'
import {
  AttributeIds,
  CallRequest,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataType,
  HistoryReadRequest,
  NumericRange,
  PublishRequest,
  ReadRawModifiedDetails,
  ReadRequest,
  TimestampsToReturn,
  VariantArrayType,
  WriteRequest,
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

  const subscription = () => new CreateSubscriptionRequest({ requestedPublishingInterval: 50, publishingEnabled: true })

  it('gives Bad for the node whose getter throws and serves the others, when they are read together', async () => {
    const answer = await client.request(read('sync-getter', 'async-getter', 'level'))
    const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
    expect(statuses[0]).to.match(/^Bad/)
    expect(statuses[1]).to.match(/^Bad/)
    expect(statuses[2]).to.equal('Good')
  })

  it('gives BadInternalError for the one call and serves the others, when a method throws, rejects or answers nonsense', async () => {
    const names = ['sync-method', 'async-method', 'bad-output', 'unencodable-output', 'good-method']
    const methodsToCall = names.map((name) => ({ objectId: 'ns=1;s=plant', methodId: `ns=1;s=${name}` }))
    const answer = await client.request(new CallRequest({ methodsToCall }))
    expect(statusOf({ ...answer, results: [] })).to.equal('Good')
    const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
    expect(statuses.pop()).to.equal('Good')
    expect(new Set(statuses)).to.deep.equal(new Set(['BadInternalError']))
  })

  it('gives BadEncodingError for the one value and serves the others, when a value cannot be put on the wire', async () => {
    const answer = await client.request(read('unencodable', 'level'))
    const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
    expect(statuses).to.deep.equal(['BadEncodingError', 'Good'])
  })

  it('serves the writer and the subscriber, when one writes an element and the other watches a range', async () => {
    const { subscriptionId } = await client.request(subscription())
    const indexRange = new NumericRange('0:1')
    const itemToMonitor = { nodeId: 'ns=1;s=array', attributeId: AttributeIds.Value, indexRange }
    const requestedParameters = { samplingInterval: 0, clientHandle: 1, queueSize: 10, discardOldest: true }
    const itemsToCreate = [{ itemToMonitor, monitoringMode: 2, requestedParameters }]
    await client.request(new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }))
    await client.request(new PublishRequest({}))
    const value = {
      value: { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [performance.now()] },
    }
    const element = {
      nodeId: 'ns=1;s=array',
      attributeId: AttributeIds.Value,
      indexRange: new NumericRange('1'),
      value,
    }
    expect(statusOf(await client.request(new WriteRequest({ nodesToWrite: [element] })))).to.equal('Good')
    const published = await client.request(new PublishRequest({}))
    const [notification] = published.notificationMessage.notificationData
    expect(notification.monitoredItems[0].value.value.value[1]).to.equal(value.value.value[0])
  })

  it('reports Bad to the subscriber, when the getter of a sampled variable throws', async () => {
    const { subscriptionId } = await client.request(subscription())
    const itemToMonitor = { nodeId: 'ns=1;s=sync-getter', attributeId: AttributeIds.Value }
    const requestedParameters = { samplingInterval: 50, clientHandle: 1, queueSize: 10, discardOldest: true }
    const itemsToCreate = [{ itemToMonitor, monitoringMode: 2, requestedParameters }]
    await client.request(new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }))
    const published = await client.request(new PublishRequest({}))
    const [notification] = published.notificationMessage.notificationData
    expect(notification.monitoredItems[0].value.statusCode.name).to.match(/^Bad/)
  })

  it('sends neither stack nor path to the client, when a service fails as a whole', async () => {
    bench.raw?.server.once('request', () => {
      throw new Error('a listener throws')
    })
    const answer = await client.request(read('level'))
    expect(answer.responseHeader.serviceResult.name).to.equal('BadInternalError')
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

  it('lets one line of a kind into the log, without stack, path or token, whatever happened', async () => {
    for (let turn = 0; turn < 5; turn += 1) await client.request(read('sync-getter'))
    const log = bench.raw?.log ?? ['no guard, no log']
    const text = log.join('\n')
    expect(log.filter((line) => line.includes('this getter throws'))).to.have.length(1)
    expect(text).not.to.match(/node_modules|\.ts:|\.js:| at /)
    expect(text).not.to.include(String(client.authenticationToken.value))
  })
})
