import { expect } from 'chai'
import { Device } from '../../src/device/device.ts'
import { readingSample } from '../../src/device/port-value.ts'
import type { Port } from '../../src/model/port.ts'
import { Status } from '../../src/model/status.ts'
import { describeDevice } from '../../src/plugin/describe.ts'
import { ReadingFailed } from '../../src/plugin/facts.ts'
import { reading } from '../../src/plugin/reading.ts'
import { Bench, definitionOf } from './memory-device.ts'

const port: Port = { name: 'level', dataType: 'Double', isArray: false, description: '', range: [0, 50] }
const at = { time: 5, cause: 'plc1' }
const sampleOf = (value: unknown) => readingSample(port, value, at)

describe('a reading that states its status and its time', () => {
  it('is taken as it is', () => {
    expect(sampleOf(reading(7, { sourceTime: 3 }))).to.deep.equal({ value: 7, status: Status.Good, sourceTime: 3 })
    const { UncertainSensorNotAccurate: status } = Status
    expect(sampleOf(reading(7, { status, sourceTime: 3 }))).to.deep.equal({
      ...{ value: 7, status, sourceTime: 3, cause: 'plc1' },
    })
  })

  it('has no value when it is Bad, whatever the plugin gave', () => {
    const status = Status.BadSensorFailure
    const bad = { value: null, status, sourceTime: 3, cause: 'plc1' }
    expect(sampleOf(reading(null, { status, sourceTime: 3 }))).to.deep.equal(bad)
    expect(sampleOf(reading(7, { status, sourceTime: 3 }))).to.deep.equal(bad)
  })

  it('keeps the bits that say how it came', () => {
    expect(sampleOf(reading(7, { status: 0x0480 })).status).to.equal(0x0480)
  })

  it('gets the time of the runtime when it has none, or one that is none', () => {
    for (const sourceTime of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(sampleOf(reading(7, { sourceTime })).sourceTime).to.equal(5)
    }
  })

  it('is worse than stated where the port knows better', () => {
    expect(sampleOf(reading(51, { sourceTime: 3 }))).to.include({
      ...{ value: 51, status: Status.UncertainEngineeringUnitsExceeded, sourceTime: 3 },
    })
    const { UncertainSubstituteValue: status } = Status
    expect(sampleOf(reading(51, { status })).status).to.equal(status)
    expect(sampleOf(reading('7', { sourceTime: 3 }))).to.include({ status: Status.BadTypeMismatch, sourceTime: 3 })
    expect(sampleOf(reading(null, { sourceTime: 3 })).status).to.equal(Status.BadNoData)
    expect(sampleOf(reading(null, { status })).status).to.equal(Status.BadNoData)
    expect(sampleOf(reading(7, { status: 1.5 })).status).to.equal(Status.BadUnexpectedError)
  })

  for (const kind of ['polled', 'pushing'] as const) {
    it(`reaches the tag of a device: ${kind}`, async () => {
      const bench = await new Bench({}, kind).started()
      const sourceTime = bench.clock.now() - 4000
      const values = { level: reading(9, { sourceTime }), valve: true }
      bench.memory.behaviour.read = () => values
      if (kind === 'pushing') bench.memory.pushed.next(values)
      else await bench.clock.advance(1000)
      expect(bench.device.latest('plc1.level')).to.deep.equal({ value: 9, status: Status.Good, sourceTime })
      expect(bench.look('valve')).to.deep.equal({ value: true, status: Status.Good, age: 0 })
    })
  }

  it('tells once why a reading failed and that values were lost, and shows the reason as last error', async () => {
    const bench = await new Bench({}, 'pushing').started()
    const failed = () => new ReadingFailed('the sensor is broken', { status: Status.BadSensorFailure })
    const told = (text: string) => bench.lines.filter((line) => line === text).length
    for (let round = 0; round < 3; round++) {
      bench.memory.pushed.next({ level: failed(), count: reading(round, { status: 0x0480 }) })
    }
    await bench.clock.advance(300)
    expect(told('level: the sensor is broken')).to.equal(1)
    expect(bench.lines.filter((line) => line.startsWith('count: values were lost'))).to.have.length(1)
    expect(bench.device.latest('plc1#lastError')?.value).to.equal('level: the sensor is broken')
    expect(bench.look('level').status).to.equal(Status.BadSensorFailure)
  })
})

describe('what a plugin gets to connect', () => {
  it('is the folder for certificates, and a memory that outlives a connection', async () => {
    const bench = new Bench()
    const seen: unknown[] = []
    const plugin = bench.memory.plugin()
    const device = new Device({
      ...{ definition: definitionOf(), description: describeDevice(definitionOf(), plugin), clock: bench.clock },
      log: { debug() {}, info() {}, warn() {} },
      certificatesFolder: '/certificates',
      plugin: {
        ...plugin,
        connect: async (context) => {
          seen.push([context.certificatesFolder, context.memory?.get('connections')])
          context.memory?.set('connections', seen.length)
          return plugin.connect(context)
        },
      },
    })
    device.start()
    await bench.clock.advance(0)
    await device.disconnect()
    device.connect()
    await bench.clock.advance(0)
    await device.close()
    expect(seen).to.deep.equal([
      ['/certificates', undefined],
      ['/certificates', 1],
    ])
  })
})
