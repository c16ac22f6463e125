import { expect } from 'chai'
import { ReadingFailed, Status } from 'millrace/plugin'
import fillerPlc from '../../../plugins/simulators/filler-plc.ts'
import { answerOf, tablesOf } from '../../../plugins/simulators/meter-bus/slave.ts'
import { connected, failureOf, rawServer } from './modbus-kit.ts'

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
      await device.close()
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
      await device.close()
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
    await device.close()
    expect(error).to.have.property('name', 'NotConnected')
  })

  it('sets a bit with a mask write where the device has it', async () => {
    const seen: string[] = []
    const tables = tablesOf(1)
    tables.holding[0] = 0b1000
    const server = await rawServer('tcp', (request, { frame }) => {
      seen.push(request.toString('hex'))
      frame(answerOf(request, tables))
    })
    const device = await connected([{ name: 'run', address: 0, bit: 9, access: 'write' }], { port: server.port })
    await device.write({ run: true })
    await device.close()
    await server.stop()
    expect(tables.holding[0]).to.equal(0b10_0000_1000)
    expect(seen).to.have.length(1)
  })

  it('gives up connecting when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const error = await failureOf(connected([{ name: 'a', address: 0 }], { port: 9 }, signal))
    expect(error).to.have.property('message', 'enough')
  })
})
