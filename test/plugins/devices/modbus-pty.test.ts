import { expect } from 'chai'
import { SerialPort } from 'serialport'
import { withCrc } from '../../../plugins/devices/modbus/framing.ts'
import { RtuRequests } from '../../../plugins/simulators/meter-bus/rtu-stream.ts'
import { answerOf, tablesOf } from '../../../plugins/simulators/meter-bus/slave.ts'
import { configOf, connected, failureOf, resources, sleep } from './modbus-kit.ts'
import { canMakePairs, ptyPair } from './serial-kit.ts'

/** Units at the far end of a pair: register n of unit u holds u * 1000 + n. */
async function unitsAt(path: string, units: readonly number[]) {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false })
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  const tablesByUnit = new Map(
    units.map((unit) => {
      const tables = tablesOf(40)
      tables.holding.forEach((_, address) => {
        tables.holding[address] = 1000 * unit + address
      })
      return [unit, tables] as const
    }),
  )
  const requests = new RtuRequests()
  let count = 0
  port.on('data', (bytes: Buffer) => {
    for (const request of requests.take(bytes)) {
      count++
      const tables = tablesByUnit.get(request.readUInt8(0))
      if (tables) port.write(withCrc(answerOf(request, tables)))
    }
  })
  return {
    get count() {
      return count
    },
    stop: () => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())),
  }
}

describe('modbus: RTU on a serial port', function () {
  this.timeout(60_000)
  let pair: Awaited<ReturnType<typeof ptyPair>>

  before(async function () {
    if (!canMakePairs()) this.skip()
    pair = await ptyPair()
  })
  after(() => pair?.stop())

  const at = (unitId: number, others: object = {}) => ({
    ...{ transport: 'rtu', host: undefined, path: pair.near, baudRate: 115_200, parity: 'none', unitId, frameGap: 0 },
    ...{ responseTimeout: 1000, ...others },
  })

  it('asks five units on one bus 10 000 times without an error in any frame', async () => {
    const ids = [1, 2, 3, 4, 5]
    const units = await unitsAt(pair.far, ids)
    const tags = [
      { name: 'low', address: 0, count: 10 },
      { name: 'high', address: 30 },
    ]
    const devices = await Promise.all(ids.map((unitId) => connected(tags, at(unitId), new AbortController().signal)))
    await Promise.all(
      devices.map(async (device, index) => {
        const unit = 1000 * (ids[index] ?? 0)
        const expected = { low: Array.from({ length: 10 }, (_, address) => unit + address), high: unit + 30 }
        for (let poll = 0; poll < 1000; poll++) expect(await device.read()).to.deep.equal(expected)
      }),
    )
    // Two requests a poll and a greeting each: nothing was asked twice, so no frame was damaged or late.
    expect(units.count).to.equal(10_005)
    for (const device of devices) await device.close()
    await units.stop()
  })

  it('writes, and keeps the silence of 3.5 characters by itself', async () => {
    const units = await unitsAt(pair.far, [7])
    const device = await connected([{ name: 'a', address: 3, access: 'readWrite' }], at(7, { frameGap: undefined }))
    await device.write({ a: 42 })
    expect(await device.read()).to.deep.equal({ a: 42 })
    await device.close()
    await units.stop()
  })

  it('opens the port again and again, and leaves nothing behind', async () => {
    const units = await unitsAt(pair.far, [1])
    await (await connected([{ name: 'a', address: 0 }], at(1))).close()
    const before = resources()
    for (let attempt = 0; attempt < 10; attempt++) {
      const device = await connected([{ name: 'a', address: 0 }], at(1))
      expect(await device.read()).to.deep.equal({ a: 1000 })
      await device.close()
    }
    await sleep(20)
    expect(resources()).to.deep.equal(before)
    await units.stop()
  })

  it('tells a port that is missing, one that is in use, and settings that differ', async () => {
    const missing = await failureOf(connected([{ name: 'a', address: 0 }], at(1, { path: '/dev/millrace-none' })))
    expect(missing?.message).to.match(/millrace-none/)
    const units = await unitsAt(pair.far, [1])
    const device = await connected([{ name: 'a', address: 0 }], at(1))
    const other = await failureOf(connected([{ name: 'a', address: 0 }], at(1, { baudRate: 9600 })))
    expect(other?.message).to.match(/is in use with rtu 115200 8N1.*not with rtu 9600 8N1/)
    await device.close()
    await units.stop()
    expect(configOf([{ name: 'a', address: 0 }], at(1)).path).to.equal(pair.near)
  })

  it('tells that the port went away', async () => {
    const lost = await ptyPair()
    const units = await unitsAt(lost.far, [1])
    const device = await connected([{ name: 'a', address: 0 }], at(1, { path: lost.near }))
    await units.stop()
    await lost.stop()
    await sleep(50)
    const error = await failureOf(device.read())
    expect(error?.name).to.be.oneOf(['NotConnected', 'TimedOut'])
    await device.close()
  })
})
