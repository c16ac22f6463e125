import { expect } from 'chai'
import {
  AttributeIds,
  BrowseNextRequest,
  BrowseRequest,
  type ClientSession,
  type DataValue,
  RepublishRequest,
  TimestampsToReturn,
  UserTokenType,
} from 'node-opcua'

import type { AuditRecord } from '../../../src/opcua/events/audit-trail.ts'
import type { RoleName } from '../../../src/opcua/roles.ts'
import type { UserDirectory } from '../../../src/opcua/server-options.ts'
import { until } from '../../kit/demo-plant.ts'
import { type Bench, type Client, startBench } from '../bench.ts'
import { listen } from '../event-listener.ts'

/** Every user's password is the name of the user, and the name is the role. */
const users: UserDirectory = {
  check: async (user, password) => user === password,
  rolesOf: (user) => (user === 'Nobody' ? [] : [user as RoleName]),
}
const as = (name: string) => ({ type: UserTokenType.UserName, userName: name, password: name }) as const

/** What is sent as it is, and answered. */
function send<Answer>(session: ClientSession, request: object): Promise<Answer> {
  const raw = session as unknown as { performMessageTransaction(request: object): Promise<Answer> }
  return raw.performMessageTransaction(request)
}

describe('a session that another user takes over', function () {
  this.timeout(60_000)
  let bench: Bench
  let client: Client
  const kept: AuditRecord[] = []

  before(async () => {
    bench = await startBench({ anonymous: 'none', users, onAudit: (record) => kept.push(record) })
    bench.plant.set('plc1.Level', 1)
  })
  after(() => bench.stop())
  beforeEach(async () => {
    client = await bench.connect({ user: as('Observer') })
  })
  afterEach(() => client.close())

  const become = async (name: string | undefined): Promise<void> => {
    const status = await client.session.changeUser(name === undefined ? { type: UserTokenType.Anonymous } : as(name))
    expect(status.name).to.equal('Good')
  }

  /** What a monitored item tells, as values and names of statuses. */
  async function watch(nodeId: string, attributeId = AttributeIds.Value, publishingInterval = 20) {
    const subscription = await client.session.createSubscription2({
      ...{ requestedPublishingInterval: publishingInterval, requestedLifetimeCount: 1000 },
      ...{ requestedMaxKeepAliveCount: 10, publishingEnabled: true },
    })
    const item = await subscription.monitor(
      { nodeId, attributeId },
      { samplingInterval: 50, queueSize: 100, discardOldest: true },
      TimestampsToReturn.Both,
    )
    const told: unknown[] = []
    item.on('changed', (value) => {
      const { statusCode, value: variant } = value as DataValue
      told.push(statusCode.isGood() ? variant.value : statusCode.name)
    })
    return { told, subscription }
  }

  it('is told no more of a value that the new user may not read, and again when the old one is back', async () => {
    const { told } = await watch(client.id('dev/plc1.Level'))
    await until('the value is told', () => told.at(-1) === 1)
    await become('SecurityAdmin')
    await until('it is denied', () => told.at(-1) === 'BadUserAccessDenied')
    const before = told.length
    for (const value of [2, 3, 4]) bench.plant.set('plc1.Level', value)
    // Behind two seconds, in which what was found before may hold, it is the same.
    await new Promise((resolve) => setTimeout(resolve, 2200))
    bench.plant.set('plc1.Level', 5)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(told.slice(before)).to.deep.equal([])
    await become('Observer')
    await until('the value is told again', () => told.at(-1) === 5)
    bench.plant.set('plc1.Level', 6)
    await until('changes are told', () => told.at(-1) === 6)
    expect(told.slice(before)).to.deep.equal([5, 6])
    bench.plant.set('plc1.Level', 1)
  })

  it('is told nothing that was waiting for the old user, once or again', async () => {
    const { told, subscription } = await watch(client.id('dev/plc1.Level'), AttributeIds.Value, 1000)
    await until('the first value is told', () => told.length > 0)
    bench.plant.set('plc1.Level', 77)
    await become('SecurityAdmin')
    await until('it is denied', () => told.includes('BadUserAccessDenied'))
    expect(told).not.to.include(77)
    const { subscriptionId } = subscription
    for (const retransmitSequenceNumber of [1, 2]) {
      const asked = send(client.session, new RepublishRequest({ subscriptionId, retransmitSequenceNumber }))
      const told = await asked.then((answer) => JSON.stringify(answer), String)
      expect(told).not.to.include('77')
      if (retransmitSequenceNumber === 1) expect(told).to.include('BadMessageNotAvailable')
    }
    bench.plant.set('plc1.Level', 1)
  })

  it('is told no more of a value that is asked for at intervals', async () => {
    await become('SecurityAdmin')
    // The diagnostics of all sessions, for administrators only.
    const { told } = await watch('i=3707')
    await until('they are told', () => Array.isArray(told.at(-1)))
    await become('Observer')
    await until('they are denied', () => told.at(-1) === 'BadUserAccessDenied')
    const before = told.length
    await (await bench.connect({ user: as('Operator') })).close()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(told.slice(before).filter((value) => value !== 'BadUserAccessDenied')).to.deep.equal([])
    await become('SecurityAdmin')
    await until('they are told again', () => Array.isArray(told.at(-1)))
  })

  it('is told no more of other attributes of a node that the new user may not browse', async () => {
    const { told } = await watch(client.id('dev/plc1.Level'), AttributeIds.DisplayName)
    await until('the name is told', () => told.length === 1 && typeof told[0] === 'object')
    await become('Nobody')
    await until('it is denied', () => told.at(-1) === 'BadUserAccessDenied')
  })

  it('is told no more events that the new user may not receive', async () => {
    await become('SecurityAdmin')
    const audits = await listen(client, 'i=2253', { fields: ['ClientUserId'], type: 'i=2052' })
    await (await bench.connect({ user: as('Operator') })).close()
    await audits.take(1, 20_000)
    await become('Observer')
    await audits.rest(300)
    await (await bench.connect({ user: as('Operator') })).close()
    expect(await audits.rest(500)).to.deep.equal([])
    await become('SecurityAdmin')
    await (await bench.connect({ user: as('Operator') })).close()
    await audits.take(1, 20_000)
  })

  it('cannot go on with what the old user has browsed', async () => {
    const description = { nodeId: 'i=84', referenceTypeId: 'i=33', includeSubtypes: true, browseDirection: 0 }
    const begin = async (): Promise<Buffer> => {
      const request = new BrowseRequest({ nodesToBrowse: [description], requestedMaxReferencesPerNode: 1 } as never)
      const { results } = await send<{ results: { continuationPoint: Buffer }[] }>(client.session, request)
      return results[0]!.continuationPoint
    }
    const goOn = async (point: Buffer): Promise<string> => {
      const request = new BrowseNextRequest({ continuationPoints: [point] })
      const { results } = await send<{ results: { statusCode: { name: string } }[] }>(client.session, request)
      return results[0]!.statusCode.name
    }
    expect(await goOn(await begin())).to.equal('Good')
    const point = await begin()
    await become('Observer')
    expect(await goOn(point), 'the same user').to.equal('Good')
    const other = await begin()
    await become('Nobody')
    expect(await goOn(other), 'another user').to.equal('BadContinuationPointInvalid')
  })

  it('has names of nodes that are judged by who uses them', async () => {
    const [alias] = await client.session.registerNodes([client.id('dev/plc1.Level')])
    const read = async () => (await client.session.read({ nodeId: alias!, attributeId: 13 })).statusCode.name
    expect(await read()).to.equal('Good')
    await become('SecurityAdmin')
    expect(await read()).to.equal('BadUserAccessDenied')
  })

  it('stays whose it is when the new user is refused', async () => {
    expect((await client.session.changeUser({ ...as('Operator'), password: 'guess' })).name).to.equal(
      'BadUserAccessDenied',
    )
    const { told } = await watch(client.id('dev/plc1.Level'))
    await until('the value is told', () => told.at(-1) === 1)
  })

  it('is told in the audit with both users', async () => {
    const admin = await bench.connect({ user: as('SecurityAdmin') })
    const audits = await listen(admin, 'i=2253', { fields: ['ClientUserId'], type: 'i=2075' })
    await become('Operator')
    const [audit] = await audits.take(1, 20_000)
    expect(audit?.ClientUserId).to.equal('Operator')
    expect(audit?.Message).to.have.property('text', 'Operator took the session of Observer over')
    await become(undefined)
    const sessionId = client.session.sessionId.toString()
    const logins = kept.filter(({ action, session }) => action === 'login' && session === sessionId)
    expect(logins.map(({ user, details }) => [user, details.before])).to.deep.equal([
      ['Observer', undefined],
      ['Operator', 'Observer'],
      ['anonymous', 'Operator'],
    ])
    await admin.close()
  })
})
