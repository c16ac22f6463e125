import { expect } from 'chai'
import {
  BrowseNextRequest,
  BrowseRequest,
  CallRequest,
  CloseSessionRequest,
  CreateMonitoredItemsRequest,
  CreateSessionRequest,
  CreateSubscriptionRequest,
  FindServersRequest,
  ReadRequest,
  RegisterNodesRequest,
} from 'node-opcua'
import { defaultLimits } from '../../../src/model/limits.ts'
import { until } from '../../kit/demo-plant.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { MANY } from '../../kit/raw-server.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

describe('guard: budgets', function () {
  this.timeout(120_000)
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

  const browse = (times: number, requestedMaxReferencesPerNode: number) =>
    new BrowseRequest({
      nodesToBrowse: Array.from({ length: times }, () => ({
        nodeId: 'ns=1;s=many',
        referenceTypeId: 'ns=0;i=33',
        includeSubtypes: true,
        browseDirection: 0,
        resultMask: 63,
      })),
      requestedMaxReferencesPerNode,
    })
  const statuses = (answer: { results: { statusCode: { name: string } }[] }): string[] =>
    answer.results.map((result) => result.statusCode.name)

  it('gives a large folder in pages, when it is browsed without a bound', async () => {
    const answer = await client.request(browse(1, 0))
    const [first] = answer.results
    expect(first.references).to.have.length(defaultLimits.referencesPerNode)
    const next = await client.request(new BrowseNextRequest({ continuationPoints: [first.continuationPoint] }))
    expect(next.results[0].references).to.have.length(MANY - defaultLimits.referencesPerNode)
  })

  it('gives BadNoContinuationPoints to the nodes past the budget, when many large folders are browsed at once', async () => {
    const browsing = client.request(browse(100, 0))
    const honest = await bench.readHonestly()
    expect(honest.status).to.equal('Good')
    expect(honest.tookMs).to.be.lessThan(1_000)
    const answered = statuses(await browsing)
    expect(answered.slice(0, 4)).to.deep.equal(['Good', 'Good', 'Good', 'Good'])
    expect(new Set(answered.slice(4))).to.deep.equal(new Set(['BadNoContinuationPoints']))
  })

  it('frees the oldest continuation points, when a client asks for one reference a page again and again', async () => {
    const points: Buffer[] = []
    for (let turn = 0; turn < 15; turn += 1) {
      const answer = await client.request(browse(1, 1))
      expect(statuses(answer)).to.deep.equal(['Good'])
      points.push(answer.results[0].continuationPoint)
    }
    const next = await client.request(new BrowseNextRequest({ continuationPoints: points }))
    const answered = statuses(next)
    expect(answered.filter((status) => status === 'Good')).to.have.length(defaultLimits.browseContinuationPoints)
    expect(answered[0]).to.equal('BadContinuationPointInvalid')
  })

  it('refuses a request with more operations than the published limit', async () => {
    const nodesToRead = Array.from({ length: defaultLimits.nodesPerRead + 1 }, () => ({
      nodeId: 'ns=0;i=2258',
      attributeId: 13,
    }))
    expect(statusOf(await client.request(new ReadRequest({ nodesToRead })))).to.equal('BadTooManyOperations')
    expect(statusOf(await client.request(browse(defaultLimits.nodesPerBrowse + 1, 0)))).to.equal('BadTooManyOperations')
  })

  it('caps the timeout of a session, when a client asks for hours', async () => {
    const answer = await client.request(
      new CreateSessionRequest({ endpointUrl: 'opc.tcp://127.0.0.1', requestedSessionTimeout: 1e9 }),
    )
    expect(answer.revisedSessionTimeout).to.equal(defaultLimits.sessionTimeout)
  })

  it('gives BadServerTooBusy, when RegisterNodes or FindServers are repeated without end', async () => {
    for (const request of [
      new RegisterNodesRequest({ nodesToRegister: ['i=84' as never] }),
      new FindServersRequest({}),
    ]) {
      const answered: string[] = []
      const calls = Array.from({ length: 150 }, async () => answered.push(statusOf(await client.request(request))))
      await Promise.all(calls)
      expect(answered).to.include('Good')
      expect(answered).to.include('BadServerTooBusy')
    }
  })

  it('rations ConditionRefresh alone, when it is called again and again beside another method', async () => {
    const methodsToCall = [
      { objectId: 'ns=0;i=2782', methodId: 'ns=0;i=3875', inputArguments: [{ dataType: 'UInt32', value: 1 }] },
      { objectId: 'ns=1;s=plant', methodId: 'ns=1;s=good-method' },
    ]
    const answers: string[][] = []
    for (let turn = 0; turn < 15; turn += 1) {
      answers.push(statuses(await client.request(new CallRequest({ methodsToCall: methodsToCall as never }))))
    }
    expect(answers.at(-1)).to.deep.equal(['BadServerTooBusy', 'Good'])
    expect(answers[0]?.[0]).not.to.equal('BadServerTooBusy')
  })

  it('refuses to register more nodes than a session may hold', async () => {
    const nodesToRegister = Array.from({ length: defaultLimits.nodesPerRegister }, () => 'ns=1;s=level' as never)
    const answered: string[] = []
    const times = defaultLimits.registeredNodesPerSession / defaultLimits.nodesPerRegister + 1
    for (let turn = 0; turn < times; turn += 1) {
      answered.push(statusOf(await client.request(new RegisterNodesRequest({ nodesToRegister }))))
    }
    expect(answered.pop()).to.equal('BadTooManyOperations')
    expect(new Set(answered)).to.deep.equal(new Set(['Good']))
  })

  it('lets a new client in, when the session table is full of sessions whose channel has gone', async () => {
    for (let index = 0; index < defaultLimits.sessions + 10; index += 1) {
      const gone = await RawClient.session(bench.port)
      await gone.destroy()
    }
    const late = await RawClient.session(bench.port)
    await late.destroy()
    expect(bench.raw?.guard?.counters.sessionReclaimed ?? 0).to.be.greaterThan(0)
  })

  it('keeps nothing of a subscription that has ended without a session, although it had values to tell', async function () {
    if (!bench.raw) this.skip()
    const gone = await RawClient.session(bench.port)
    // The shortest life that there is: five seconds.
    const asked = { requestedPublishingInterval: 50, requestedLifetimeCount: 1, publishingEnabled: true }
    const { subscriptionId } = await gone.request(new CreateSubscriptionRequest(asked))
    const itemsToCreate = [
      {
        itemToMonitor: { nodeId: 'i=2258', attributeId: 13 },
        monitoringMode: 2,
        requestedParameters: { clientHandle: 1, samplingInterval: 50, queueSize: 10 },
      },
    ]
    await gone.request(
      new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 } as never),
    )
    await gone.request(new CloseSessionRequest({ deleteSubscriptions: false }))
    await gone.destroy()
    const orphans = (bench.raw.server.engine as unknown as Orphaned)._orphanPublishEngine
    const isThere = () => orphans.getSubscriptionById(subscriptionId) !== undefined
    expect(isThere()).to.equal(true)
    await until('it has ended', () => !isThere(), 60_000)
    expect(orphans.pendingClosedSubscriptionCount).to.equal(0)
  })
})

/** What the stack keeps of subscriptions whose session has ended. */
interface Orphaned {
  readonly _orphanPublishEngine: {
    readonly pendingClosedSubscriptionCount: number
    getSubscriptionById(id: number): object | undefined
  }
}
