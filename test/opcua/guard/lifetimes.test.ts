import { expect } from 'chai'
import {
  AttributeIds,
  CallRequest,
  CloseSessionRequest,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataType,
  ModifySubscriptionRequest,
  TransferSubscriptionsRequest,
  Variant,
} from 'node-opcua'
import { limitsWith } from '../../../src/model/limits.ts'
import { until } from '../../kit/demo-plant.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, startBench } from '../bench.ts'

const limits = limitsWith({
  ...{ sessionTimeout: 11_000, handshakeTimeout: 1_000, idleTimeout: 5_000 },
  ...{ subscriptions: 3, subscriptionsPerSession: 2, monitoredItems: 6, monitoredItemsPerSubscription: 4 },
})

/** How long what a client has made lives without a word of it. */
describe('guard: lifetimes', function () {
  this.timeout(60_000)
  let bench: Bench
  const clients: RawClient[] = []

  beforeEach(async () => {
    bench = await startBench({ limits })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.destroy()
    await bench.stop()
  })

  const raw = async (): Promise<RawClient> => {
    const client = await RawClient.session(bench.server.port)
    clients.push(client)
    return client
  }

  it('times: a session gets no longer one, and connections are closed without a session or without a word', async () => {
    const client = await raw()
    expect((await client.login(60_000)).revisedSessionTimeout).to.equal(limits.sessionTimeout)
    const idle = await RawClient.connect(bench.server.port)
    await idle.hello()
    await idle.open()
    await idle.closed
    expect(client.socket.destroyed, 'the one with a session').to.equal(false)
    await client.closed
  })

  it('subscriptions and items: those of sessions that have ended make room, the oldest first', async () => {
    const gone = await raw()
    const request = () =>
      new CreateSubscriptionRequest({ requestedPublishingInterval: 1_000, requestedLifetimeCount: 3_000 })
    const itemsToCreate = Array.from({ length: 4 }, (_, clientHandle) => ({
      ...{ itemToMonitor: serverState(), monitoringMode: 2 },
      requestedParameters: { clientHandle, samplingInterval: 1_000, queueSize: 1 },
    }))
    const orphans: number[] = []
    for (const _ of [1, 2]) orphans.push((await gone.request(request())).subscriptionId)
    await gone.request(new CreateMonitoredItemsRequest({ subscriptionId: orphans[0]!, itemsToCreate }))
    await gone.request(new CloseSessionRequest({ deleteSubscriptions: false }))
    const client = await raw()
    const [one, other] = [await client.request(request()), await client.request(request())]
    expect([statusOf(one), statusOf(other)]).to.deep.equal(['Good', 'Good'])
    const { subscriptionId } = one
    const made = await client.request(new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate }))
    expect(made.results.map(codeOf)).to.deep.equal(['Good', 'Good', 'Good', 'Good'])
    const observer = await bench.connect()
    const count = async (name: string) =>
      (await observer.session.read({ nodeId: observer.id(`guard.${name}`) })).value.value as number
    await until('the oldest has gone', async () => (await count('SubscriptionReclaimedCount')) === 1)
    const transfer = new TransferSubscriptionsRequest({ subscriptionIds: orphans, sendInitialValues: false })
    expect((await client.request(transfer)).results.map(codeOf)).to.deep.equal([
      ...['BadSubscriptionIdInvalid', 'BadUserAccessDenied'],
    ])
  })

  it('subscriptions: one without its client lives for an hour at most, and none is durable', async () => {
    const client = await raw()
    const longest = {
      requestedPublishingInterval: 60_000,
      requestedMaxKeepAliveCount: 12_000,
      requestedLifetimeCount: 36_000,
    }
    const made = await client.request(new CreateSubscriptionRequest(longest))
    expect([made.revisedPublishingInterval, made.revisedMaxKeepAliveCount, made.revisedLifetimeCount]).to.deep.equal([
      ...[60_000, 20, 60],
    ])
    const { subscriptionId } = made
    const modified = await client.request(new ModifySubscriptionRequest({ ...longest, subscriptionId }))
    expect([modified.revisedMaxKeepAliveCount, modified.revisedLifetimeCount]).to.deep.equal([20, 60])
    const inputArguments = [subscriptionId, 0].map((value) => new Variant({ dataType: DataType.UInt32, value }))
    const durable = { objectId: 'i=2253', methodId: 'i=12749', inputArguments }
    expect(statusOf(await client.request(new CallRequest({ methodsToCall: [durable] })))).to.match(/^Bad/)
  })
})

function serverState() {
  return { nodeId: 'i=2259', attributeId: AttributeIds.Value }
}

function codeOf({ statusCode }: { readonly statusCode: { readonly name: string } }): string {
  return statusCode.name
}
