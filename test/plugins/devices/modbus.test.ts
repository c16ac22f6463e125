import { expect } from 'chai'
import fc from 'fast-check'
import { ReadingFailed, Rejected, Status } from 'millrace/plugin'
import { z } from 'zod'
import { blocksOf } from '../../../plugins/devices/modbus/blocks.ts'
import { decode, encode } from '../../../plugins/devices/modbus/codec.ts'
import { complaintsAbout, type Register, registers } from '../../../plugins/devices/modbus/registers.ts'
import modbus from '../../../plugins/devices/modbus.ts'
import fillerPlc from '../../../plugins/simulators/filler-plc.ts'

const register = (entry: object): Register =>
  (registers.parse([{ name: 'tag', address: 0, ...entry }]) as Register[])[0]!
const log = { debug: () => {}, info: () => {}, warn: () => {} }

async function connected(entries: readonly object[], server: { host: string; port: number; unitId: number }) {
  const config = z.object(modbus.config as z.ZodRawShape).parse({ ...server, registers: entries }) as never
  const connection = await modbus.connect({ config, log, signal: AbortSignal.timeout(5000) })
  if (!('read' in connection)) throw new Error('a Modbus device is polled')
  return connection as unknown as {
    read(): Promise<Record<string, unknown>>
    write(setpoints: Record<string, unknown>): Promise<unknown>
    close(): void
  }
}

describe('modbus: registers and numbers', () => {
  const cases: [string, object, string, number | boolean][] = [
    ['a big-endian float32', { type: 'float32' }, '41480000', 12.5],
    ['a float32 with swapped words', { type: 'float32', order: 'CDAB' }, '00004148', 12.5],
    ['a float32 with swapped bytes', { type: 'float32', order: 'BADC' }, '48410000', 12.5],
    ['a little-endian float32', { type: 'float32', order: 'DCBA' }, '00004841', 12.5],
    ['a float64', { type: 'float64' }, '4029000000000000', 12.5],
    ['a float64 with swapped words', { type: 'float64', order: 'CDAB' }, '0000000000004029', 12.5],
    ['a negative int16', { type: 'int16' }, 'fffe', -2],
    ['a uint16 with swapped bytes', { type: 'uint16', order: 'DCBA' }, '0201', 0x0102],
    ['a negative int32', { type: 'int32' }, 'fffffffe', -2],
    ['a uint32 of full size', { type: 'uint32' }, 'ffffffff', 4294967295],
    ['a scaled int16 with an offset', { type: 'int16', scale: 0.1, offset: 5 }, '0064', 15],
    ['a set bit', { bit: 3 }, '0008', true],
    ['a clear bit', { bit: 3 }, 'fff7', false],
  ]
  for (const [what, entry, hex, value] of cases) {
    it(`reads ${what}`, () => {
      expect(decode(register(entry), Buffer.from(hex, 'hex'))).to.equal(value)
    })
  }

  it('reads back what it writes, for every type and order', () => {
    const types = fc.constantFrom('int16', 'uint16', 'int32', 'uint32', 'float32', 'float64')
    const orders = fc.constantFrom('ABCD', 'CDAB', 'BADC', 'DCBA')
    fc.assert(
      fc.property(types, orders, fc.integer({ min: 0, max: 32767 }), (type, order, value) => {
        const each = register({ type, order })
        expect(decode(each, encode(each, value))).to.equal(value)
      }),
    )
  })

  it('refuses a number that does not fit into its register', () => {
    expect(() => encode(register({ type: 'uint16', scale: 0.1 }), 6553.6))
      .to.throw(Rejected)
      .with.property('status', Status.BadOutOfRange)
    expect(encode(register({ type: 'uint16', scale: 0.1 }), 6553.5).toString('hex')).to.equal('ffff')
  })

  it('joins neighbours into one request and keeps to the limit of 125 registers', () => {
    const at = (address: number, type = 'uint16'): Register => register({ name: `r${address}`, address, type })
    const lengths = (entries: Register[], gapMax = 8): number[] => blocksOf(entries, gapMax).map(({ length }) => length)
    expect(lengths([at(4), at(0, 'float32'), at(2)])).to.deep.equal([5])
    expect(lengths([at(0), at(10)])).to.deep.equal([1, 1])
    expect(lengths([at(0), at(9)])).to.deep.equal([10])
    expect(lengths(Array.from({ length: 130 }, (_, index) => at(index)))).to.deep.equal([125, 5])
    expect(lengths([at(124, 'float32'), at(0), ...Array.from({ length: 20 }, (_, i) => at(6 * i + 3))])).to.deep.equal([
      118, 2,
    ])
  })

  it('names what cannot be in a list of registers', () => {
    const complaints = complaintsAbout([
      register({ name: 'a', kind: 'input', access: 'readWrite' }),
      register({ name: 'b', kind: 'coil', bit: 1 }),
      register({ name: 'c', type: 'float32', bit: 1 }),
      register({ name: 'd', address: 65535, type: 'int32' }),
      register({ name: 'e', min: 5, max: 5 }),
      register({ name: 'f', scale: 0 }),
      register({ name: 'f' }),
    ])
    expect(complaints.map((text) => text.match(/'(\w)'/)?.[1])).to.deep.equal(['f', 'a', 'b', 'c', 'd', 'e', 'f'])
  })
})

