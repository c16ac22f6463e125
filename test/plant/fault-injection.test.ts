import { expect } from 'chai'
import {
  AttributeIds,
  type CallMethodResult,
  type ClientMonitoredItem,
  DataType,
  type DataValue,
  StatusCodes,
  TimestampsToReturn,
  type VariantLike,
} from 'node-opcua'
import type { RoleName } from '../../src/opcua/roles.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { type EventListener, listen, typeId } from '../opcua/event-listener.ts'

/** A PLC on Modbus TCP over loopback, disturbed where the plant file allows it, and verified writes. */
const plantFile = (faults: string) => `plant: line
server: { port: 0, anonymous: operate, security: { unsecured: true } }
faults: ${faults}
equipment:
  Acme: { level: Enterprise }
devices:
  plc1:
    type: modbus
    name: Filler PLC
    equipment: Acme
    every: 50ms
    timeout: 300ms
    breaker: { failures: 3, reset: 300ms, probes: 2 }
    verify: { within: 500ms, tags: { refillLevel: {} } }
    simulator: { type: filler-plc, config: { seed: 1 } }
    config:
      host: 10.0.4.21
      unitId: 1
      registers:
        - { name: level, kind: input, address: 0, type: float32, unit: l, min: 0, max: 200 }
        - { name: scanCount, kind: input, address: 10, type: int32, order: DCBA }
        - { name: refillLevel, address: 2, type: float32, unit: l, min: 10, max: 150, access: readWrite }
  servo1: { type: mock-servo, equipment: Acme, every: 50ms, faults: forbid }
`

const driving = `pipeline: drive
equipment: Acme
run: { every: 50ms }
parameters: { wanted: { type: Float, unit: l, min: 0, max: 1000, default: 30 } }
steps:
  twice: { function: ADD, in: { a: $wanted, b: $wanted } }
outputs: { twice: { from: twice.result } }
writes:
  plc1.refillLevel: { from: $wanted }
`

const faultFields = ['DeviceId', 'Fault', 'Tag', 'Initiator', 'Duration', 'Reason'].map((name) => `8:${name}`)
const writeFields = ['Tag', 'Initiator', 'OldValue', 'NewValue', 'WriteStatus', 'Count'].map((name) => `8:${name}`)

