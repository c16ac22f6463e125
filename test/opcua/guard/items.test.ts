import { expect } from 'chai'
import {
  AttributeIds,
  CreateMonitoredItemsRequest,
  CreateSessionRequest,
  CreateSubscriptionRequest,
  DataChangeFilter,
  DataType,
  ModifyMonitoredItemsRequest,
  type MonitoredItem,
  PublishRequest,
  StatusCodes,
  type Subscription,
  type UAVariable,
} from 'node-opcua'
import type { GuardFinding } from '../../../src/opcua/guard/index.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

describe('guard: subscriptions', () => {
  const findings: GuardFinding[] = []
  let bench: Bench
  let client: RawClient
  let subscriptionId: number
  let subscription: Subscription

  before(async () => {
    bench = await startBench({
      onFinding: (finding) => {
        findings.push(finding)
        throw new Error('this listener throws')
      },
    })
  })

  beforeEach(async () => {
    findings.length = 0
    client = await RawClient.session(bench.port)
    const created = await client.request(
      new CreateSubscriptionRequest({ requestedPublishingInterval: 50, publishingEnabled: true }),
    )
    subscriptionId = created.subscriptionId
    const session = bench.raw!.server.getSession(client.authenticationToken)
    subscription = session!.getSubscription(subscriptionId)!
  })

  afterEach(async () => {
    await client.destroy()
    expect((await bench.readHonestly()).status).to.equal('Good')
  })

  after(() => bench.stop())

  const create = async (changed: object = {}, name = 'level') => {
    const itemToMonitor = { nodeId: `ns=1;s=${name}`, attributeId: AttributeIds.Value }
    const requestedParameters = { samplingInterval: 50, clientHandle: 1, queueSize: 2, discardOldest: true, ...changed }
    const itemsToCreate = [{ itemToMonitor, monitoringMode: 2, requestedParameters }]
    return await client.request(
      new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }),
    )
  }
  const publish = async (): Promise<string> => {
    const published = await client.request(new PublishRequest({}))
    return published.notificationMessage.notificationData?.[0]?.monitoredItems[0].value.statusCode.name
  }

  it('takes a half-made item back and keeps the count right, when its making fails', async () => {
    subscription.once('monitoredItem', () => {
      throw new Error('a listener throws')
    })
    expect(statusOf(await create())).to.equal('BadInternalError')
    expect(subscription.monitoredItemCount).to.equal(0)
    expect(statusOf(await create())).to.equal('Good')
    expect(subscription.monitoredItemCount).to.equal(1)
    expect(findings).to.deep.include({
      kind: 'containedThrow',
      where: 'CreateMonitoredItems',
      detail: 'a listener throws',
    })
  })

  it('takes an item back, when its start fails', async () => {
    subscription.once('monitoredItem', (item: MonitoredItem) => {
      item.setMonitoringMode = () => {
        throw new Error('cannot start')
      }
    })
    expect(statusOf(await create())).to.equal('BadInternalError')
    expect(subscription.monitoredItemCount).to.equal(0)
  })

  it('reports BadInternalError to the subscriber and samples again, when sampling throws', async () => {
    let isBroken = true
    subscription.once('monitoredItem', (item: MonitoredItem) => {
      const sample = item.samplingFunc!
      item.samplingFunc = function (...args) {
        if (isBroken) throw new Error('cannot sample')
        sample.apply(this, args)
      }
    })
    await create()
    expect(await publish()).to.equal('Good')
    expect(await publish()).to.equal('BadInternalError')
    isBroken = false
    expect(await publish()).to.equal('Good')
  })

  it('keeps the old filter, when the stack refuses the new one after it has put it in place', async () => {
    const filter = new DataChangeFilter({ trigger: 1, deadbandType: 1, deadbandValue: 0.5 })
    const created = await create({ filter })
    const { monitoredItemId } = created.results[0]
    const percent = new DataChangeFilter({ trigger: 1, deadbandType: 2, deadbandValue: 5 })
    const requestedParameters = { samplingInterval: 50, clientHandle: 1, queueSize: 2, filter: percent }
    const itemsToModify = [{ monitoredItemId, requestedParameters }]
    const request = new ModifyMonitoredItemsRequest({ subscriptionId, itemsToModify, timestampsToReturn: 2 })
    expect(statusOf(await client.request(request))).to.match(/^Bad/)
    const kept = subscription.getMonitoredItem(monitoredItemId)!.filter as DataChangeFilter
    expect([kept.deadbandType, kept.deadbandValue]).to.deep.equal([1, 0.5])
  })

  it('keeps a throw of a watcher away from the device that delivers a value', async () => {
    subscription.once('monitoredItem', (item: MonitoredItem) => {
      item.recordValue = () => {
        throw new Error('cannot record')
      }
    })
    await create({ samplingInterval: 0 })
    await new Promise((resolve) => setTimeout(resolve, 20))
    const level = bench.raw!.server.engine.addressSpace!.findNode('ns=1;s=level') as UAVariable
    level.setValueFromSource({ dataType: DataType.Double, value: 2 }, StatusCodes.Good)
    expect(findings.some(({ detail }) => detail === 'cannot record')).to.equal(true)
  })

  it('goes on publishing, when a listener throws in the publishing timer', async () => {
    subscription.once('stateChanged', () => {
      throw new Error('a listener throws')
    })
    await create()
    expect(await publish()).to.equal('Good')
    expect(findings.some(({ where }) => where === 'Subscription')).to.equal(true)
  })

  it('answers BadInternalError, when an asynchronous service rejects', async () => {
    bench.raw!.server.once('create_session', () => {
      throw new Error('a listener throws')
    })
    const endpointUrl = `opc.tcp://127.0.0.1:${bench.port}`
    expect(statusOf(await client.request(new CreateSessionRequest({ endpointUrl })))).to.equal('BadInternalError')
  })
})
