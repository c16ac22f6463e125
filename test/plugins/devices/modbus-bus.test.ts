import { expect } from 'chai'
import { NotConnected, ReadingFailed, Status } from 'millrace/plugin'
import { RtuBus } from '../../../plugins/simulators/meter-bus/bus.ts'
import { answerOf, exception, tablesOf } from '../../../plugins/simulators/meter-bus/slave.ts'
import { connected, failureOf, rawServer, sleep } from './modbus-kit.ts'

const tag = [{ name: 'a', address: 0, access: 'readWrite' }]

/** A bus with units whose first register is their number. */
async function busOf(units: readonly number[]) {
  const bus = await RtuBus.listen()
  for (const unit of units) {
    const tables = tablesOf(300)
    tables.holding[0] = unit
    bus.add(unit, () => tables)
  }
  const at = (unitId: number, others: object = {}) => ({
    ...{ transport: 'rtu-over-tcp', port: bus.port, unitId, responseTimeout: 80, ...others },
  })
  return { bus, at }
}

describe('modbus: units on one bus', () => {
  it('share one connection, which closes with the last of them', async () => {
    const server = await rawServer('rtu', (request, { frame }) => frame(answerOf(request, tablesOf(10))))
    const at = (unitId: number) => ({ transport: 'rtu-over-tcp', port: server.port, unitId })
    const devices = await Promise.all([1, 2, 3].map((unitId) => connected(tag, at(unitId))))
    await Promise.all(devices.map((device) => device.read()))
    expect(server.accepted).to.equal(1)
    for (const device of devices) {
      expect(server.open).to.equal(1)
      await device.close()
      await device.close()
    }
    await sleep(20)
    expect(server.open).to.equal(0)
    expect(await failureOf(devices[0]!.read())).to.be.instanceOf(NotConnected)
    const again = await connected(tag, at(1))
    expect(server.accepted).to.equal(2)
    await again.close()
    await server.stop()
  })

  it('must agree in how the line is set', async () => {
    const { bus, at } = await busOf([1])
    const device = await connected(tag, at(1))
    const error = await failureOf(connected(tag, at(2, { frameGap: 5 })))
    expect(error?.message).to.match(/is in use with rtu-over-tcp, not with rtu-over-tcp and a frame gap of 5 ms/)
    expect((await failureOf(connected(tag, { port: bus.port })))?.message).to.match(/not with tcp/)
    await device.close()
    await bus.close()
  })

  it('are asked one after the other, in turn', async () => {
    const order: number[] = []
    let underWay = 0
    const server = await rawServer('tcp', (request, { frame }) => {
      expect(++underWay).to.equal(1)
      order.push(request.readUInt8(0))
      setTimeout(() => {
        underWay--
        frame(answerOf(request, tablesOf(2000)))
      }, 2)
    })
    // Unit 1 has many blocks, the others one: none of them waits for all of those.
    const many = Array.from({ length: 30 }, (_, index) => ({ name: `r${index}`, address: 40 * index }))
    const devices = [await connected(many, { port: server.port, unitId: 1 })]
    for (const unitId of [2, 3]) devices.push(await connected(tag, { port: server.port, unitId }))
    order.length = 0
    const all = Promise.all(devices.map((device) => device.read()))
    await sleep(10)
    await devices[1]!.write({ a: 7 })
    await all
    expect(order.slice(0, 4).toSorted()).to.include.members([1, 2, 3])
    expect(order).to.have.length(33)
    for (const device of devices) await device.close()
    await server.stop()
  })

  it('do not wait for one that is silent longer than its timeout, and it is asked seldom', async () => {
    const { bus, at } = await busOf([1, 2, 3])
    const seldom = { probeEvery: 300 }
    const devices = [await connected(tag, at(1)), await connected(tag, at(2))]
    const dead = await connected(tag, at(3, seldom))
    bus.remove(3)
    for (let attempt = 0; attempt < 3; attempt++) {
      const asked = performance.now()
      const [silent, ...answers] = await Promise.all([
        failureOf(dead.read()),
        ...devices.map((device) => device.read()),
      ])
      expect(silent?.name).to.equal('TimedOut')
      expect(answers).to.deep.equal([{ a: 1 }, { a: 2 }])
      expect(performance.now() - asked).to.be.lessThan(400)
    }
    // From now on it is refused without a request, until the time for a probe has come.
    const refused = await failureOf(dead.read())
    expect(refused?.message).to.match(/unit 3 on .* does not answer; it is asked again in 1 s/)
    const tables = tablesOf(300)
    tables.holding[0] = 33
    bus.add(3, () => tables)
    await sleep(320)
    expect(await dead.read()).to.deep.equal({ a: 33 })
    for (const device of [dead, ...devices]) await device.close()
    await bus.close()
  })

  it('lose the line when none of them answers any more, so that a new one is made', async () => {
    const { bus, at } = await busOf([1, 2])
    const devices = [await connected(tag, at(1)), await connected(tag, at(2))]
    bus.remove(1)
    bus.remove(2)
    const names: (string | undefined)[] = []
    for (let attempt = 0; attempt < 4; attempt++) {
      for (const device of devices) names.push((await failureOf(device.read()))?.name)
    }
    expect(names).to.include('TimedOut').and.to.include('NotConnected')
    for (const device of devices) await device.close()
    await bus.close()
  })

  it('set a bit without function 22 by reading and writing, with nobody in between', async () => {
    const tables = tablesOf(10)
    const server = await rawServer('tcp', (request, { frame }) => {
      const answer = request[1] === 22 ? exception(request, 1) : answerOf(request, tables)
      setTimeout(() => frame(answer), 1)
    })
    const bits = Array.from({ length: 16 }, (_, bit) => ({ name: `b${bit}`, address: 0, bit, access: 'readWrite' }))
    const devices = await Promise.all([1, 2].map(() => connected(bits, { port: server.port })))
    // Both device entries are the same unit: sixteen writers change the same register at once.
    await Promise.all(bits.map(({ name }, bit) => devices[bit % 2]!.write({ [name]: true })))
    expect(tables.holding[0]).to.equal(0xffff)
    for (const device of devices) await device.close()
    await server.stop()
  })
})

