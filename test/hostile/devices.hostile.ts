import { expect } from 'chai'
import { answerOf, tablesOf } from '../../plugins/simulators/meter-bus/slave.ts'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { startTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts'
import { mbap, type Reply, rawServer } from '../plugins/devices/modbus-kit.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { breaks, type LastingClient, lastingClient } from './lasting-client.ts'
import { arenaFiles, instances } from './plant-files.ts'
import { randomOf } from './random.ts'

/** Each register holds its own address. */
const tables = tablesOf(200)
for (let address = 0; address < 200; address += 1) tables.holding[address] = address

type Trick = (request: Buffer, reply: Reply) => unknown

const random = randomOf(5)

/** What a device may do to a request instead of answering it. */
const tricks: Readonly<Record<string, Trick>> = {
  'says nothing': () => undefined,
  'answers late': (request, { frame }) => setTimeout(() => frame(answerOf(request, tables)), 1500),
  'breaks off in its answer': (_request, { socket, transaction }) =>
    socket.write(mbap(Buffer.from([1, 3, 2, 0, 9]), transaction).subarray(0, 9)),
  'lies about the length of its answer': (_request, { frame }) => frame(Buffer.from([1, 3, 200, 0, 9])),
  'answers to another request': (request, { frame, transaction }) => frame(answerOf(request, tables), transaction + 1),
  'answers for another unit': (_request, { frame }) => frame(Buffer.from([9, 3, 2, 0, 9])),
  'answers with another function': (_request, { frame }) => frame(Buffer.from([1, 4, 2, 0, 9])),
  'answers with an exception': (_request, { frame }) => frame(Buffer.from([1, 0x83, 4])),
  'sends garbage': (_request, { socket }) => socket.write(random.bytes(3000)),
  'sends a megabyte': (_request, { socket }) => socket.write(Buffer.alloc(1_000_000, 0xff)),
  'closes the connection': (_request, { socket }) => socket.end(),
  'resets the connection': (_request, { socket }) => socket.resetAndDestroy(),
}

const meter = (name: string, port: number) => `  ${name}:
    type: modbus
    equipment: Acme/Line1
    every: 200ms
    timeout: 1s
    retry: { delay: 200ms, maxDelay: 500ms }
    config: { host: 127.0.0.1, port: ${port}, registers: [{ name: power, address: 7 }] }
`

describe('hostile: devices', function () {
  this.timeout(300_000)
  let arena: Arena
  let client: LastingClient
  let trick: Trick | undefined
  let rough: Awaited<ReturnType<typeof rawServer>>
  let good: Awaited<ReturnType<typeof rawServer>>
  let line: TcpProxy

  before(async () => {
    rough = await rawServer('tcp', (request, reply) =>
      trick ? trick(request, reply) : reply.frame(answerOf(request, tables)),
    )
    good = await rawServer('tcp', (request, { frame }) => frame(answerOf(request, tables)))
    line = await startTcpProxy(() => rough.port)
    const plant = `${arenaFiles['plant.yaml']}${meter('rough', line.port)}${meter('good', good.port)}`
    arena = await startArena({}, { ...arenaFiles, 'plant.yaml': plant })
    client = await lastingClient(arena.url)
    await until('both are read', async () => (await status('rough')) === 'Good' && (await status('good')) === 'Good')
  })
  after(async () => {
    await client.client.disconnect()
    await arena.stop()
    await Promise.all([rough.stop(), good.stop(), line.close()])
    killPlantProcesses()
    await removePlantFolders()
  })

  const read = (device: string) =>
    client.session.read({ nodeId: `${instances};s=dev/${device}.power`, attributeId: 13 })
  const status = async (device: string) => (await read(device)).statusCode.name

  /** Lets the rough device be bad, and well again; the other one, and the pipelines, must not notice. */
  const endured = async (begin: () => void, end: () => void): Promise<void> => {
    let others = 'Good'
    const bad = async () => {
      if ((await status('good')) !== 'Good') others = await status('good')
      return (await status('rough')).startsWith('Bad')
    }
    begin()
    // Within two polls and the timeout.
    await until('it has no value', bad, 1400 * slack + 500)
    end()
    await until('it has one again', async () => (await status('rough')) === 'Good', 5000 * slack)
    expect((await read('rough')).value.value).to.equal(7)
    expect(others, 'the device beside it').to.equal('Good')
  }

  for (const [what, how] of Object.entries(tricks)) {
    it(`cost the others nothing, when one ${what}`, () =>
      arena.suffer(() =>
        endured(
          () => (trick = how),
          () => (trick = undefined),
        ),
      ))
  }

  it('cost the others nothing, when the line of one is cut, and when it is silent', () =>
    arena.suffer(async () => {
      await endured(line.cut, line.mend)
      await endured(line.silence, line.mend)
    }))

  it('have not stopped a pipeline for a wave', () => {
    expect(breaks(client.seen)).to.deep.equal([])
    expect(client.seen.length).to.be.greaterThan(50)
  })
})
