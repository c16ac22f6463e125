import { expect } from 'chai'
import {
  ActivateSessionRequest,
  AddNodesRequest,
  AddReferencesRequest,
  CancelRequest,
  CreateMonitoredItemsRequest,
  type DataValue,
  DeleteMonitoredItemsRequest,
  DeleteNodesRequest,
  DeleteReferencesRequest,
  DeleteSubscriptionsRequest,
  ModifyMonitoredItemsRequest,
  ModifySubscriptionRequest,
  PublishRequest,
  QueryFirstRequest,
  QueryNextRequest,
  RegisterServer2Request,
  RegisterServerRequest,
  RepublishRequest,
  SetMonitoringModeRequest,
  SetPublishingModeRequest,
  SetTriggeringRequest,
  TransferSubscriptionsRequest,
  UserNameIdentityToken,
  UserTokenType,
} from 'node-opcua'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { type RawAnswer, RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, type Client, encrypted, startBench } from '../bench.ts'

const unsupported = {
  AddNodes: new AddNodesRequest({ nodesToAdd: [{}] } as never),
  AddReferences: new AddReferencesRequest({ referencesToAdd: [{}] } as never),
  DeleteNodes: new DeleteNodesRequest({ nodesToDelete: [{ nodeId: 'i=2253' }] }),
  DeleteReferences: new DeleteReferencesRequest({ referencesToDelete: [{}] } as never),
  QueryFirst: new QueryFirstRequest({}),
  QueryNext: new QueryNextRequest({}),
  Cancel: new CancelRequest({ requestHandle: 1 }),
  RegisterServer: new RegisterServerRequest({}),
  RegisterServer2: new RegisterServer2Request({}),
}

