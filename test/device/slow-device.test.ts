import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { Devices } from '../../src/device/devices.ts'
import { systemClock } from '../../src/model/clock.ts'
import { isGood } from '../../src/model/status.ts'
import { type DevicePlugin, defineDevice } from '../../src/plugin/define.ts'
import { describeDevice } from '../../src/plugin/describe.ts'
import { int32, text, uint16 } from '../../src/plugin/field.ts'
import { definitionOf } from './memory-device.ts'

const slowMs = 5000

/** A device over TCP that is asked with its own name and answers with a number. */
const asker = defineDevice({
  type: 'asker',
  description: 'A device that is asked by its name.',
  config: { port: uint16(), unit: text() },
  outputs: { count: int32() },
  inputs: { preset: int32() },

  async connect({ config: { port, unit }, signal }) {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect', { signal })
    socket.on('error', () => {})
    const ask = async (): Promise<number> => {
      socket.write(`${unit}\n`)
      const [answer] = await once(socket, 'data', { signal })
      return Number(answer)
    }
    return { read: async () => ({ count: await ask() }), write: () => ask(), close: () => socket.destroy() }
  },
})

describe('fifty devices on loopback, of which one takes 5 s to answer', function () {
  this.timeout(30_000)
  let server: Server
  const sockets = new Set<Socket>()
  let devices: Devices

  before(async () => {
    let count = 0
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (data) => {
        const answer = () => void socket.write(String(++count))
        if (String(data).trim() === 'slow') setTimeout(answer, slowMs).unref()
        else answer()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const plugin = asker as unknown as DevicePlugin
    const entries = Array.from({ length: 50 }, (_, index) => {
      const unit = index === 0 ? 'slow' : `unit${index}`
      // Several poll rates, as in a plant.
      const everyMs = [50, 100, 250][index % 3]!
      const definition = definitionOf({ id: unit, config: { port, unit }, everyMs, timeoutMs: 2 * slowMs })
      return { definition, description: describeDevice(definition, plugin), plugin }
    })
    const log = { debug: () => {}, info: () => {}, warn: () => {} }
    devices = new Devices({ entries, clock: systemClock, log: () => log })
  })
  after(async () => {
    await devices.close()
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  it('lets the forty-nine others keep their cycle and take writes, and reads the slow one too', async () => {
    const readings = new Map<string, number>()
    const slowAnswered = new Promise<void>((resolve) => {
      devices.samples$.subscribe((batch) => {
        for (const { tag, sample } of batch) {
          if (!tag.endsWith('.count') || !isGood(sample.status)) continue
          readings.set(tag, (readings.get(tag) ?? 0) + 1)
          if (tag === 'slow.count') resolve()
        }
      })
    })
    devices.start()
    // They were all connected and read before the slow one has said a word.
    const wrote = await new Promise<number>((resolve) => {
      setTimeout(() => void devices.write('unit7.preset', 1, { initiator: 'test' }).then(resolve), 500)
    })
    expect([isGood(wrote), readings.has('slow.count')]).to.deep.equal([true, false])
    await slowAnswered
    const others = [...readings].filter(([tag]) => tag !== 'slow.count')
    expect(others.length).to.equal(49)
    // In the 5 s that its first answer took, the others were read 100, 50 or 20 times; half of that is asked for here.
    for (const [tag, count] of others) {
      const everyMs = [50, 100, 250][Number(tag.slice('unit'.length).split('.')[0]) % 3]!
      expect(count, tag).to.be.at.least(slowMs / everyMs / 2)
    }
  })
})
