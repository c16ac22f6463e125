import { expect } from 'chai'
import { BrowseDirection, type ClientSession, type SessionDiagnosticsDataType, UserTokenType } from 'node-opcua'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { type Bench, encrypted, startBench } from '../bench.ts'

const users = {
  check: async (user: string, password: string) => user === password,
  rolesOf: (user: string) => [user as RoleName],
}
const admin = {
  ...encrypted,
  user: { type: UserTokenType.UserName, userName: 'ConfigureAdmin', password: 'ConfigureAdmin' } as const,
}

/** What the server shows of all sessions. */
async function diagnosticsOf(session: ClientSession): Promise<readonly SessionDiagnosticsDataType[]> {
  const { value } = await session.read({ nodeId: 'i=3707', attributeId: 13 })
  return value.value as SessionDiagnosticsDataType[]
}

/** The objects of the sessions below SessionsDiagnosticsSummary. */
async function objectsOf(session: ClientSession): Promise<readonly string[]> {
  const { references } = await session.browse({
    nodeId: 'i=3706',
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: 'HasComponent',
    resultMask: 63,
  } as never)
  return (references ?? []).filter(({ nodeClass }) => nodeClass === 1).map(({ nodeId }) => nodeId.toString())
}

for (const isHot of [true, false]) {
  describe(isHot ? 'sessions whose nodes are made when somebody looks' : 'sessions of the stack', function () {
    this.timeout(60_000)
    let bench: Bench

    beforeEach(async () => {
      bench = await startBench({ users, isHot })
      await bench.server.trust((await refusedThumbprint(bench)) ?? '')
    })
    afterEach(() => bench.stop())

    it('are shown with all that they have asked for, and with their subscriptions', async () => {
      const client = await bench.connect()
      const sessionId = client.session.sessionId.toString()
      for (let count = 0; count < 7; count++) await client.read('dev/plc1.Level')
      await client.write('dev/plc1.mode', { dataType: 12, value: 'auto' } as never)
      const subscription = await client.session.createSubscription2({
        requestedPublishingInterval: 200,
        requestedLifetimeCount: 100,
        requestedMaxKeepAliveCount: 10,
        publishingEnabled: true,
      })
      const looking = await bench.connect(admin)
      const shown = (await diagnosticsOf(looking.session)).find((each) => each.sessionId.toString() === sessionId)
      // One read for the namespaces, by the test itself.
      expect(shown?.readCount.totalCount).to.equal(8)
      expect(shown?.writeCount.totalCount).to.equal(1)
      expect(shown?.createSubscriptionCount.totalCount).to.equal(1)
      expect(shown?.totalRequestCount.totalCount).to.be.at.least(10)
      expect(shown?.currentSubscriptionsCount).to.equal(1)
      expect(await objectsOf(looking.session)).to.include(sessionId)
      const arrayId = (
        await looking.session.browse({ nodeId: sessionId, referenceTypeId: 'HasComponent', resultMask: 63 } as never)
      ).references?.find(({ browseName }) => browseName.name === 'SubscriptionDiagnosticsArray')?.nodeId
      const { value } = await looking.session.read({ nodeId: arrayId?.toString() ?? '', attributeId: 13 })
      expect(value.value).to.have.length(1)
      await client.read('dev/plc1.Level')
      const later = (await diagnosticsOf(looking.session)).find((each) => each.sessionId.toString() === sessionId)
      expect(later?.readCount.totalCount).to.equal(9)
      await subscription.terminate()
    })

    it('come and go while somebody looks', async () => {
      const looking = await bench.connect(admin)
      expect(await objectsOf(looking.session)).to.have.length(1)
      const client = await bench.connect()
      const sessionId = client.session.sessionId.toString()
      expect(await objectsOf(looking.session)).to.include(sessionId)
      await client.close()
      expect(await objectsOf(looking.session)).not.to.include(sessionId)
      expect(await diagnosticsOf(looking.session)).to.have.length(1)
    })

    it('can be looked up by the id that a client got', async () => {
      const client = await bench.connect()
      const looking = await bench.connect(admin)
      const read = await looking.session.read({ nodeId: client.session.sessionId.toString(), attributeId: 2 })
      expect([read.statusCode.name, read.value.value]).to.deep.equal(['Good', 1])
    })

    it('leave nothing behind when nobody has looked', async () => {
      for (let count = 0; count < 5; count++) await (await bench.connect()).close()
      const looking = await bench.connect(admin)
      expect(await objectsOf(looking.session)).to.have.length(1)
      expect(await diagnosticsOf(looking.session)).to.have.length(1)
    })
  })
}

/** Lets the server refuse the test's certificate once, and gives its thumbprint from the log. */
async function refusedThumbprint(bench: Bench): Promise<string | undefined> {
  await bench.connect(admin).catch(() => undefined)
  return bench.log.join('\n').match(/[0-9a-fA-F]{40}/)?.[0]
}
