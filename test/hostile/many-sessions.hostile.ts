import { expect } from 'chai'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { WireClient } from '../kit/wire/client.ts'
import { wireItems, wirePublish, wireSubscription } from '../kit/wire/subscription.ts'
import { type Arena, memoryOf, startArena } from './arena.ts'
import { arenaFiles } from './plant-files.ts'

const sessions = 1000
const itemsOfEach = 10
const sessionMaxMB = 0.8
const megabyte = 1024 * 1024

/** First the session of a gone client ends, then its subscription (Part 4 §5.7.2, §5.14.2); and some time to look. */
const reclaimedMs = 120_000

/** What sessions and subscriptions outlive their clients by, in milliseconds and in publishing intervals of a second. */
const sessionTimeoutMs = 30_000
const lifetimeCount = 30

/** How often each client says that it is there, in milliseconds. */
const publishMs = 10_000

/** How many clients connect at once. */
const together = 16

/** The plant of the arena with room for all of them, and for the honest ones. */
const roomy = {
  ...arenaFiles,
  'plant.yaml': (arenaFiles['plant.yaml'] ?? '').replace(
    'anonymous: operate',
    'anonymous: operate, limits: { sessions: 1100, sessionsPerUser: 1050, connections: 1100, connectionsPerAddress: 1050, subscriptions: 1050 }',
  ),
}

/** A session whose subscription watches the time of the server and the values of a device. */
async function watchingClient(port: number): Promise<WireClient> {
  const client = await WireClient.open(port, { sessionTimeoutMs })
  const subscriptionId = await wireSubscription(client, 1000, { lifetimeCount })
  const items = Array.from({ length: itemsOfEach }, (_item, handle) => ({
    nodeId: 'i=2258',
    handle,
    samplingInterval: 1000,
    queueSize: 1,
  }))
  const made = await wireItems(client, subscriptionId, items)
  expect(made.map(([status]) => status)).to.deep.equal(items.map(() => 0))
  return client
}

describe('hostile: many sessions', function () {
  this.timeout(900_000)
  let arena: Arena

  before(async () => {
    arena = await startArena({}, roomy)
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  it(`are held, ${sessions} with ${itemsOfEach} items each, for ${sessionMaxMB} MB each at most, and all of it is given back when they vanish`, async () => {
    const id = arena.plant.child.pid!
    const observer = await WireClient.open(arena.port)
    // CurrentSessionCount and CurrentSubscriptionCount of ServerDiagnosticsSummary (Part 5 §6.3.4).
    const counts = async (): Promise<readonly number[]> => {
      const nodes = ['i=2277', 'i=2285'].map((nodeId) => ({ nodeId, attributeId: 13 }))
      const { results } = await observer.read(nodes)
      return results.map(({ variant }) => Number(variant?.value))
    }
    const [sessionsBefore = 0, subscriptionsBefore = 0] = await counts()
    const before = memoryOf(id)
    const clients: WireClient[] = []
    const connectMore = async (): Promise<void> => {
      while (clients.length < sessions) clients.push(await watchingClient(arena.port))
    }
    const staying = setInterval(() => {
      for (const client of clients) wirePublish(client).catch(() => undefined)
    }, publishMs)
    await Promise.all(Array.from({ length: together }, connectMore))
    const [held = 0, subscriptions = 0] = await counts()
    expect(held).to.be.at.least(sessionsBefore + sessions)
    expect(subscriptions).to.be.at.least(subscriptionsBefore + sessions)
    const grown = memoryOf(id) - before
    console.log(`      ${(grown / sessions / megabyte).toFixed(2)} MB a session`)
    expect(grown / sessions / megabyte, 'MB a session').to.be.at.most(sessionMaxMB)
    clearInterval(staying)
    await arena.suffer(async () => {
      for (const { channel } of clients) channel.socket.resetAndDestroy()
      await until(
        'all sessions and subscriptions are gone',
        async () => {
          const [left = 0, watching = 0] = await counts()
          return left <= sessionsBefore + 1 && watching <= subscriptionsBefore
        },
        reclaimedMs,
      )
    })
    await until('80 % of the memory are back', () => memoryOf(id) - before < grown * 0.2, 120_000)
    await observer.close()
  })
})
