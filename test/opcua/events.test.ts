import { expect } from 'chai'
import { DataType } from 'node-opcua'
import type { PlantEvent } from '../../src/model/event.ts'
import { Status } from '../../src/model/status.ts'
import type { EventTypeName } from '../../src/opcua/types/event-types.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { type EventListener, type Heard, listen, typeId } from './event-listener.ts'

const time = Date.UTC(2026, 6, 1, 12, 0, 0, 250)
const device = { device: 'plc1', time }
const run = { pipeline: 'fill', runId: 'run7', time }
const ofStep = { ...run, step: 'scale', cycle: 3 }
const ofRun = { PipelineId: 'fill', RunId: 'run7', JobOrderId: '' }
const inWave = { ...ofRun, StepName: 'scale', CycleNumber: 3 }

/** Each row of table 5.6: what happens, the type and severity of its event, and the fields that it has besides. */
const table: readonly (readonly [PlantEvent, EventTypeName, number, Heard])[] = [
  [
    { ...device, kind: 'deviceConnected', message: 'Filler PLC is connected' },
    ...(['DeviceConnectedEventType', 100, { DeviceId: 'plc1', ConnectionState: 3 }] as const),
  ],
  [
    {
      ...device,
      kind: 'deviceDisconnected',
      state: 'Disabled',
      reason: 'asked',
      message: 'Filler PLC is disconnected',
    },
    ...(['DeviceDisconnectedEventType', 400, { DeviceId: 'plc1', ConnectionState: 0, Reason: 'asked' }] as const),
  ],
  [
    { ...device, kind: 'deviceFailed', state: 'Error', status: Status.BadTimeout, message: 'Filler PLC is late' },
    ...(['DeviceErrorEventType', 600, { DeviceId: 'plc1', ConnectionState: 4, ErrorCode: 'BadTimeout' }] as const),
  ],
  [
    { ...run, kind: 'pipelineStarted', initiator: 'ada', version: 3, message: 'Fill control was started' },
    ...(['PipelineStartedEventType', 100, { ...ofRun, Initiator: 'ada', Version: 3 }] as const),
  ],
  [
    {
      ...run,
      kind: 'pipelineCompleted',
      outcome: 'Stopped',
      durationMs: 1.5,
      cycles: 4,
      results: [],
      message: 'ended',
    },
    ...(['PipelineCompletedEventType', 100, { ...ofRun, Outcome: 2, Duration: 1.5, CycleCount: 4 }] as const),
  ],
  [
    { ...run, kind: 'pipelineFailed', status: Status.BadDeviceFailure, step: 'scale', message: 'failed at scale' },
    'PipelineErrorEventType',
    ...([700, { ...ofRun, ErrorCode: 'BadDeviceFailure', FailedStep: 'pipe/fill/scale' }] as const),
  ],
  [{ ...ofStep, kind: 'stepStarted', message: 'began' }, 'StepStartedEventType', 10, inWave],
  [
    { ...ofStep, kind: 'stepCompleted', durationMs: 20, message: 'completed' },
    ...(['StepCompletedEventType', 10, { ...inWave, Duration: 20 }] as const),
  ],
  [
    { ...ofStep, kind: 'stepFailed', status: Status.BadTimeout, attempts: 2, message: 'failed' },
    ...(['StepErrorEventType', 500, { ...inWave, ErrorCode: 'BadTimeout' }] as const),
  ],
  [
    { ...run, kind: 'stepEventsHeldBack', count: 12, message: 'too many' },
    ...(['StepEventsHeldBackEventType', 200, { ...ofRun, Count: 12 }] as const),
  ],
  [
    {
      ...{ ...run, kind: 'programTransitioned', transition: 'RunningToSuspended', from: 'Running', to: 'Suspended' },
      ...{ initiator: 'ada', message: 'Fill control is suspended' },
    },
    'PipelineTransitionEventType',
    50,
    {
      ...{ PipelineId: 'fill', RunId: 'run7', IntermediateResult: '[]' },
      ...{ FromState: 'Running', ToState: 'Suspended', Transition: 'RunningToSuspended' },
      ...{ 'FromState.Id': '2402', 'ToState.Id': '2404', 'Transition.Id': '2416' },
    },
  ],
]

/** Fields of ours are in the namespace of our types. */
const standard = /^(FromState|ToState|Transition|IntermediateResult)/

function selected(fields: Heard): string[] {
  return Object.keys(fields).map((name) => (standard.test(name) ? name : `8:${name}`))
}

