import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import {
  ActivateSessionRequest,
  CreateMonitoredItemsRequest,
  CreateSessionRequest,
  CreateSubscriptionRequest,
  IssuedIdentityToken,
  UserNameIdentityToken,
  X509IdentityToken,
} from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawClient, statusOf } from '../kit/raw-client.ts'
import { type Arena, memoryOf, slack, startArena } from './arena.ts'
import { testPassword } from './leaks.ts'
import { arenaFiles } from './plant-files.ts'

const manySessions = 300

/** The plant of the arena with room for many sessions. */
const roomy = {
  ...arenaFiles,
  'plant.yaml': (arenaFiles['plant.yaml'] ?? '').replace(
    'anonymous: operate',
    'anonymous: operate, limits: { sessions: 600, sessionsPerUser: 590, connections: 650, connectionsPerAddress: 640 }',
  ),
}

const createSession = (requestedSessionTimeout: number) =>
  new CreateSessionRequest({ endpointUrl: 'opc.tcp://127.0.0.1', requestedSessionTimeout, sessionName: 'raw' })

describe('hostile: sessions', function () {
  this.timeout(300_000)
  let arena: Arena

  before(async () => {
    arena = await startArena()
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  const opened = async (): Promise<RawClient> => {
    const client = await arena.raw()
    await client.hello()
    await client.open()
    return client
  }

  it('keeps room for others, when 300 sessions are made and never activated', () =>
    arena.suffer(async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, opened))
      for (const client of clients) {
        const asked = Array.from({ length: 15 }, () =>
          client.request(createSession(3_600_000)).then(statusOf, (error: Error) => error.message),
        )
        for (const status of await Promise.all(asked))
          expect(status).to.match(/^(Good|BadTooMany|BadServerTooBusy|the server|error)/)
      }
      await Promise.all(clients.map((client) => client.destroy()))
    }))

  it('takes the places back of 60 sessions with the longest timeout whose connections have gone', () =>
    arena.suffer(async () => {
      for (let index = 0; index < 60; index += 1) {
        const client = await opened()
        await client.login(Number.MAX_VALUE).catch(() => undefined)
        await client.destroy()
      }
    }))

  it('answers every wrong login with the same status, and logs none of the passwords', () =>
    arena.suffer(async () => {
      const password = Buffer.from(testPassword)
      const name = (fields: object) => new UserNameIdentityToken({ policyId: 'username', userName: 'admin', ...fields })
      const tokens = [
        name({ password }),
        name({ userName: 'nobody', password }),
        name({ userName: '', password }),
        name({ userName: 'x'.repeat(900_000), password }),
        name({ userName: null, password: null }),
        name({ password: Buffer.alloc(256, 7), encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep' }),
        name({ password: Buffer.alloc(3), encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep' }),
        name({ password, encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-1_5' }),
        name({ password, encryptionAlgorithm: 'no algorithm' }),
        name({ policyId: 'no policy', password }),
        new X509IdentityToken({ policyId: 'certificate', certificateData: Buffer.alloc(900, 1) }),
        new IssuedIdentityToken({ policyId: 'issued', tokenData: password }),
      ]
      const statuses: string[] = []
      for (const userIdentityToken of tokens) {
        const client = await opened()
        const created = await client.request(createSession(60_000))
        client.authenticationToken = created.authenticationToken
        const answer = client.request(new ActivateSessionRequest({ userIdentityToken }))
        statuses.push(await answer.then(statusOf, (error: Error) => error.message))
        await client.destroy()
      }
      expect(statuses.filter((status) => status.startsWith('Good'))).to.deep.equal([])
      expect([...new Set(statuses)]).to.deep.equal(['BadUserAccessDenied'])
    }))
})

describe('hostile: many sessions', function () {
  this.timeout(300_000)
  let arena: Arena

  before(async () => {
    arena = await startArena({}, roomy)
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  it(`holds ${manySessions} sessions with ten items each, at most 0.8 MB for each, and gives all of it back`, async () => {
    const id = arena.plant.child.pid!
    const before = memoryOf(id)
    const clients: RawClient[] = []
    for (let index = 0; index < manySessions; index += 1) {
      const client = await arena.raw()
      await client.hello()
      await client.open()
      await client.login(10_000)
      const { subscriptionId } = await client.request(
        new CreateSubscriptionRequest({ requestedPublishingInterval: 1000 }),
      )
      const item = {
        itemToMonitor: { nodeId: 'i=2258', attributeId: 13 },
        monitoringMode: 2,
        requestedParameters: { clientHandle: 1, samplingInterval: 1000, queueSize: 1 },
      }
      const itemsToCreate = Array.from({ length: 10 }, () => item)
      const items = new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 } as never)
      expect(statusOf(await client.request(items))).to.equal('Good')
      clients.push(client)
    }
    const held = memoryOf(id) - before
    expect(held / manySessions / 1024 / 1024, 'MB a session').to.be.at.most(0.8)
    await arena.suffer(async () => {
      await Promise.all(clients.map((client) => client.destroy()))
      await sleep(1000)
    })
    // Sessions without a connection end with their timeout; what they held is collected some time after that.
    await until(
      '80 % of the memory are back',
      () => memoryOf(id) - before < Math.max(held * 0.2, 64 * 1024 * 1024),
      60_000 * slack,
    )
  })
})