describe('modbus: one device', () => {
  it('keeps reading the others when one address is wrong, and asks for that one alone', async () => {
    const { bus, at } = await busOf([1])
    const tags = Array.from({ length: 40 }, (_, index) => ({ name: `r${index}`, address: 270 + index }))
    const device = await connected(tags, at(1))
    for (let poll = 0; poll < 2; poll++) {
      const readings = await device.read()
      const bad = Object.entries(readings).filter(([, value]) => value instanceof ReadingFailed)
      expect(bad.map(([name]) => name)).to.deep.equal(tags.slice(30).map(({ name }) => name))
      expect(bad[0]?.[1]).to.include({ status: Status.BadConfigurationError })
      expect(String(bad[0]?.[1])).to.match(/exception 2 \(illegal data address\) for holding register 300/)
    }
    await device.close()
    await bus.close()
  })

  it('asks for no more than the device takes, and for less when it says so', async () => {
    const counts: number[] = []
    const server = await rawServer('tcp', (request, { frame }) => {
      const count = request.readUInt16BE(4)
      counts.push(count)
      frame(count > 10 ? exception(request, 3) : answerOf(request, tablesOf(100)))
    })
    const tags = Array.from({ length: 40 }, (_, index) => ({ name: `r${index}`, address: index }))
    const limited = await connected(tags, { port: server.port, registersMax: 8 })
    expect(Object.keys(await limited.read())).to.have.length(40)
    expect(Math.max(...counts)).to.equal(8)
    await limited.close()
    const learning = await connected(tags, { port: server.port })
    expect(Object.values(await learning.read())).to.deep.equal(new Array(40).fill(0))
    counts.length = 0
    await learning.read()
    expect(counts).to.deep.equal([10, 10, 10, 10])
    await learning.close()
    await server.stop()
  })

  it('reads registers with a period of their own in a group of their own', async () => {
    const { bus, at } = await busOf([1])
    const tags = [
      { name: 'fast', address: 0, every: 100 },
      { name: 'slow', address: 1, every: 5000 },
      { name: 'plain', address: 2 },
    ]
    const device = await connected(tags, at(1))
    expect(await device.read()).to.deep.equal({ plain: 0 })
    expect(device.groups.map(({ everyMs, outputs }) => [everyMs, outputs])).to.deep.equal([
      [100, ['fast']],
      [5000, ['slow']],
    ])
    expect(await device.groups[0]!.read()).to.deep.equal({ fast: 1 })
    await device.close()
    await bus.close()
  })

  it('never goes back to a value from before a write that was taken while it was read', async () => {
    const tables = tablesOf(200)
    const server = await rawServer('tcp', (request, { frame }) => {
      const answer = Buffer.from(answerOf(request, tables))
      setTimeout(() => frame(answer), 3)
    })
    const tags = [
      { name: 'first', address: 0, access: 'readWrite' },
      { name: 'last', address: 100 },
    ]
    const device = await connected(tags, { port: server.port })
    const reading = device.read()
    // The first block is being read; the write goes before the second.
    await device.write({ first: 9 })
    const values = await reading
    expect(values).to.deep.equal({ last: 0 })
    expect(await device.read()).to.deep.equal({ first: 9, last: 0 })
    await device.close()
    await server.stop()
  })
})
