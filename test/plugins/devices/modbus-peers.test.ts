import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import jsmodbus from 'jsmodbus'
import { Rejected, Status } from 'millrace/plugin'
import modbusSerial from 'modbus-serial'
import { type Connected, connected, failureOf } from './modbus-kit.ts'

/** Registers and bits of every kind, all in the first addresses. */
const tags = [
  { name: 'word', address: 0, access: 'readWrite' },
  { name: 'float', address: 2, type: 'float32', order: 'CDAB', access: 'readWrite' },
  { name: 'long', address: 4, type: 'int64', access: 'readWrite' },
  { name: 'level', address: 8, rawMin: 0, rawMax: 1000, min: 0, max: 50, unit: 'l', access: 'readWrite' },
  { name: 'label', address: 10, type: 'string', length: 6, access: 'readWrite' },
  { name: 'curve', address: 14, type: 'int16', count: 4, access: 'readWrite' },
  { name: 'flag', address: 20, bit: 3, access: 'readWrite' },
  { name: 'relay', kind: 'coil', address: 1, access: 'readWrite' },
  { name: 'relays', kind: 'coil', address: 8, count: 11, access: 'readWrite' },
  { name: 'input', kind: 'input', address: 3 },
  { name: 'contact', kind: 'discrete', address: 5 },
]
const written = {
  word: 65535,
  float: -12.5,
  long: -(2n ** 40n),
  level: 12.5,
  label: 'Abc',
  curve: [1, -2, 3, -4],
  flag: true,
  relay: true,
  relays: [true, false, true, true, false, false, true, false, true, false, true],
}

async function exercise(device: Connected): Promise<void> {
  expect(await device.read()).to.include({ input: 4, contact: true, flag: false })
  for (const [name, value] of Object.entries(written)) await device.write({ [name]: value })
  expect(await device.read()).to.deep.include(written)
  await device.write({ flag: false, relay: false })
  expect(await device.read()).to.deep.include({ ...written, flag: false, relay: false })
}

/** modbus-serial's server over tables in memory. */
async function modbusSerialServer() {
  const holding = new Uint16Array(32)
  const coils = new Array<boolean>(32).fill(false)
  const vector = {
    getHoldingRegister: (address: number) => holding[address] ?? 0,
    getInputRegister: (address: number) => address + 1,
    getCoil: (address: number) => coils[address] === true,
    getDiscreteInput: (address: number) => address === 5,
    setRegister: (address: number, value: number) => {
      holding[address] = value
    },
    setCoil: (address: number, value: boolean) => {
      coils[address] = value
    },
  }
  const server = new modbusSerial.ServerTCP(vector, { host: '127.0.0.1', port: await freePort(), unitID: 1 })
  server.on('socketError', () => {})
  const inner = (server as unknown as { _server: Server })._server
  if (!inner.listening) await once(inner, 'listening')
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port: (inner.address() as AddressInfo).port, stop }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** jsmodbus's server, an implementation by other people. */
async function jsmodbusServer() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  const input = Buffer.alloc(64)
  input.writeUInt16BE(4, 6)
  new jsmodbus.server.TCP(server, {
    ...{ holding: Buffer.alloc(64), input, coils: Buffer.alloc(8), discrete: Buffer.from([0b10_0000]) },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, stop }
}

describe('modbus: with other implementations', () => {
  for (const [name, start] of Object.entries({ 'modbus-serial': modbusSerialServer, jsmodbus: jsmodbusServer })) {
    it(`reads and writes every kind of tag of a server of ${name}`, async () => {
      const server = await start()
      // The server of jsmodbus never gets over a function that it does not know.
      const device = await connected(tags, { port: server.port, unitId: 1, maskWrite: name !== 'jsmodbus' })
      await exercise(device)
      await device.close()
      await server.stop()
    })
  }

  it('writes single values with the functions for several, when it is told to', async () => {
    const server = await modbusSerialServer()
    const device = await connected(tags, { port: server.port, writeMultiple: true, maskWrite: false })
    await exercise(device)
    await device.close()
    await server.stop()
  })

  it('tells the writer what the device answered', async () => {
    const server = await jsmodbusServer()
    const beyond = [...tags, { name: 'beyond', address: 1000, access: 'write' }]
    const device = await connected(beyond, { port: server.port })
    const error = await failureOf(device.write({ beyond: 1 }))
    expect(error).to.be.instanceOf(Rejected).with.property('status').that.is.oneOf([Status.BadConfigurationError])
    expect(error?.message).to.match(/exception 2 \(illegal data address\) for beyond at holding 1000/)
    await device.close()
    await server.stop()
  })
})
