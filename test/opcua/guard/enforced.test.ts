import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import {
  AttributeIds,
  BrowseNextRequest,
  BrowseRequest,
  CallRequest,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  PublishRequest,
  ReadRequest,
  TranslateBrowsePathsToNodeIdsRequest,
  UserTokenType,
  WriteRequest,
} from 'node-opcua'
import { defaultLimits, limitNames, limitsWith } from '../../../src/model/limits.ts'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { limitMember } from '../../../src/opcua/types/guard-types.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, type Client, startBench } from '../bench.ts'

const limits = limitsWith({
  ...{ connections: 14, connectionsPerAddress: 12, sessions: 6, sessionsReserved: 2, sessionsPerUser: 3 },
  ...{ subscriptions: 3, subscriptionsPerSession: 2, monitoredItems: 6, monitoredItemsPerSubscription: 4 },
  ...{ monitoredItemsQueue: 7, publishRequests: 10, monitoredItemsPerCall: 5, nodesPerRead: 30, nodesPerWrite: 4 },
  ...{ nodesPerBrowse: 3, nodesPerTranslate: 2, methodsPerCall: 3, methodCalls: 3, methodCallsPerSession: 2 },
  ...{ browseContinuationPoints: 2, nodesPerHistoryReadData: 6, nodesPerHistoryReadEvents: 4 },
})

