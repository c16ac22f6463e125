import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AttributeIds, BrowseRequest, ReadRequest } from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { WireClient } from '../kit/wire/client.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { arenaFiles, honestTag } from './plant-files.ts'

const honest = 50
const greedyMs = 8000

/** How long the slowest of a hundred honest reads may take, in milliseconds. */
const p99Ms = 250 * slack

const files = {
  ...arenaFiles,
  'plant.yaml': (arenaFiles['plant.yaml'] ?? '').replace(
    'anonymous: operate',
    'anonymous: operate, limits: { sessions: 80, sessionsPerUser: 70 }',
  ),
}

describe('hostile: a greedy client in a crowd', function () {
  this.timeout(180_000)
  let arena: Arena

  before(async () => {
    arena = await startArena({}, files)
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  it(`costs ${honest} honest ones neither their answers nor their time`, () =>
    arena.suffer(async () => {
      const clients = await Promise.all(Array.from({ length: honest }, () => WireClient.open(arena.port)))
      const greedy = await arena.session()
      const durations: number[] = []
      const endMs = performance.now() + greedyMs
      const asks = async (client: WireClient): Promise<void> => {
        while (performance.now() < endMs) {
          const startedMs = performance.now()
          const { status, results } = await client.read([{ nodeId: honestTag, attributeId: 13 }])
          expect([status, results.length]).to.deep.equal([0, 1])
          durations.push(performance.now() - startedMs)
          await sleep(100)
        }
      }
      const nodesToRead = Array.from({ length: 1000 }, () => ({ nodeId: 'i=2255', attributeId: AttributeIds.Value }))
      const nodesToBrowse = Array.from({ length: 100 }, () => ({ nodeId: 'i=85', resultMask: 63 }))
      const takes = async (): Promise<void> => {
        while (performance.now() < endMs) {
          const requests = [new ReadRequest({ nodesToRead }), new BrowseRequest({ nodesToBrowse })]
          await Promise.all(requests.map((request) => greedy.request(request)))
        }
      }
      await Promise.all([...clients.map(asks), takes()])
      durations.sort((a, b) => a - b)
      const p99 = durations[Math.floor(durations.length * 0.99)] ?? Number.NaN
      console.log(
        `      ${durations.length} reads, p99 ${p99.toFixed(0)} ms, longest ${durations.at(-1)?.toFixed(0)} ms`,
      )
      expect(p99, 'p99 of the honest ones').to.be.at.most(p99Ms)
      await Promise.all([...clients.map((client) => client.close()), greedy.destroy()])
    }))
})
