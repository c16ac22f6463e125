import { expect } from 'chai'
import {
  AggregateFilter,
  AttributeIds,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataChangeFilter,
  ElementOperand,
  EventFilter,
  HistoryReadRequest,
  LiteralOperand,
  ModifyMonitoredItemsRequest,
  ModifySubscriptionRequest,
  NumericRange,
  ReadRawModifiedDetails,
  ReadRequest,
  WriteRequest,
} from 'node-opcua'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

/** Ranges that the parser of the stack lets through or that end in an assertion later: open, reversed, of no size. */
const IMPOSSIBLE_RANGES = ['5:', ':5', ':', ',', '3:1', '2:2', '1:,0', '0:1,', '99999999999999999999']

describe('guard: request firewall', () => {
  let bench: Bench
  let client: RawClient
  let subscriptionId: number

  before(async () => {
    bench = await startBench()
  })

  beforeEach(async () => {
    client = await RawClient.session(bench.port)
    const answer = await client.request(new CreateSubscriptionRequest({ requestedPublishingInterval: 100 }))
    subscriptionId = answer.subscriptionId
  })

  afterEach(async () => {
    // Faults of monitored items show in timers, a moment later.
    await new Promise((resolve) => setTimeout(resolve, 150))
    await client.destroy()
    expect((await bench.readHonestly()).status).to.equal('Good')
  })

  after(() => bench.stop())

  const parameters = (changed: object = {}) => ({
    samplingInterval: 50,
    clientHandle: 1,
    queueSize: 2,
    discardOldest: true,
    ...changed,
  })
  const createItem = async (
    changed: object,
    { attributeId, ...item }: { attributeId?: number; indexRange?: NumericRange } = {},
    nodeId = 'ns=1;s=level',
  ): Promise<string> => {
    const itemToMonitor = { nodeId, ...item }
    const itemsToCreate = [{ itemToMonitor, monitoringMode: 2, requestedParameters: parameters(changed) }]
    const request = new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 })
    request.itemsToCreate![0]!.itemToMonitor.attributeId = attributeId ?? AttributeIds.Value
    return statusOf(await client.request(request))
  }

  it('gives BadIndexRangeInvalid for the item and serves the others, when a range is impossible in Read', async () => {
    const ranges = [...IMPOSSIBLE_RANGES, '1:2']
    const nodesToRead = ranges.map((range) => ({
      nodeId: 'ns=1;s=array',
      attributeId: AttributeIds.Value,
      indexRange: new NumericRange(range),
    }))
    const answer = await client.request(new ReadRequest({ nodesToRead, timestampsToReturn: 2 }))
    const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
    expect(statuses.pop()).to.equal('Good')
    expect(new Set(statuses)).to.deep.equal(new Set(['BadIndexRangeInvalid']))
  })

  it('gives BadIndexRangeInvalid, when a range is impossible in Write, HistoryRead or a monitored item', async () => {
    const value = { value: { dataType: 'Double', arrayType: 'Array', value: [1] } }
    const historyReadDetails = new ReadRawModifiedDetails({ numValuesPerNode: 1, startTime: new Date(0) })
    for (const range of IMPOSSIBLE_RANGES) {
      const indexRange = new NumericRange(range)
      const node = { nodeId: 'ns=1;s=array', attributeId: AttributeIds.Value, indexRange }
      const write = new WriteRequest({ nodesToWrite: [{ ...node, value: value as never }] })
      expect(statusOf(await client.request(write)), `write ${range}`).to.equal('BadIndexRangeInvalid')
      const nodesToRead = [{ nodeId: node.nodeId, indexRange }]
      const history = new HistoryReadRequest({ historyReadDetails, nodesToRead, timestampsToReturn: 2 })
      expect(statusOf(await client.request(history)), `history ${range}`).to.equal('BadIndexRangeInvalid')
      expect(await createItem({}, { indexRange }, 'ns=1;s=array'), `item ${range}`).to.equal('BadIndexRangeInvalid')
    }
  })

  it('refuses the item, when a deadband is no number or negative', async () => {
    for (const deadbandValue of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      const filter = new DataChangeFilter({ trigger: 1, deadbandType: 1, deadbandValue })
      expect(await createItem({ filter }), String(deadbandValue)).to.equal('BadDeadbandFilterInvalid')
    }
  })

  it('refuses the item, when trigger or deadband type are not in the table', async () => {
    for (const changed of [{ trigger: 9 }, { deadbandType: 9 }]) {
      const filter = Object.assign(new DataChangeFilter({ trigger: 1, deadbandType: 0 }), changed)
      expect(await createItem({ filter })).to.equal('BadMonitoredItemFilterInvalid')
    }
  })

  it('refuses the item, when the filter is of the wrong kind for the attribute', async () => {
    const events = { attributeId: AttributeIds.EventNotifier }
    const server = 'ns=0;i=2253'
    expect(await createItem({ filter: new EventFilter({}) })).to.equal('BadFilterNotAllowed')
    expect(await createItem({ filter: new AggregateFilter({}) })).to.equal('BadMonitoredItemFilterUnsupported')
    expect(await createItem({ filter: new LiteralOperand({}) })).to.equal('BadMonitoredItemFilterInvalid')
    expect(await createItem({ filter: new DataChangeFilter({}) }, events, server)).to.equal(
      'BadMonitoredItemFilterInvalid',
    )
    expect(await createItem({}, events, server)).to.equal('BadMonitoredItemFilterInvalid')
    bench.raw?.server.raiseEvent('AuditSessionEventType', { severity: { dataType: 'UInt16', value: 1 } } as never)
  })

  it('refuses the item, when a where-clause stands for more visits than the budget', async () => {
    const elements = Array.from({ length: 40 }, (_element, index) => ({
      filterOperator: 10,
      filterOperands: [index + 1, index + 1].map((target) => new ElementOperand({ index: target })),
    }))
    elements.push({ filterOperator: 10, filterOperands: [new LiteralOperand({}), new LiteralOperand({})] as never })
    const filter = new EventFilter({ whereClause: { elements } as never })
    expect(await createItem({ filter }, { attributeId: AttributeIds.EventNotifier }, 'ns=0;i=2253')).to.equal(
      'BadEventFilterInvalid',
    )
  })

  it('refuses the item, when a sampling interval is no number, and revises it when it is huge or negative', async () => {
    expect(await createItem({ samplingInterval: Number.NaN })).to.equal('BadInvalidArgument')
    expect(await createItem({ samplingInterval: Number.POSITIVE_INFINITY })).to.equal('BadInvalidArgument')
    expect(await createItem({ samplingInterval: 1e300 })).to.equal('Good')
    expect(await createItem({ samplingInterval: -7 })).to.equal('Good')
  })

  it('refuses the item, when its attribute is not in the table', async () => {
    for (const attributeId of [28, 99, 0xffff_ffff]) {
      expect(await createItem({}, { attributeId })).to.equal('BadAttributeIdInvalid')
    }
  })

  it('judges a changed item as a new one and keeps the item going, when ModifyMonitoredItems asks the impossible', async () => {
    const itemToMonitor = { nodeId: 'ns=1;s=level', attributeId: AttributeIds.Value }
    const itemsToCreate = [{ itemToMonitor, monitoringMode: 2, requestedParameters: parameters() }]
    const created = await client.request(
      new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }),
    )
    const { monitoredItemId } = created.results[0]
    const modify = async (changed: object): Promise<string> => {
      const itemsToModify = [{ monitoredItemId, requestedParameters: parameters(changed) }]
      return statusOf(
        await client.request(new ModifyMonitoredItemsRequest({ subscriptionId, itemsToModify, timestampsToReturn: 2 })),
      )
    }
    expect(await modify({ samplingInterval: Number.NaN })).to.equal('BadInvalidArgument')
    expect(await modify({ samplingInterval: -7 })).to.equal('Good')
    expect(await modify({ filter: new EventFilter({}) })).to.equal('BadFilterNotAllowed')
    const filter = new DataChangeFilter({ trigger: 1, deadbandType: 2, deadbandValue: 10 })
    expect(await modify({ filter })).to.match(/^Bad/)
    expect(await modify({})).to.equal('Good')
  })

  it('revises the publishing interval, when it is no number, infinite or negative', async () => {
    for (const requestedPublishingInterval of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e300]) {
      const created = await client.request(new CreateSubscriptionRequest({ requestedPublishingInterval }))
      expect(created.revisedPublishingInterval).to.be.within(50, 60_000)
      const modified = await client.request(
        new ModifySubscriptionRequest({ subscriptionId, requestedPublishingInterval }),
      )
      expect(modified.revisedPublishingInterval).to.be.within(50, 60_000)
    }
  })

  it('gives BadMaxAgeInvalid, when maxAge is no number', async () => {
    const nodesToRead = [{ nodeId: 'ns=1;s=level', attributeId: AttributeIds.Value }]
    expect(statusOf(await client.request(new ReadRequest({ nodesToRead, maxAge: Number.NaN })))).to.equal(
      'BadMaxAgeInvalid',
    )
  })
})