/** What a session may do to what is another one's, and what nobody may. */
describe('guard: what is not one’s own', () => {
  let bench: Bench
  let stranger: RawClient

  before(async () => {
    bench = await startBench({
      users: { check: async (user, password) => user === password, rolesOf: (user) => [user as RoleName] },
    })
    stranger = await RawClient.session(bench.server.port)
  })
  after(async () => {
    await stranger.destroy()
    await bench.stop()
  })

  const as = (userName: string): Promise<Client> =>
    bench.connect({ user: { type: UserTokenType.UserName, userName, password: userName } })
  const subscribed = async (client: Client) => {
    const subscription = await client.session.createSubscription2({
      ...{ requestedPublishingInterval: 100, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 100 },
      publishingEnabled: true,
    })
    const parameters = { samplingInterval: 0, queueSize: 10 }
    await subscription.monitor({ nodeId: client.id('dev/plc1.Level'), attributeId: 13 }, parameters, 2)
    return subscription.subscriptionId
  }

  it('subscriptions of another session are as good as none, in every service', async () => {
    const owner = await as('Operator')
    const subscriptionId = await subscribed(owner)
    const items = { subscriptionId, monitoredItemIds: [1, 2, 3] }
    const asked: Readonly<Record<string, object>> = {
      ModifySubscription: new ModifySubscriptionRequest({ subscriptionId }),
      SetPublishingMode: new SetPublishingModeRequest({ subscriptionIds: [subscriptionId], publishingEnabled: false }),
      CreateMonitoredItems: new CreateMonitoredItemsRequest({
        ...{ subscriptionId, itemsToCreate: [{ itemToMonitor: { nodeId: 'i=2258', attributeId: 13 } }] },
      }),
      ModifyMonitoredItems: new ModifyMonitoredItemsRequest({
        subscriptionId,
        itemsToModify: [{ monitoredItemId: 1 }],
      }),
      DeleteMonitoredItems: new DeleteMonitoredItemsRequest(items),
      SetMonitoringMode: new SetMonitoringModeRequest({ ...items, monitoringMode: 0 }),
      SetTriggering: new SetTriggeringRequest({ subscriptionId, triggeringItemId: 1, linksToAdd: [2] }),
      Republish: new RepublishRequest({ subscriptionId, retransmitSequenceNumber: 1 }),
      DeleteSubscriptions: new DeleteSubscriptionsRequest({ subscriptionIds: [subscriptionId] }),
    }
    for (const [service, request] of Object.entries(asked)) {
      expect(statusOf(await stranger.request(request)), service).to.equal('BadSubscriptionIdInvalid')
    }
    await owner.close()
  })

  it('subscriptions go to another session of the same user only (Part 4 §5.14.7)', async () => {
    const owner = await as('Operator')
    const subscriptionId = await subscribed(owner)
    const request = () =>
      new TransferSubscriptionsRequest({ subscriptionIds: [subscriptionId], sendInitialValues: true })
    const take = async ({ session }: Client): Promise<string> => {
      const raw = session as unknown as { performMessageTransaction(request: object): Promise<never> }
      return statusOf(await raw.performMessageTransaction(request()))
    }
    expect(statusOf(await stranger.request(request())), 'nobody').to.equal('BadUserAccessDenied')
    const other = await as('ConfigureAdmin')
    expect(await take(other), 'another user').to.equal('BadUserAccessDenied')
    // A session that was the user's before another one took it over.
    const former = await as('Operator')
    const anonymous = { type: UserTokenType.Anonymous } as const
    await former.session.changeUser(anonymous)
    expect(await take(former), 'the user before').to.equal('BadUserAccessDenied')
    const same = await as('Operator')
    expect(await take(same), 'the same user').to.equal('Good')
    for (const client of [other, former, same, owner]) await client.close()
  })

  it('values for encrypted channels are not told on another one, when their subscription comes there', async () => {
    await bench.connect(encrypted).catch(() => undefined)
    await bench.server.trust(/thumbprint ([0-9a-f]{40})/.exec(bench.log.join('\n'))?.[1] ?? '')
    const user = { type: UserTokenType.UserName, userName: 'SecurityAdmin', password: 'SecurityAdmin' } as const
    const owner = await bench.connect({ ...encrypted, user })
    const subscription = await owner.session.createSubscription2({
      ...{ requestedPublishingInterval: 50, requestedLifetimeCount: 10_000, requestedMaxKeepAliveCount: 100 },
      publishingEnabled: true,
    })
    // Who is an Observer.
    const item = await subscription.monitor(
      { nodeId: 'i=16214', attributeId: 13 },
      { samplingInterval: 50, queueSize: 10 },
      2,
    )
    const first = await new Promise<DataValue>((resolve) =>
      item.once('changed', (value) => resolve(value as DataValue)),
    )
    expect(first.statusCode.name).to.equal('Good')
    const open = await as('SecurityAdmin')
    const raw = open.session as unknown as { performMessageTransaction(request: object): Promise<RawAnswer> }
    const { subscriptionId } = subscription
    const transfer = new TransferSubscriptionsRequest({ subscriptionIds: [subscriptionId], sendInitialValues: true })
    expect(statusOf(await raw.performMessageTransaction(transfer))).to.equal('Good')
    const told: string[] = []
    for (let count = 0; count < 3 && told.length === 0; count += 1) {
      const { notificationMessage } = await raw.performMessageTransaction(new PublishRequest({}))
      for (const { monitoredItems } of notificationMessage.notificationData ?? []) {
        for (const { value } of monitoredItems) told.push(value.statusCode.name)
      }
    }
    expect(new Set(told)).to.deep.equal(new Set(['BadSecurityModeInsufficient']))
    for (const client of [open, owner]) await client.close()
  })

  it('nodes, other servers and other requests are nobody’s to change: the services are not there', async () => {
    const nobody = await RawClient.connect(bench.server.port)
    await nobody.hello()
    await nobody.open()
    for (const [service, request] of Object.entries(unsupported)) {
      expect(statusOf(await stranger.request(request)), service).to.equal('BadServiceUnsupported')
      expect(statusOf(await nobody.request(request)), service).to.equal('BadServiceUnsupported')
    }
    await nobody.destroy()
  })

  it('passwords are never taken in the clear, by whatever policy they come', async () => {
    const policyIds = (await bench.connect()).session as unknown as {
      readonly _client: { readonly endpoint: { readonly userIdentityTokens: readonly { readonly policyId: string }[] } }
    }
    const offered = policyIds._client.endpoint.userIdentityTokens.map(({ policyId }) => policyId)
    expect(offered.length).to.be.greaterThan(2)
    const client = await RawClient.session(bench.server.port)
    for (const policyId of [...offered, 'username_unsecure', null]) {
      const token = { userName: 'ConfigureAdmin', password: Buffer.from('ConfigureAdmin'), policyId } as never
      const request = new ActivateSessionRequest({ userIdentityToken: new UserNameIdentityToken(token) })
      expect(statusOf(await client.request(request)), String(policyId)).to.equal('BadUserAccessDenied')
    }
    await client.destroy()
  })
})