/** A field as the table writes it. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return JSON.stringify(value.filter((each) => each.value !== null))
  if (typeof value !== 'object' || value === null) return value
  const { text, name } = value as { text?: string; name?: string }
  return text ?? name ?? String((value as { value: unknown }).value)
}

describe('events (information model, table 5.6)', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench({ anonymous: 'observe' })
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function typeName(nodeId: unknown): Promise<string> {
    const { value } = await client.session.read({ nodeId: nodeId as string, attributeId: 3 })
    return value.value.name
  }

  async function hear([event, type]: (typeof table)[number], fields: readonly string[] = []): Promise<Heard> {
    const listener = await listen(client, 'i=2253', { fields, type: typeId(type) })
    bench.plant.happen(event)
    const [heard] = await listener.take(1)
    expect(await listener.rest(60)).to.deep.equal([])
    await listener.stop()
    return heard as Heard
  }

  for (const row of table) {
    const [event, type, severity, fields] = row
    it(`${type}: source, name, severity, message, time and its own fields`, async () => {
      const { Message, SourceNode, SourceName, Severity, Time, EventType, ...rest } = await hear(row, selected(fields))
      const [source, name] = 'device' in event ? ['dev/plc1', 'Filler PLC'] : ['pipe/fill', 'Fill control']
      expect(plain(SourceNode)).to.equal(source)
      expect([SourceName, Severity, plain(Message)]).to.deep.equal([name, severity, event.message])
      expect((Time as Date).getTime()).to.equal(time)
      expect(await typeName(EventType)).to.equal(type)
      expect(Object.fromEntries(Object.keys(fields).map((field) => [field, plain(rest[field])]))).to.deep.equal(fields)
    })
  }

  it('have a LocalTime that is a time zone, and a ReceiveTime', async () => {
    const { LocalTime, ReceiveTime } = await hear(table[0]!)
    const { offset } = LocalTime as { offset: number }
    expect(offset).to.equal(-new Date(time).getTimezoneOffset())
    expect(LocalTime).to.have.property('daylightSavingInOffset').that.is.a('boolean')
    expect(Date.now() - (ReceiveTime as Date).getTime()).to.be.within(0, 5000)
  })

  it('have an EventId of their own each', async () => {
    const listener = await listen(client, 'i=2253')
    for (let times = 0; times < 200; times++) bench.plant.happen(table[times % table.length]![0])
    await listener.take(200)
    const ids = listener.heard.map(({ EventId }) => (EventId as Buffer).toString('hex'))
    expect(new Set(ids)).to.have.property('size', ids.length)
    await listener.stop()
  })

  it('are never of an abstract type', async () => {
    const listener = await listen(client, 'i=2253')
    for (const [event] of table) bench.plant.happen(event)
    const types = new Set((await listener.rest(300)).map(({ EventType }) => String(EventType)))
    expect(types.size).to.be.at.least(table.length)
    for (const nodeId of types) {
      expect((await client.session.read({ nodeId, attributeId: 8 })).value.value, await typeName(nodeId)).to.equal(
        false,
      )
    }
    await listener.stop()
  })

  it('have a severity and a time zone, also those that the stack raises itself', async () => {
    const listener = await listen(client, 'i=2253')
    const inputArguments = [{ dataType: DataType.UInt32, value: listener.subscriptionId }]
    await client.session.call({ objectId: 'i=2782', methodId: 'i=3875', inputArguments }) // ConditionRefresh
    const brackets = (await listener.rest(200)).filter(({ EventType }) => /i=278[78]$/.test(String(EventType)))
    expect(brackets).to.have.length(2)
    for (const { Severity, LocalTime } of brackets) {
      expect(Severity).to.be.within(1, 1000)
      expect(LocalTime).to.have.property('offset', -new Date().getTimezoneOffset())
    }
    await listener.stop()
  })

  describe('filtered', () => {
    async function kindsOf(listener: EventListener): Promise<string[]> {
      for (const [event] of table) bench.plant.happen(event)
      const heard = await listener.rest(250)
      await listener.stop()
      return Promise.all(heard.map(({ EventType }) => typeName(EventType)))
    }

    it('by OfType with an abstract type, come with all of its subtypes', async () => {
      const listener = await listen(client, 'i=2253', { type: typeId('PipelineStepEventType') })
      expect(await kindsOf(listener)).to.deep.equal([
        ...['StepStartedEventType', 'StepCompletedEventType', 'StepErrorEventType'],
      ])
    })

    it('by OfType with the standard transition type, come to a generic Program client', async () => {
      const listener = await listen(client, client.id('pipe/fill'), { type: 'i=2378' })
      expect(await kindsOf(listener)).to.deep.equal(['PipelineTransitionEventType'])
    })

    it('have null for fields that their type does not have', async () => {
      const listener = await listen(client, client.id('dev/plc1'), { fields: ['8:RunId', '8:DeviceId'] })
      bench.plant.happen(table[0]![0])
      const [heard] = await listener.take(1)
      expect([heard?.RunId, heard?.DeviceId]).to.deep.equal([null, 'plc1'])
      await listener.stop()
    })
  })
})