describe('faults injected by clients', function () {
  this.timeout(30_000)
  let scratch: ScratchPlant
  let engineer: Client
  let events: EventListener

  before(async () => {
    scratch = await startScratch({ 'plant.yaml': plantFile('allow') })
    engineer = await scratch.connect('Engineer')
    events = await listen(engineer, engineer.id('dev/plc1'), {
      ...{ fields: faultFields, type: typeId('FaultEventType') },
    })
    await until('plc1 is read', async () => (await statusOf('level')) === 'Good')
  })
  after(() => scratch.stop())

  const statusOf = async (tag: string) => (await engineer.read(`dev/plc1.${tag}`)).statusCode.name
  const shown = async (member: string) => (await engineer.read(`dev/plc1.${member}`)).value.value as unknown
  const call = async (client: Client, method: string, ...inputs: VariantLike[]): Promise<CallMethodResult> =>
    (await client.session.call({
      objectId: client.id('dev/plc1.FaultInjection'),
      methodId: client.id(`dev/plc1.FaultInjection.${method}`),
      inputArguments: inputs,
    })) as CallMethodResult
  const inject = async (method: string, ...inputs: VariantLike[]): Promise<string> =>
    (await call(engineer, method, ...inputs)).statusCode.name
  const ms = (value: number): VariantLike => ({ dataType: DataType.Double, value })
  const word = (value: string): VariantLike => ({ dataType: DataType.String, value })
  const count = (value: number): VariantLike => ({ dataType: DataType.UInt32, value })

  /** Every value of a tag that a subscription got. */
  async function watch(tag: string): Promise<{ readonly seen: DataValue[]; stop(): Promise<void> }> {
    const subscription = await engineer.session.createSubscription2({
      ...{ requestedPublishingInterval: 20, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 100 },
      ...{ maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1 },
    })
    const seen: DataValue[] = []
    const item = (await subscription.monitor(
      { nodeId: engineer.id(`dev/plc1.${tag}`), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 1000, discardOldest: true },
      TimestampsToReturn.Both,
    )) as ClientMonitoredItem
    item.on('changed', (value) => seen.push(value))
    return { seen, stop: () => subscription.terminate() }
  }

  it('are for Engineers and above, not for Operators and not for those without a login', async () => {
    for (const role of [undefined, 'Observer', 'Operator', 'Supervisor'] as (RoleName | undefined)[]) {
      const client = await scratch.connect(role)
      const { statusCode } = await call(client, 'InjectDisconnect', ms(1000))
      expect(statusCode.name, role ?? 'anonymous').to.equal('BadUserAccessDenied')
      expect((await call(client, 'ClearFaults')).statusCode.name).to.equal('BadUserAccessDenied')
    }
    expect(await shown('FaultInjection.ActiveFaultCount')).to.equal(0)
    expect((await call(await scratch.connect('ConfigureAdmin'), 'ClearFaults')).statusCode.name).to.equal('Good')
  })

  it('are not there for a device that forbids them', async () => {
    const { statusCode } = await engineer.read('dev/servo1.FaultInjection.ActiveFaultCount')
    expect(statusCode.name).to.equal('BadNodeIdUnknown')
  })

  it('show a spike in a subscription with a status that says so, and end it after its readings', async () => {
    const { seen, stop } = await watch('level')
    const value = { dataType: DataType.Float, value: 123 }
    expect(await inject('InjectSpike', ms(5000), word('level'), value, count(2))).to.equal('Good')
    await until('the spike is over', () => {
      const first = seen.findIndex((each) => each.value.value === 123)
      return first >= 0 && seen.slice(first).some(({ statusCode }) => statusCode.name === 'Good')
    })
    await stop()
    expect(seen.find((each) => each.value.value === 123)?.statusCode.name).to.equal('GoodLocalOverride')
    const [begun, ended] = await events.take(2)
    expect(begun).to.deep.include({
      Fault: 'spike',
      Initiator: 'Engineer',
      Duration: 5000,
      DeviceId: 'plc1',
      Severity: 400,
    })
    expect(String(begun?.Tag)).to.equal(engineer.id('dev/plc1.level'))
    expect(begun?.Message).to.have.property('text', 'Filler PLC: spike of level to 123 injected by Engineer for 5 s')
    expect(ended).to.deep.include({ Fault: 'spike', Initiator: 'auto', Reason: 'expired' })
    expect(ended?.Duration).to.be.within(0, 5000)
  })

  it('let a tag be stuck, with Constant limit bits, and list it with its remaining time', async () => {
    expect(await inject('InjectStuck', ms(60_000), word('scanCount'))).to.equal('Good')
    await until('it is stuck', async () => (await statusOf('scanCount')).startsWith('GoodLocalOverride'))
    const stuck = await engineer.read('dev/plc1.scanCount')
    expect(stuck.statusCode.value).to.equal(0x00960700)
    await until('it is read again', async () => {
      return (await engineer.read('dev/plc1.scanCount')).sourceTimestamp!.getTime() > stuck.sourceTimestamp!.getTime()
    })
    expect(await shown('scanCount')).to.equal(stuck.value.value)
    const [listed] = (await shown('FaultInjection.ActiveFaults')) as string[]
    expect(listed).to.match(/^stuck scanCount, (5\d|60) s left, by Engineer$/)
    expect(await shown('DeviceHealth')).to.equal(2)
    expect(await inject('ClearFaults')).to.equal('Good')
    await until('it goes on', async () => (await statusOf('scanCount')) === 'Good')
    expect([await shown('FaultInjection.ActiveFaults'), await shown('DeviceHealth')]).to.deep.equal([[], 0])
    expect((await events.take(2))[1]).to.deep.include({ Fault: 'stuck', Initiator: 'Engineer', Reason: 'cleared' })
  })

  it('give tags a Bad status for a while', async () => {
    const status = { dataType: DataType.StatusCode, value: StatusCodes.BadSensorFailure }
    expect(await inject('InjectBadStatus', ms(300), word(''), status)).to.equal('Good')
    await until('all are Bad', async () => (await statusOf('level')) === 'BadSensorFailure')
    expect(await statusOf('scanCount')).to.equal('BadSensorFailure')
    await until('all are Good again', async () => (await statusOf('level')) === 'Good')
    await events.take(2)
  })

  it('are refused with a status that tells why, and change nothing then', async () => {
    const value = { dataType: DataType.Float, value: 1 }
    expect(await inject('InjectStuck', ms(1000), word('nothing'))).to.equal('BadNodeIdUnknown')
    expect(await inject('InjectStuck', ms(Number.NaN), word('level'))).to.equal('BadOutOfRange')
    expect(await inject('InjectDelay', ms(1000), ms(-1))).to.equal('BadOutOfRange')
    expect(await inject('InjectDrop', ms(1000), ms(2))).to.equal('BadOutOfRange')
    expect(await inject('InjectDisconnect')).to.equal('BadArgumentsMissing')
    expect(await inject('InjectDisconnect', ms(90_000_000))).to.equal('BadOutOfRange')
    expect(await inject('InjectSpike', ms(1000), word('level'), word('much'), count(1))).to.equal('BadTypeMismatch')
    expect(await inject('InjectSpike', ms(1000), word('none'), value, count(1))).to.equal('BadNodeIdUnknown')
    const good = { dataType: DataType.StatusCode, value: StatusCodes.Good }
    expect(await inject('InjectBadStatus', ms(1000), word('level'), good)).to.equal('BadOutOfRange')
    expect(await shown('FaultInjection.ActiveFaultCount')).to.equal(0)
    expect(await events.rest()).to.deep.equal([])
  })

  it('let answers be late, lost and cut off, and the device recovers by itself each time', async () => {
    const faults: readonly [string, ...VariantLike[]][] = [
      ['InjectDelay', ms(400), ms(400)],
      ['InjectDrop', ms(400), ms(1)],
      ['InjectDisconnect', ms(400)],
      ['InjectTrip'],
    ]
    for (const [method, ...inputs] of faults) {
      expect(await inject(method, ...inputs), method).to.equal('Good')
      await until(`${method} is seen`, async () => (await statusOf('level')).startsWith('Bad'))
      await until(`${method} is over`, async () => (await statusOf('level')) === 'Good')
      await until('the breaker is closed', async () => Number(await shown('Breaker.CurrentState.Number')) === 1)
    }
    // A trip has no end of its own: the breaker tells of it.
    const heard = await events.take(7)
    expect(heard.map(({ Fault, Reason }) => `${Fault} ${Reason ?? ''}`.trim())).to.deep.equal([
      ...['delay', 'delay expired', 'drop', 'drop expired', 'disconnect', 'disconnect expired', 'trip'],
    ])
  })

  it('make a write fail that is verified', async () => {
    expect(await inject('InjectStuck', ms(5000), word('refillLevel'))).to.equal('Good')
    const write = () => engineer.write('dev/plc1.refillLevel', { dataType: DataType.Float, value: 77 })
    expect(await write()).to.equal('BadDeviceFailure')
    await inject('ClearFaults')
    expect(await write()).to.equal('Good')
    expect(await shown('refillLevel')).to.equal(77)
    await events.take(2)
  })

  it('end with the plant and are not there after a restart', async () => {
    expect(await inject('InjectStuck', ms(60_000), word('level'))).to.equal('Good')
    await scratch.restart()
    engineer = await scratch.connect('Engineer')
    await until('plc1 is read', async () => (await statusOf('level')) === 'Good')
    expect(await shown('FaultInjection.ActiveFaults')).to.deep.equal([])
    expect(scratch.lines.some((line) => line.includes('stuck level is over (closed)'))).to.equal(true)
  })

  it('are gone when the plant file forbids them, and there again when it allows them', async () => {
    const there = async () => (await engineer.read('dev/plc1.FaultInjection.ActiveFaultCount')).statusCode.name
    expect(await scratch.apply('plant.yaml', plantFile('forbid'))).to.deep.equal([])
    expect(await there()).to.equal('BadNodeIdUnknown')
    expect((await call(engineer, 'InjectDisconnect', ms(1000))).statusCode.name).to.match(/^BadNodeId|^BadMethod/)
    expect(await scratch.apply('plant.yaml', plantFile('allow'))).to.deep.equal([])
    expect(await there()).to.equal('Good')
    await until('plc1 is read', async () => (await statusOf('level')) === 'Good')
    expect(
      await inject('InjectBadStatus', ms(300), word('level'), {
        dataType: DataType.StatusCode,
        value: StatusCodes.BadSensorFailure,
      }),
    ).to.equal('Good')
    await until('it is Bad', async () => (await statusOf('level')) === 'BadSensorFailure')
  })
})

