import { expect } from 'chai'
import { DataType, StatusCodes } from 'node-opcua'
import plugin from '../../../../plugins/devices/opcua.ts'
import { Status } from '../../../../src/model/status.ts'
import { complaintsAbout } from '../../../../src/plugin/testing.ts'
import { until } from '../../../kit/demo-plant.ts'
import { configOf, type FieldDevice, startDevice, tagsOf } from './field-device.ts'
import { deviceUri, type FieldServer, startFieldServer } from './field-server.ts'

const everyType = tagsOf(
  ...['counter', 'temperature', 'level', 'cycle', 'anything'],
  { name: 'total', type: 'Int64' },
  { name: 'valve', type: 'Boolean' },
  { name: 'title', type: 'String' },
  { name: 'serial', type: 'String' },
  { name: 'started', type: 'DateTime' },
  { name: 'state', type: 'Int32' },
  { name: 'curve', type: 'Float', array: true },
)
const values = {
  ...{ counter: 1, temperature: 21.5, level: -3, cycle: 12.5, anything: 7, total: 2n ** 63n - 2n, valve: true },
  ...{ title: 'Kessel', serial: '72962B91-FA75-4AE6-8D28-B404DC7DAF63', state: 3, curve: [1, 2, 3] },
  started: new Date(1_700_000_000_000),
}

