import { expect } from 'chai'
import { Status } from 'millrace/plugin'
import modbus from '../../../plugins/devices/modbus.ts'
import { answerOf, tablesOf } from '../../../plugins/simulators/meter-bus/slave.ts'
import { Device } from '../../../src/device/device.ts'
import { systemClock } from '../../../src/model/clock.ts'
import type { DevicePlugin } from '../../../src/plugin/define.ts'
import { describeDevice } from '../../../src/plugin/describe.ts'
import { definitionOf } from '../../device/memory-device.ts'
import { configOf, rawServer, resources, sleep } from './modbus-kit.ts'

const plugin = modbus as unknown as DevicePlugin
const log = { debug: () => {}, info: () => {}, warn: () => {} }
const everyMs = 50

function deviceOf(id: string, others: object, entries: readonly object[] = [{ name: 'a', address: 0 }]): Device {
  const definition = definitionOf({
    ...{ id, config: configOf(entries, others), everyMs, timeoutMs: 500 },
    retry: { attempts: 1, delayMs: 10, factor: 2, jitter: 0.1, maxDelayMs: everyMs },
  })
  return new Device({ definition, description: describeDevice(definition, plugin), plugin, clock: systemClock, log })
}

describe('modbus: a storm of connection resets', () => {
  for (const transport of ['tcp', 'rtu-over-tcp'] as const) {
    it(`is over within two poll periods of the last of 100, with nothing left behind (${transport})`, async () => {
      const tables = tablesOf(10)
      tables.holding[0] = 5
      await sleep(1)
      const before = resources()
      const server = await rawServer(transport === 'tcp' ? 'tcp' : 'rtu', (request, { frame }) => {
        frame(answerOf(request, tables))
      })
      const devices = [1, 2, 3].map((unitId) => deviceOf(`d${unitId}`, { transport, port: server.port, unitId }))
      const good = () => devices.every((device) => device.latest(`${device.id}.a`)?.status === Status.Good)
      for (const device of devices) device.start()
      while (!good()) await sleep(5)
      for (let reset = 0; reset < 100; reset++) {
        server.hangUp()
        await sleep(1 + (reset % 7))
      }
      server.hangUp()
      const last = performance.now()
      const fresh = () => good() && devices.every((d) => (d.latest(`${d.id}.a`)?.sourceTime ?? 0) > lastTime)
      const lastTime = Date.now()
      while (!fresh()) {
        await sleep(2)
        expect(performance.now() - last, 'time since the last reset').to.be.lessThan(20 * everyMs)
      }
      // Two periods, and as much again for a machine that has other things to do.
      expect(performance.now() - last).to.be.lessThan(4 * everyMs)
      expect(server.open).to.equal(1)
      await Promise.all(devices.map((device) => device.close()))
      await server.stop()
      await sleep(20)
      expect(resources()).to.deep.equal(before)
    })
  }

  it('polls each group with its own period, and a written tag again at once', async () => {
    const requests: number[] = []
    const tables = tablesOf(200)
    const server = await rawServer('tcp', (request, { frame }) => {
      requests.push(request.readUInt16BE(2))
      frame(answerOf(request, tables))
    })
    const entries = [
      { name: 'fast', address: 0, every: 20 },
      { name: 'slow', address: 100, every: 5000, access: 'readWrite' },
    ]
    const device = deviceOf('d1', { port: server.port }, entries)
    device.start()
    await sleep(400)
    const slow = () => requests.filter((address) => address === 100).length
    expect(requests.filter((address) => address === 0).length).to.be.within(10, 25)
    expect(slow()).to.be.at.most(2)
    const asked = slow()
    expect(await device.write('slow', 7, { initiator: 'test' })).to.equal(Status.Good)
    await sleep(50)
    // The write and the reading after it.
    expect(slow()).to.equal(asked + 2)
    expect(device.latest('d1.slow')).to.include({ value: 7, status: Status.Good })
    await device.close()
    await server.stop()
  })

  it('says once that a unit is dead, however often it is tried', async () => {
    const server = await rawServer('rtu', (request, { frame }) => {
      if (request[0] === 1) frame(answerOf(request, tablesOf(10)))
    })
    const others = { transport: 'rtu-over-tcp', port: server.port, responseTimeout: 20, probeEvery: 100 }
    const [alive, dead] = [deviceOf('d1', { ...others, unitId: 1 }), deviceOf('d2', { ...others, unitId: 2 })]
    const events: string[] = []
    for (const device of [alive, dead]) device.events$.subscribe(({ kind }) => events.push(`${device.id} ${kind}`))
    alive.start()
    dead.start()
    await sleep(600)
    expect(events.toSorted()).to.deep.equal(['d1 deviceConnected', 'd2 deviceFailed'])
    expect(alive.latest('d1.a')).to.include({ status: Status.Good })
    expect(dead.latest('d2.a')).to.include({ status: Status.BadNoCommunication })
    await Promise.all([alive.close(), dead.close()])
    await server.stop()
  })
})