describe('writes to a device, as events', function () {
  this.timeout(30_000)
  let scratch: ScratchPlant
  let operator: Client
  let events: EventListener

  before(async () => {
    scratch = await startScratch({ 'plant.yaml': plantFile('forbid'), 'pipelines/drive.yaml': driving })
    operator = await scratch.connect('Operator')
    await until('the pipeline has written', async () => (await shown('dev/plc1.refillLevel')) === 30)
    events = await listen(operator, operator.id('dev/plc1'), {
      ...{ fields: writeFields, type: typeId('TagWrittenEventType') },
    })
  })
  after(() => scratch.stop())

  const shown = async (identifier: string) => (await operator.read(identifier)).value.value as unknown
  const float = (value: number): VariantLike => ({ dataType: DataType.Float, value })

  it('tell who a client is, the old and the new value, and the status', async () => {
    expect(await operator.write('dev/plc1.refillLevel', float(44))).to.equal('Good')
    const [written] = await events.take(1)
    expect(written).to.deep.include({ Initiator: 'Operator', OldValue: 30, NewValue: 44, Count: 1, Severity: 50 })
    expect(String(written?.Tag)).to.equal(operator.id('dev/plc1.refillLevel'))
    expect(written?.WriteStatus).to.have.property('name', 'Good')
    expect(written?.Message).to.have.property('text', 'refillLevel of Filler PLC written by Operator')
  })

  it('tell of a write that is refused', async () => {
    expect(await operator.write('dev/plc1.refillLevel', float(151))).to.equal('BadOutOfRange')
    expect(await operator.write('dev/plc1.refillLevel', float(Number.NaN))).to.equal('BadOutOfRange')
    const [beyond, none] = await events.take(2)
    expect(beyond).to.deep.include({ OldValue: 44, NewValue: 151, Severity: 400 })
    expect(beyond?.WriteStatus).to.have.property('name', 'BadOutOfRange')
    expect(none?.NewValue).to.be.NaN
  })

  it('tell which pipeline wrote, and that its value was beyond the range', async () => {
    await operator.write('pipe/drive.Parameters.wanted', float(60))
    const [taken] = await events.take(1)
    expect(taken).to.deep.include({ Initiator: 'pipeline:drive', OldValue: 44, NewValue: 60, Count: 1 })
    await operator.write('pipe/drive.Parameters.wanted', float(500))
    const [refused] = await events.take(1)
    expect(refused).to.deep.include({ Initiator: 'pipeline:drive', OldValue: 60, NewValue: 500 })
    expect(refused?.WriteStatus).to.have.property('name', 'BadOutOfRange')
    expect(scratch.lines.some((line) => /"level":40.*refillLevel of Filler PLC not written/.test(line))).to.equal(true)
    expect(await shown('dev/plc1.refillLevel')).to.equal(60)
  })

  it('answer BadNotConnected while the device is disabled', async () => {
    await scratch.plant.devices.byId('plc1')!.disconnect()
    expect(await operator.write('dev/plc1.refillLevel', float(20))).to.equal('BadNotConnected')
    expect((await events.take(1))[0]?.OldValue).to.equal(null)
  })
})