describe('opcua: tags', () => {
  let server: FieldServer
  let device: FieldDevice | undefined
  const start = (config: Record<string, unknown>) => {
    device = startDevice({ url: server.url, securityMode: 'None', publishingInterval: 50, ...config }, server.folder)
    return device
  }
  before(async () => {
    server = await startFieldServer()
  })
  afterEach(async () => {
    await device?.close()
    device = undefined
  })
  after(() => server.remove())

  for (const read of ['subscribe', 'poll'] as const) {
    it(`reads every type of value: ${read}`, async () => {
      const plc = start({ read, tags: everyType })
      for (const [name, value] of Object.entries(values)) {
        await plc.good(name)
        expect(plc.value(name), name).to.deep.equal(value)
      }
    })

    it(`keeps the status and the source time of the server: ${read}`, async () => {
      const plc = start({ read, tags: tagsOf('temperature') })
      await plc.good('temperature')
      const at = new Date(1_750_000_000_123)
      const value = { dataType: DataType.Double, value: 22 }
      server.variable('temperature').setValueFromSource(value, StatusCodes.UncertainSensorNotAccurate, at)
      await until('the doubt arrives', () => plc.status('temperature') === 'UncertainSensorNotAccurate')
      expect(plc.device.latest('plc1.temperature')).to.include({ value: 22, sourceTime: at.getTime(), cause: 'plc1' })
      server.variable('temperature').setValueFromSource(value, StatusCodes.BadSensorFailure, new Date(at.getTime() + 1))
      await until('the failure arrives', () => plc.status('temperature') === 'BadSensorFailure')
      expect(plc.device.latest('plc1.temperature')).to.include({ value: null, sourceTime: at.getTime() + 1 })
      server.variable('temperature').setValueFromSource({ dataType: DataType.Double, value: 21.5 })
    })

    it(`makes a tag Bad that the server lacks or that has another type, and reads the others: ${read}`, async () => {
      const plc = start({
        read,
        tags: [
          ...tagsOf('temperature', 'absent', { name: 'valve', type: 'Int32' }, { name: 'structure', type: 'String' }),
          ...tagsOf({ name: 'curve', type: 'Float' }, { name: 'total' }),
          { name: 'stranger', node: 'nsu=urn:nobody;s=a' },
          { name: 'nowhere', node: '/Objects/2:Nothing' },
        ],
      })
      await plc.good('temperature')
      await until('the last reason is told', () => plc.log.filter((line) => line.startsWith('warn')).length === 7)
      const told = (name: string) => plc.log.find((line) => line.startsWith(`warn ${name}:`)) ?? ''
      const expected: [string, string, RegExp][] = [
        ['absent', 'BadNodeIdUnknown', /Device\.absent: the server answered BadNodeIdUnknown/],
        ['valve', 'BadTypeMismatch', /has a Boolean, which does not fit into a Int32; declare it with type: Boolean/],
        ['structure', 'BadTypeMismatch', /is a structure/],
        ['curve', 'BadTypeMismatch', /declare it with array: true/],
        ['total', 'BadTypeMismatch', /declare it with type: Int64/],
        ['stranger', 'BadNodeIdUnknown', /no namespace urn:nobody/],
        ['nowhere', '0x806f0000', /BadNoMatch/],
      ]
      for (const [name, status, reason] of expected) {
        expect(plc.status(name), name).to.equal(status)
        expect(told(name)).to.match(reason)
      }
    })
  }

  it('finds nodes by browse path, by index and by URI', async () => {
    const index = server.server.engine.addressSpace!.getNamespaceIndex(deviceUri)
    const plc = start({
      tags: [
        { name: 'byIndex', node: `/Objects/${index}:Device&.1/${index}:level` },
        { name: 'byUri', node: `/Objects/nsu=${deviceUri};Device&.1.nsu=${deviceUri};level` },
        { name: 'standard', node: '/Objects/Server/ServerStatus/State', type: 'Int32' },
        { name: 'product', node: '/Objects/Server/ServerStatus/BuildInfo/ProductName', type: 'String' },
      ],
    })
    for (const name of ['byIndex', 'byUri', 'standard', 'product']) await plc.good(name)
    expect(plc.value('byIndex')).to.equal(-3)
    expect(plc.value('byUri')).to.equal(-3)
    expect(plc.value('standard')).to.equal(0)
  })

  it('passes on all values of a queue, in order, and tells when it was too short', async () => {
    const tags = tagsOf({ name: 'level', queueSize: 8, samplingInterval: 0 }, { name: 'counter', samplingInterval: 0 })
    const plc = start({ publishingInterval: 200, queueSize: 2, tags })
    await plc.good('level')
    await plc.good('counter')
    for (let value = 100; value < 108; value++) {
      server.variable('level').setValueFromSource({ dataType: DataType.Int16, value })
      server.variable('counter').setValueFromSource({ dataType: DataType.UInt32, value })
    }
    await until('the last value arrives', () => plc.value('counter') === 107 && plc.value('level') === 107)
    const numbers = (tag: string) => plc.samples(tag).flatMap(({ value }) => (Number(value) >= 100 ? [value] : []))
    expect(numbers('level')).to.deep.equal([100, 101, 102, 103, 104, 105, 106, 107])
    expect(numbers('counter')).to.deep.equal([106, 107])
    expect(plc.log.filter((line) => /counter: values were lost/.test(line))).to.have.length(1)
    expect(plc.log.filter((line) => /level: values were lost/.test(line))).to.have.length(0)
    server.variable('level').setValueFromSource({ dataType: DataType.Int16, value: -3 })
    server.variable('counter').setValueFromSource({ dataType: DataType.UInt32, value: 1 })
  })

  it('lets the server hold back changes within a deadband, and tells when it cannot', async () => {
    const plc = start({
      tags: tagsOf(
        { name: 'temperature', deadband: 1, samplingInterval: 0 },
        { name: 'cycle', deadband: 10, deadbandType: 'percent' },
      ),
    })
    await plc.good('temperature')
    // Percent needs an EURange, which this variable has not (Part 8 §7.2).
    await until('the percent deadband is refused', () =>
      plc.log.some((line) => /cycle: .*does not monitor it/.test(line)),
    )
    expect(plc.status('cycle')).to.match(/^Bad|^0x8/)
    for (const value of [21.9, 23, 23.5]) {
      server.variable('temperature').setValueFromSource({ dataType: DataType.Double, value })
    }
    await until('the large change arrives', () => plc.value('temperature') === 23)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(plc.samples('temperature').flatMap(({ value }) => (value === null ? [] : [value]))).to.deep.equal([21.5, 23])
    server.variable('temperature').setValueFromSource({ dataType: DataType.Double, value: 21.5 })
  })

  it('writes in the type of the server, and passes on why it refuses', async () => {
    const plc = start({
      tags: tagsOf(
        { name: 'setpoint', access: 'readWrite', min: 0, max: 5000 },
        { name: 'total', type: 'Int64', access: 'write' },
        { name: 'absent', access: 'write' },
      ),
    })
    await plc.good('setpoint')
    const write = (port: string, value: number | bigint) => plc.device.write(port, value, { initiator: 'test' })
    expect(await write('setpoint', 42)).to.equal(Status.Good)
    expect(server.variable('setpoint').readValue().value).to.include({ dataType: DataType.Int32, value: 42 })
    await until('what was written is read', () => plc.value('setpoint') === 42)
    expect(await write('total', -5n)).to.equal(Status.Good)
    expect(server.variable('total').readValue().value.value).to.deep.equal([0xffffffff, 0xfffffffb])
    expect(plc.status('total')).to.equal('Good')
    expect(await write('setpoint', 2.5)).to.equal(Status.BadOutOfRange)
    expect(await write('setpoint', 5001)).to.equal(Status.BadOutOfRange)
    expect(await write('absent', 1)).to.equal(Status.BadNodeIdUnknown)
    server.variable('setpoint').accessLevel = 1
    expect(await write('setpoint', 43)).to.equal(Status.BadNotWritable)
    server.variable('setpoint').accessLevel = 3
  })

  it('calls methods with arguments in the types of the server', async () => {
    const scale = {
      ...{ object: `nsu=${deviceUri};s=Device`, method: `nsu=${deviceUri};s=Device.scale` },
      inputs: [{ name: 'label', type: 'String' }, { name: 'factor' }],
      outputs: [{ name: 'scaled' }, { name: 'echo', type: 'String' }],
    }
    const plc = start({
      tags: tagsOf('temperature'),
      methods: [
        { name: 'scale', ...scale },
        { name: 'incomplete', ...scale, inputs: [{ name: 'factor' }] },
        { name: 'missing', ...scale, method: `nsu=${deviceUri};s=Device.nothing` },
      ],
    })
    await plc.good('temperature')
    const call = (method: string, inputs: Record<string, string | number>) =>
      plc.device.call(method, inputs, { initiator: 'test' }).catch((error: Error & { status?: number }) => error)
    expect(await call('scale', { factor: 7, label: 'seven' })).to.deep.equal({ scaled: 3.5, echo: 'seven!' })
    expect(await call('scale', { factor: 0, label: '' })).to.have.property('status', Status.BadOutOfRange)
    expect(await call('scale', { factor: 1.5, label: '' })).to.have.property('status', Status.BadOutOfRange)
    expect(await call('incomplete', { factor: 1 }))
      .to.have.property('message')
      .that.matches(/takes factor, label, but declared are factor; correct its inputs/)
    expect(await call('missing', { factor: 1, label: '' }))
      .to.have.property('status')
      .that.is.greaterThan(0x80000000)
  })

  it('conforms to the interface while it is connected', async () => {
    const methods = [
      {
        ...{ name: 'scale', object: `nsu=${deviceUri};s=Device`, method: `nsu=${deviceUri};s=Device.scale` },
        inputs: [{ name: 'factor' }, { name: 'label', type: 'String' }],
      },
    ]
    for (const read of ['subscribe', 'poll']) {
      const config = { url: server.url, securityMode: 'None', read, tags: everyType, methods }
      expect(configOf(config)).to.be.an('object')
      expect(await complaintsAbout(plugin, { config, connect: true })).to.deep.equal([])
    }
  })

  it('leaves no session and no subscription behind', async () => {
    await start({ tags: everyType }).good('temperature')
    await device?.close()
    const { engine } = server.server
    expect([engine.currentSessionCount, engine.currentSubscriptionCount]).to.deep.equal([0, 0])
  })
})