describe('modbus: over TCP', () => {
  const tags = [
    { name: 'level', kind: 'input', address: 0, type: 'float32', unit: 'l' },
    { name: 'flow', kind: 'input', address: 2, type: 'float32', order: 'CDAB', unit: 'l/s' },
    { name: 'temperature', kind: 'input', address: 4, type: 'int16', scale: 0.1, unit: '°C' },
    { name: 'total', kind: 'input', address: 6, type: 'float64', unit: 'l' },
    { name: 'steps', kind: 'input', address: 10, type: 'int32', order: 'DCBA' },
    { name: 'valveOpen', kind: 'input', address: 12, bit: 1 },
    { name: 'fault', kind: 'discrete', address: 4 },
    { name: 'pumpEnabled', kind: 'coil', address: 0, access: 'readWrite' },
    { name: 'valve', address: 0, scale: 0.01, unit: '%', access: 'readWrite' },
    { name: 'refill', address: 2, type: 'float32', unit: 'l', access: 'readWrite' },
    { name: 'pumpBit', address: 4, bit: 0, access: 'readWrite' },
  ]

  it('reads every kind of tag of the filler PLC and sees what it writes', async () => {
    const simulation = await fillerPlc.start({ seed: 7, port: 0, unitId: 3 })
    const device = await connected(tags, simulation.overrides as never)
    try {
      const first = await device.read()
      expect(first).to.include({
        valveOpen: false,
        fault: false,
        pumpEnabled: true,
        pumpBit: true,
        valve: 0,
        refill: 80,
      })
      expect(first['level']).to.be.closeTo(150, 1)
      expect(first['temperature']).to.be.closeTo(20, 0.2)

      await device.write({ valve: 80, refill: 60.5, pumpBit: false })
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const second = await device.read()
      expect(second).to.include({ valve: 80, refill: 60.5, pumpBit: false, pumpEnabled: false, valveOpen: true })
      expect(second['flow']).to.be.within(1, 3)
      expect(second['total']).to.be.greaterThan(0.1)
      expect(second['level']).to.be.lessThan(first['level'] as number)
      expect(second['steps']).to.be.greaterThan(first['steps'] as number)
      await device.write({ pumpEnabled: true })
      expect(await device.read()).to.include({ pumpBit: true, pumpEnabled: true })
    } finally {
      device.close()
      await simulation.stop()
    }
  })

  it('gives a tag that the device lacks its own status and reads the others', async () => {
    const simulation = await fillerPlc.start({ seed: 1, port: 0, unitId: 1 })
    const device = await connected(
      [...tags, { name: 'absent', kind: 'input', address: 15 }],
      simulation.overrides as never,
    )
    try {
      for (const readings of [await device.read(), await device.read()]) {
        expect(readings['level']).to.be.closeTo(150, 1)
        expect(readings['absent']).to.be.instanceOf(ReadingFailed).with.property('status', Status.BadConfigurationError)
      }
    } finally {
      device.close()
      await simulation.stop()
    }
  })

  it('fails the pending request at once when the device closes the connection', async () => {
    const simulation = await fillerPlc.start({ seed: 1, port: 0, unitId: 1 })
    const device = await connected(tags, simulation.overrides as never)
    await device.read()
    await simulation.stop()
    const error = await device.read().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    device.close()
    expect(error).to.have.property('name', 'NotConnected')
  })

  it('sets a bit with a mask write where the device has it', async () => {
    const seen: string[] = []
    let word = 0b1000
    const server = await rawServer((request) => {
      seen.push(request.toString('hex'))
      if (request[1] !== 22) return undefined
      word = (word & request.readUInt16BE(4)) | (request.readUInt16BE(6) & ~request.readUInt16BE(4))
      return request
    })
    const device = await connected([{ name: 'run', address: 0, bit: 9, access: 'write' }], server)
    await device.write({ run: true })
    device.close()
    await server.stop()
    expect(word).to.equal(0b10_0000_1000)
    expect(seen).to.have.length(1)
  })

  it('gives up connecting when it is told to', async () => {
    const error = await modbus
      .connect({
        config: { host: '127.0.0.1', port: 9, unitId: 1, registers: [] },
        log,
        signal: AbortSignal.abort(new Error('enough')),
      })
      .then(() => undefined, String)
    expect(error).to.match(/enough/)
  })
})

/** A Modbus TCP server that answers each request with what `answer` returns. */
async function rawServer(answer: (request: Buffer) => Buffer | undefined) {
  const { createServer } = await import('node:net')
  const server = createServer((socket) => {
    socket.on('data', (frame) => {
      const response = answer(frame.subarray(6))
      if (response) socket.write(Buffer.concat([frame.subarray(0, 6), response]))
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { port: number }
  return {
    host: '127.0.0.1',
    port: address.port,
    unitId: 1,
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}
