import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { childrenOf, killPlantProcesses, type PlantProcess, startPlantProcess } from '../kit/plant-process.ts'
import { startTcpProxy } from '../kit/tcp-proxy.ts'
import type { Row } from '../opcua/history/reading.ts'
import { slack } from './arena.ts'
import { breaks, historyOf, lastingClient } from './lasting-client.ts'
import { arenaFiles, instances } from './plant-files.ts'

const health = (name: string) => `${instances};s=health.${name}`
const kills = 20

const portOf = ({ url }: PlantProcess) => Number(/:(\d+)$/.exec(url)?.[1])

describe('hostile: faults', function () {
  this.timeout(600_000)
  afterEach(killPlantProcesses)
  after(removePlantFolders)

  it(`comes back ${kills} times after SIGKILL, with all history that was acknowledged, and a client that recovers by itself`, async function () {
    if (process.platform !== 'linux') this.skip()
    const folder = await plantFolder(arenaFiles)
    const first = await startPlantProcess(folder)
    const port = portOf(first)
    await first.end('SIGTERM')
    const plant = await startPlantProcess(folder, { isSupervised: true, port })
    const starts = () => plant.out().split('Ctrl-C').length - 1
    const lasting = await lastingClient(plant.url)
    let acknowledged: readonly Row[] = []
    const rows = () => historyOf(plant.url)
    for (let index = 1; index <= kills; index += 1) {
      await until('there is more history', async () => {
        acknowledged = await rows()
        return acknowledged.length > index * 3
      })
      process.kill(childrenOf(plant.child.pid!)[0]!, 'SIGKILL')
      await until(`it is back for the ${index}. time`, () => starts() === index + 1, 30_000 * slack)
      const now = await rows()
      expect(now.slice(0, acknowledged.length), `after ${index} kills`).to.deep.equal(acknowledged)
      const before = lasting.seen.length
      await until('the client is served again', () => lasting.seen.length > before + 5, 60_000 * slack)
    }
    await lasting.client.disconnect()
    await plant.end('SIGTERM')
    expect(plant.child.exitCode).to.equal(0)
    expect(plant.log()).not.to.match(/damaged|corrupt/)
  })

  it('loses and doubles nothing of a subscription while the line is cut for three seconds', async () => {
    const plant = await startPlantProcess(await plantFolder(arenaFiles))
    const proxy = await startTcpProxy(() => portOf(plant))
    const { client, seen } = await lastingClient(`opc.tcp://127.0.0.1:${proxy.port}`)
    await until('values come', () => seen.length > 10)
    proxy.cut()
    await sleep(3000)
    const before = seen.length
    proxy.mend()
    const mendedMs = performance.now()
    await until('values come again', () => seen.length > before, 20_000 * slack)
    const tookMs = performance.now() - mendedMs
    await until('all that waited has come', () => seen.length > before + 30, 20_000 * slack)
    expect(breaks(seen)).to.deep.equal([])
    // The client itself waits for up to half a second before it tries again, and then connects.
    expect(tookMs).to.be.below(4000 * slack)
    await client.disconnect()
    await proxy.close()
    await plant.end('SIGTERM')
  })

  it('refuses new clients while its file handles run out, keeps those it has, says it once, and takes new ones again', async function () {
    if (process.platform !== 'linux') this.skip()
    const plant = await startPlantProcess(await plantFolder(arenaFiles), { handles: 120 })
    const { client, read } = await lastingClient(plant.url)
    const level = async () => Number(await read('i=2267'))
    expect(await level()).to.equal(255)
    const sockets: Socket[] = []
    for (let index = 0; index < 150; index += 1) {
      const socket = connectSocket({ port: portOf(plant), host: '127.0.0.1' })
      socket.on('error', () => undefined)
      socket.resume()
      sockets.push(socket)
    }
    await until('it says that there is too little', async () => (await level()) === 100, 20_000)
    const refused = connectSocket({ port: portOf(plant), host: '127.0.0.1' })
    refused.on('error', () => undefined)
    refused.resume()
    await once(refused, 'close')
    expect(String(((await read(health('Reason'))) as { text: string }).text)).to.include('ulimit')
    for (const socket of sockets) socket.destroy()
    await until('there is enough again', async () => (await level()) === 255, 20_000 * slack)
    const other = await lastingClient(plant.url)
    await until('a new client is served', () => other.seen.length > 0)
    expect(plant.log().match(/file handles/g)).to.have.length(1)
    await Promise.all([client.disconnect(), other.client.disconnect()])
    await plant.end('SIGTERM')
    expect(plant.child.exitCode).to.equal(0)
  })
})
