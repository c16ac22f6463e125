import { expect } from 'chai'
import { coerceNodeId } from 'node-opcua'
import { diagnosticTag } from '../../../src/model/diagnostics.ts'
import { bad, good } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import { type AlarmBench, browseNameOf, type Listener, listen, startAlarms } from './alarm-bench.ts'

const level = 'pipe/fill.Alarms.volumeLevel'
const fault = 'pipe/fill.Alarms.Fault'
const connection = 'dev/plc1.DeviceHealthAlarms.ConnectionFailure'
const breakerOpen = 'dev/plc1.DeviceHealthAlarms.BreakerOpen'

// Section 5.7 of the information model, row by row, through a client over TCP.
describe('alarms', () => {
  let bench: AlarmBench
  let server: Listener
  beforeEach(async () => {
    bench = await startAlarms()
    server = await listen(bench.client)
  })
  afterEach(() => bench.stop())

  it('raises ConnectionFailure of DI, severity 700, when a device is disconnected while enabled', async () => {
    const time = Date.now() - 5000
    bench.plant.emit({ tag: diagnosticTag('plc1', 'lastError'), sample: good('connection refused', time) })
    bench.plant.connection('plc1', 'Disconnected', time)
    const event = await server.next()
    expect(event).to.include({
      ...{ ConditionId: connection, ConditionName: 'ConnectionFailure', Severity: 700, Retain: true, BranchId: '' },
      ...{ SourceNode: 'dev/plc1', SourceName: 'Filler PLC', InputNode: 'dev/plc1.ConnectionState' },
      ...{ 'ActiveState.Id': true, 'AckedState.Id': false, ActiveState: 'Active', 'EnabledState.Id': true },
      ...{ Message: 'Filler PLC cannot be reached: connection refused', Quality: 'Good', NormalState: '' },
      ...{ ConditionClassName: 'SystemConditionClassType', SuppressedOrShelved: false },
    })
    expect(event.Time).to.deep.equal(new Date(time))
    expect(event.EventId).to.have.length(16)
    expect(await browseNameOf(bench.client, String(event.ConditionClassId))).to.equal('SystemConditionClassType')
    expect(await typeNameOf(event.EventType)).to.equal('FailureAlarmType')
  })

  it('keeps ConnectionFailure while a device is being connected, and ends it when it is', async () => {
    bench.plant.connection('plc1', 'Error')
    await server.next(1)
    bench.plant.connection('plc1', 'Connecting')
    bench.plant.connection('plc1', 'Disconnected')
    bench.plant.connection('plc1', 'Connected')
    const event = await server.next(2)
    expect(server.heard).to.have.length(2)
    expect(event).to.include({ 'ActiveState.Id': false, Retain: true, Message: 'Filler PLC is connected again' })
  })

  it('has no ConnectionFailure of a device that is disabled', async () => {
    bench.plant.connection('plc1', 'Error')
    await server.next(1)
    bench.plant.connection('plc1', 'Disabled')
    expect(await server.next(2)).to.include({ 'ActiveState.Id': false, Message: 'Filler PLC is disabled' })
  })

  it('raises BreakerOpen with its own fields, and shows the breaker as a state machine that can be reset', async () => {
    const time = Date.now()
    const message = 'Filler PLC cannot be reached: timeout'
    bench.plant.happen({
      kind: 'deviceFailed',
      device: 'plc1',
      status: Status.BadTimeout,
      state: 'Error',
      time,
      message,
    })
    bench.plant.emit(
      { tag: diagnosticTag('plc1', 'failureCount'), sample: good(3, time) },
      { tag: diagnosticTag('plc1', 'nextProbeTime'), sample: good(new Date(time + 9000), time) },
      { tag: diagnosticTag('plc1', 'breakerState'), sample: good('Open', time) },
    )
    expect(await server.next(1)).to.include({
      ...{ ConditionId: breakerOpen, Severity: 600, DeviceId: 'plc1', FailureCount: 3, ErrorCode: 'BadTimeout' },
      Message: 'the breaker of Filler PLC is open after 3 failures in a row',
    })
    const read = async (member: string) => (await bench.client.read(`dev/plc1.Breaker.${member}`)).value.value
    expect((await read('CurrentState')).text).to.equal('Open')
    expect(await read('CurrentState.Number')).to.equal(2)
    expect((await read('LastTransition')).text).to.equal('ClosedToOpen')
    expect(await read('FailureCount')).to.equal(3)
    expect(await read('NextProbeTime')).to.deep.equal(new Date(time + 9000))
    expect(await bench.call('dev/plc1.Breaker', 'Reset')).to.equal('Good')
    expect(bench.plant.asked.at(-1)?.what).to.equal('reset breaker plc1')
    expect(await server.next(2)).to.include({ 'ActiveState.Id': false, ConditionId: breakerOpen })
    expect((await read('CurrentState')).text).to.equal('Closed')
  })

  it('has neither breaker nor its alarm on a device without one', async () => {
    for (const id of ['dev/servo1.Breaker', 'dev/servo1.DeviceHealthAlarms.BreakerOpen']) {
      const { statusCode } = await bench.client.session.read({ nodeId: bench.client.id(id), attributeId: 1 })
      expect(statusCode.name).to.equal('BadNodeIdUnknown')
    }
  })

  it('raises Fault, severity 800, on Halted after an error, with its own fields, until Reset', async () => {
    bench.plant.fail(1_700_000_000_000)
    const event = await server.next(1)
    expect(event).to.include({
      ...{
        ConditionId: fault,
        ConditionName: 'Fault',
        Severity: 800,
        SourceNode: 'pipe/fill',
        SourceName: 'Fill control',
      },
      ...{ Message: 'Fill control failed at step scale: overflow', InputNode: 'pipe/fill.CurrentState' },
      ...{ PipelineId: 'fill', RunId: 'run-7', ErrorCode: 'BadOutOfRange', FailedStep: 'pipe/fill/scale' },
    })
    expect(event.Time).to.deep.equal(new Date(1_700_000_000_000))
    expect(await typeNameOf(event.EventType)).to.equal('PipelineFaultAlarmType')
    bench.plant.resetProgram()
    expect(await server.next(2)).to.include({
      'ActiveState.Id': false,
      Retain: true,
      Message: 'Fill control was reset',
    })
    expect(await bench.acknowledge(server.heard.at(-1)!)).to.equal('Good')
    expect(await server.next(3)).to.include({ 'AckedState.Id': true, Retain: false })
  })

  it('raises no Fault when an operator halts a pipeline', async () => {
    await bench.plant.halt('fill', 'kim')
    bench.plant.set('fill.volume', 50)
    const event = await server.next(1)
    expect(event.ConditionId).to.equal(level)
  })

  it('raises level alarms with the severity of each limit; worse needs a new acknowledgement, better does not', async () => {
    bench.plant.set('fill.volume', 41.5, 1_700_000_000_000)
    const high = await server.next(1)
    expect(high).to.include({
      ...{ ConditionId: level, ConditionName: 'volumeLevel', Severity: 400, LastSeverity: 0, Quality: 'Good' },
      ...{ SourceNode: 'pipe/fill.Outputs.volume', SourceName: 'volume', InputNode: 'pipe/fill.Outputs.volume' },
      ...{ 'LimitState.CurrentState': 'High', 'ActiveState.EffectiveDisplayName': 'Active/High' },
      ...{ Message: 'Fill control: volume is 41.5 l, above its high limit of 40 l', HighHighLimit: 45, LowLimit: 10 },
      ConditionClassName: 'ProcessConditionClassType',
    })
    expect(high.Time).to.deep.equal(new Date(1_700_000_000_000))
    expect(await browseNameOf(bench.client, String(high['LimitState.CurrentState.Id']))).to.equal('High')
    await bench.acknowledge(high)
    bench.plant.set('fill.volume', 46)
    expect(await server.next(3)).to.include({
      ...{ Severity: 900, LastSeverity: 400, 'AckedState.Id': false, 'LimitState.CurrentState': 'HighHigh' },
      Message: 'Fill control: volume is 46 l, above its high-high limit of 45 l',
    })
    await bench.acknowledge(server.heard[2]!)
    bench.plant.set('fill.volume', 44)
    expect(await server.next(5)).to.include({ Severity: 400, 'AckedState.Id': true, 'LimitState.CurrentState': 'High' })
    bench.plant.set('fill.volume', 39.5)
    bench.plant.set('fill.volume', 39)
    expect(await server.next(6)).to.include({
      ...{ 'ActiveState.Id': false, 'LimitState.CurrentState': '' },
      Message: 'Fill control: volume is 39 l, within its limits',
    })
    bench.plant.set('fill.volume', 4)
    expect(await server.next(8)).to.include({ Severity: 700, 'LimitState.CurrentState': 'LowLow' })
  })

  it('keeps the state of a level alarm at a bad value and says so in Quality; an uncertain one counts (Part 9 §5.5.2)', async () => {
    bench.plant.set('fill.volume', 50)
    await server.next(1)
    bench.plant.emit({ tag: 'fill.volume', sample: bad(Status.BadNoCommunication, Date.now()) })
    expect(await server.next(2)).to.include({ Quality: 'BadNoCommunication', 'ActiveState.Id': true, Severity: 900 })
    const quality = await bench.client.read(`${level}.Quality`)
    expect(quality.value.value.name).to.equal('BadNoCommunication')
    const status = Status.UncertainLastUsableValue
    bench.plant.emit({ tag: 'fill.volume', sample: { value: 20, status, sourceTime: Date.now() } })
    await server.next(4)
    expect(server.heard[2]).to.include({ Quality: 'UncertainLastUsableValue', 'ActiveState.Id': true })
    expect(server.heard[3]).to.include({ Quality: 'UncertainLastUsableValue', 'ActiveState.Id': false })
  })

  it('shows conditions where the companions say, with references from their sources', async () => {
    for (const [source, condition] of [
      ['dev/plc1', connection],
      ['pipe/fill', fault],
      ['pipe/fill.Outputs.volume', level],
    ] as const) {
      const { session, id } = bench.client
      const { references } = await session.browse({
        nodeId: id(source),
        referenceTypeId: 'HasCondition',
        resultMask: 63,
      })
      expect((references ?? []).map(({ nodeId }) => String(nodeId.value))).to.include(condition)
      // Part 9 §5.12: a source is the target of HasEventSource or of a subtype of it.
      const inverse = await session.browse({
        ...{ nodeId: id(source), referenceTypeId: 'HasEventSource', includeSubtypes: true },
        ...{ browseDirection: 1, resultMask: 63 },
      })
      expect(inverse.references?.length, source).to.be.greaterThan(0)
    }
  })

  it('tells a unit and its pipelines of their own alarms alone', async () => {
    const other = await listen(await bench.connect(), 'dev/servo1')
    const unit = await listen(await bench.connect(), 'eq/Acme/Berlin/Line1/Filler')
    bench.plant.set('fill.volume', 50)
    await unit.next(1)
    bench.plant.connection('servo1', 'Error')
    expect((await other.next(1)).ConditionId).to.equal('dev/servo1.DeviceHealthAlarms.ConnectionFailure')
    expect(other.heard).to.have.length(1)
    await unit.next(2)
  })

  async function typeNameOf(type: unknown): Promise<string> {
    const { session } = bench.client
    const namespaces = await session.readNamespaceArray()
    const nodeId = [2, 8].map((index) => coerceNodeId(`ns=${index};i=${String(type)}`))
    expect(namespaces[8]).to.equal('urn:millrace:ua:types')
    const names = await session.read(nodeId.map((each) => ({ nodeId: each, attributeId: 3 })))
    return (
      names.map(({ value }) => value?.value?.name as string | undefined).find((name) => name?.endsWith('AlarmType')) ??
      ''
    )
  }
})
