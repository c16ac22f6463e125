import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { Device } from '../../src/device/device.ts'
import { systemClock } from '../../src/model/clock.ts'
import { Status } from '../../src/model/status.ts'
import { type DevicePlugin, defineDevice } from '../../src/plugin/define.ts'
import { describeDevice } from '../../src/plugin/describe.ts'
import { NotConnected } from '../../src/plugin/facts.ts'
import { int32, text, uint16 } from '../../src/plugin/field.ts'
import { definitionOf } from './memory-device.ts'

/** A device over TCP that gives back what it is sent: one line for one request. */
const echo = defineDevice({
  type: 'echo',
  description: 'A device that echoes lines.',
  config: { port: uint16() },
  outputs: { count: int32(), word: text() },
  inputs: { word: text() },

  async connect({ config: { port }, signal }) {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect', { signal })
    let isGone = false
    socket.on('error', () => {})
    socket.on('close', () => {
      isGone = true
    })
    let count = 0
    let word = ''
    const ask = async (line: string): Promise<string> => {
      if (isGone) throw new NotConnected('the socket is closed')
      socket.write(`${line}\n`)
      const closed = new AbortController()
      try {
        const [answer] = await Promise.race([
          once(socket, 'data', { signal: closed.signal }),
          once(socket, 'close', { signal: closed.signal }).then(() => {
            throw new NotConnected('the socket was closed')
          }),
        ])
        return String(answer).trim()
      } finally {
        closed.abort()
      }
    }
    return {
      read: async () => ({ count: Number(await ask(String(++count))), word }),
      write: async (setpoints) => {
        word = await ask(setpoints.word ?? '')
      },
      close: () => socket.destroy(),
    }
  },
})

/** The other end: it can be silent, hang up, and go away. */
class EchoServer {
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  port = 0
  isSilent = false

  async listen(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (data) => this.isSilent || socket.write(data))
    })
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async close(): Promise<void> {
    if (!this.#server?.listening) return
    this.#server.close()
    this.hangUp()
    await once(this.#server, 'close')
  }
}

describe('device over TCP', () => {
  const server = new EchoServer()
  let device: Device

  beforeEach(async () => {
    server.isSilent = false
    await server.listen()
    const plugin = echo as unknown as DevicePlugin
    const definition = definitionOf({
      ...{ config: { port: server.port }, everyMs: 20, timeoutMs: 100 },
      retry: { attempts: 1, delayMs: 20, factor: 1.5, jitter: 0.1, maxDelayMs: 60 },
    })
    const log = { debug: () => {}, info: () => {}, warn: () => {} }
    const description = describeDevice(definition, plugin)
    device = new Device({ definition, description, plugin, clock: systemClock, log })
    device.start()
    await status(Status.Good)
  })

  afterEach(async () => {
    await device.close()
    await server.close()
  })

  /** Waits until the tag has a status, and gives its source time. */
  function status(wanted: number): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        const sample = device.latest('plc1.count')
        if (sample?.status !== wanted) return false
        resolve(sample.sourceTime)
        return true
      }
      if (look()) return
      const subscription = device.samples$.subscribe(() => {
        if (look()) subscription.unsubscribe()
      })
    })
  }

  it('reads and writes', async () => {
    expect(await device.write('word', 'hello', { initiator: 'test' })).to.equal(Status.Good)
    await new Promise<void>((resolve) => {
      const subscription = device.samples$.subscribe(() => {
        if (device.latest('plc1.word')?.value !== 'hello') return
        subscription.unsubscribe()
        resolve()
      })
    })
    expect(device.state).to.equal('Connected')
  })

  it('turns BadNoCommunication when the server goes away, keeps its source time, and recovers by itself', async () => {
    await server.close()
    const lostAt = await status(Status.BadNoCommunication)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(device.latest('plc1.count')).to.deep.include({ sourceTime: lostAt, value: null, cause: 'plc1' })
    await server.listen()
    expect(await status(Status.Good)).to.be.greaterThan(lostAt)
  })

  it('reconnects at once when the connection is cut', async () => {
    server.hangUp()
    await status(Status.BadNoCommunication)
    await status(Status.Good)
    expect(device.latest('plc1#reconnectCount')?.value).to.equal(1)
  })

  it('says BadTimeout when the server is silent, and recovers when it speaks again', async () => {
    server.isSilent = true
    await status(Status.BadTimeout)
    await status(Status.BadNoCommunication)
    server.isSilent = false
    await status(Status.Good)
  })
})