/** One more than is allowed is answered with the code that README names, and what is allowed is served. */
describe('limits of the plant file', () => {
  let bench: Bench
  const clients: (Client | RawClient)[] = []

  beforeEach(async () => {
    bench = await startBench({
      limits,
      users: { check: async (user, password) => user === password, rolesOf: (user) => [user as RoleName] },
    })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await ('destroy' in client ? client.destroy() : client.close())
    await bench.stop()
  })

  const raw = async (): Promise<RawClient> => {
    const client = await RawClient.session(bench.server.port)
    clients.push(client)
    return client
  }
  const login = async (user: string): Promise<Client> =>
    bench.connect({ user: { type: UserTokenType.UserName, userName: user, password: user } })
  const times = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index))

  it('are published: in ServerCapabilities where the standard has a node, and all of them in Guard/Limits', async () => {
    const { session, id } = await bench.connect()
    const standard = { 'i=24095': 6, 'i=24096': 3, 'i=24098': 2, 'i=24097': 6, 'i=24104': 4, 'i=31916': 7, 'i=2735': 2 }
    const operations = { 'i=11705': 30, 'i=11707': 4, 'i=11710': 3, 'i=11712': 2, 'i=11709': 3, 'i=11714': 5 }
    const history = { 'i=12165': 6, 'i=12166': 4 }
    const own = Object.fromEntries(limitNames.map((name) => [id(`guard.Limits.${limitMember(name)}`), limits[name]]))
    const expected = Object.entries({ ...standard, ...operations, ...history, ...own })
    for (const [nodeId, value] of expected) {
      expect((await session.read({ nodeId })).value.value, nodeId).to.equal(value)
    }
  })

  it('connections: one more is told BadTcpNotEnoughResources and closed, and there is room again when one leaves', async () => {
    const sockets: Socket[] = []
    const open = (): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ port: bench.server.port, host: '127.0.0.1' })
        sockets.push(socket)
        socket.on('error', () => undefined)
        socket.once('data', (data) => resolve(`${data.toString('latin1', 0, 4)} ${data.readUInt32LE(8).toString(16)}`))
        setTimeout(resolve, 300, 'open')
      })
    const answers = await Promise.all(times(limits.connectionsPerAddress + 1, open))
    expect(answers.filter((answer) => answer === 'open')).to.have.length(limits.connectionsPerAddress)
    expect(answers.filter((answer) => answer !== 'open')).to.deep.equal(['ERRF 80810000'])
    for (const socket of sockets.splice(0)) socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(statusOf(await (await raw()).request(new ReadRequest({ nodesToRead: times(1, serverState) })))).to.equal(
      'Good',
    )
  })

  it('sessions: BadTooManySessions for one more of a user, and an administrator gets in when nobody else does', async () => {
    for (const _ of times(limits.sessionsPerUser, () => 0)) await raw()
    const one = await RawClient.connect(bench.server.port)
    clients.push(one)
    await one.hello()
    await one.open()
    await one.login()
    expect(statusOf(await one.request(new ReadRequest({ nodesToRead: times(1, serverState) })))).to.equal(
      'BadSessionIdInvalid',
    )
    await login('Operator')
    const refused = await login('Observer').then(
      () => 'Good',
      (error: Error) => error.message,
    )
    expect(refused).to.contain('BadTooManySessions')
    const admin = await login('SecurityAdmin')
    await login('ConfigureAdmin')
    expect((await admin.session.read({ nodeId: 'i=2259' })).statusCode.name).to.equal('Good')
    await eventually(async () => {
      const count = await (await admin).session.read({ nodeId: admin.id('guard.SessionLimitCount') })
      return count.value.value === 2
    }, 'two refused sessions are counted')
  })

  it('sessions: one whose connection has gone makes room for another of the user', async () => {
    for (const _ of times(limits.sessionsPerUser, () => 0)) await (await raw()).destroy()
    const late = await raw()
    expect(statusOf(await late.request(new ReadRequest({ nodesToRead: times(1, serverState) })))).to.equal('Good')
  })

  it('subscriptions: BadTooManySubscriptions, of a session and in all', async () => {
    const [one, other] = [await raw(), await raw()]
    const create = async (client: RawClient) =>
      statusOf(await client.request(new CreateSubscriptionRequest({ requestedPublishingInterval: 1_000 })))
    expect([await create(one), await create(one), await create(one)]).to.deep.equal([
      ...['Good', 'Good', 'BadTooManySubscriptions'],
    ])
    expect([await create(other), await create(other)]).to.deep.equal(['Good', 'BadTooManySubscriptions'])
  })

  it('monitored items: BadTooManyMonitoredItems for those too many, and their queues are revised', async () => {
    const client = await raw()
    const subscribe = async (): Promise<number> =>
      (await client.request(new CreateSubscriptionRequest({ requestedPublishingInterval: 1_000 }))).subscriptionId
    const add = async (subscriptionId: number, count: number) => {
      const itemsToCreate = times(count, (clientHandle) => ({
        itemToMonitor: serverState(),
        monitoringMode: 2,
        requestedParameters: { clientHandle, samplingInterval: 1_000, queueSize: 100 },
      }))
      return (await client.request(new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate }))).results
    }
    const first = await add(await subscribe(), 5)
    expect(first.map(codeOf)).to.deep.equal(['Good', 'Good', 'Good', 'Good', 'BadTooManyMonitoredItems'])
    expect(first[0].revisedQueueSize).to.equal(limits.monitoredItemsQueue)
    const second = await add(await subscribe(), 3)
    expect(second.map(codeOf)).to.deep.equal(['Good', 'Good', 'BadTooManyMonitoredItems'])
  })

  it('publish requests: the oldest is answered with BadTooManyPublishRequests (Part 4 §5.14.5.2)', async () => {
    const client = await raw()
    await client.request(
      new CreateSubscriptionRequest({ requestedPublishingInterval: 60_000, requestedMaxKeepAliveCount: 100 }),
    )
    const answered: string[] = []
    // The first one of a subscription is answered at once.
    for (let count = 0; count < limits.publishRequests + 3; count += 1) {
      void client.request(new PublishRequest({})).then(
        (answer) => answered.push(statusOf(answer)),
        () => undefined,
      )
    }
    await eventually(async () => answered.includes('BadTooManyPublishRequests'), 'one is too many')
    expect(answered.filter((status) => status !== 'Good').length).to.be.within(1, 3)
  })

  it('operations: BadTooManyOperations from one more, in every service that has a limit', async () => {
    const client = await raw()
    const method = { objectId: 'i=2253', methodId: 'i=11492', inputArguments: [] }
    const more: readonly (readonly [string, object, object])[] = [
      ['Read', ...pair(limits.nodesPerRead, (list) => new ReadRequest({ nodesToRead: list.map(serverState) }))],
      [
        'Write',
        ...pair(
          limits.nodesPerWrite,
          (list) => new WriteRequest({ nodesToWrite: list.map(() => ({ ...serverState(), value: {} })) }),
        ),
      ],
      [
        'Browse',
        ...pair(
          limits.nodesPerBrowse,
          (list) => new BrowseRequest({ nodesToBrowse: list.map(() => ({ nodeId: 'i=84' })) }),
        ),
      ],
      [
        'BrowseNext',
        ...pair(
          limits.nodesPerBrowse,
          (list) => new BrowseNextRequest({ continuationPoints: list.map(() => Buffer.from('x')) }),
        ),
      ],
      [
        'Translate',
        ...pair(
          limits.nodesPerTranslate,
          (list) =>
            new TranslateBrowsePathsToNodeIdsRequest({ browsePaths: list.map(() => ({ startingNode: 'i=84' })) }),
        ),
      ],
      ['Call', ...pair(limits.methodsPerCall, (list) => new CallRequest({ methodsToCall: list.map(() => method) }))],
    ]
    for (const [service, allowed, tooMany] of more) {
      expect((await client.request(allowed)).responseHeader.serviceResult.name, service).to.equal('Good')
      expect(statusOf(await client.request(tooMany)), service).to.equal('BadTooManyOperations')
    }
  })

  it('continuation points: BadNoContinuationPoints for the node that would need one more', async () => {
    const client = await raw()
    const nodesToBrowse = times(3, () => ({
      nodeId: 'i=84',
      browseDirection: 0,
      resultMask: 63,
      includeSubtypes: true,
    }))
    const request = new BrowseRequest({ nodesToBrowse, requestedMaxReferencesPerNode: 1 })
    expect((await client.request(request)).results.map(codeOf)).to.deep.equal([
      'Good',
      'Good',
      'BadNoContinuationPoints',
    ])
  })

  it('calls under way: BadServerTooBusy for one more, of a session and in all, and room again when they end', async () => {
    let end: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      end = resolve
    })
    bench.plant.connect = async () => gate
    const [one, other] = [await bench.connect(), await bench.connect()]
    const call = async ({ session, id }: Client) => {
      const objectId = id('dev/plc1')
      return (await session.call({ objectId, methodId: id('dev/plc1.Connect'), inputArguments: [] })).statusCode.name
    }
    const waiting = [call(one), call(one)]
    await eventually(async () => (await call(one)) === 'BadServerTooBusy', 'two calls of a session are under way')
    waiting.push(call(other))
    await eventually(async () => (await call(other)) === 'BadServerTooBusy', 'three calls are under way')
    end()
    expect(await Promise.all(waiting)).to.deep.equal(['Good', 'Good', 'Good'])
    expect(await call(one)).to.equal('Good')
  })

  it('are those of the table again, when the server is stopped', async () => {
    await bench.server.stop()
    const { limitsInUse } = await import('../../../src/opcua/guard/limits.ts')
    expect(limitsInUse()).to.deep.equal(defaultLimits)
  })

  function pair(limit: number, make: (list: number[]) => object): [object, object] {
    return [make(times(limit, (index) => index)), make(times(limit + 1, (index) => index))]
  }
})

function serverState() {
  return { nodeId: 'i=2259', attributeId: AttributeIds.Value }
}

function codeOf({ statusCode }: { readonly statusCode: { readonly name: string } }): string {
  return statusCode.name
}

async function eventually(holds: () => Promise<boolean>, what: string, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it does not come to pass that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
