import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  AttributeIds,
  DataType,
  ContentFilter as Filter,
  FilterOperator,
  LiteralOperand,
  ofType,
  type ReadEventDetails,
  SimpleAttributeOperand,
  UserTokenType,
  type Variant,
} from 'node-opcua'
import { diagnosticTag } from '../../../../src/model/diagnostics.ts'
import type { PlantEvent } from '../../../../src/model/event.ts'
import { good } from '../../../../src/model/sample.ts'
import type { Client } from '../../bench.ts'
import { listen, typeId } from '../../event-listener.ts'
import { historyRead } from '../reading.ts'
import {
  type EventBench,
  type EventOptions,
  eventDetails,
  eventPagesOf,
  eventsOf,
  fieldsOf,
  messagesOf,
  startEventBench,
} from './event-bench.ts'

const server = 'i=2253'
const line = 'eq/Acme/Berlin/Line1'
const epoch = Date.UTC(2026, 0, 1)

/** A where-clause that lets pass what is of a type. */
const typed = (type: string): Filter => new Filter({ elements: [ofType(type)] })

const started = (pipeline: string, message: string, time: number, runId = 'run1'): PlantEvent => ({
  ...{ kind: 'pipelineStarted', pipeline, runId, initiator: 'ada', version: 3, time, message },
})
const failed = (device: string, message: string, time: number): PlantEvent => ({
  ...{ kind: 'deviceFailed', device, state: 'Error', status: 0x80310000, time, message },
})

/** A where-clause that lets pass what has at least a severity. */
const severe = (least: number): Filter =>
  new Filter({
    elements: [
      {
        filterOperator: FilterOperator.GreaterThanOrEqual,
        filterOperands: [
          new SimpleAttributeOperand({
            attributeId: 13,
            browsePath: [{ name: 'Severity' }],
            typeDefinitionId: 'i=2041',
          }),
          new LiteralOperand({ value: { dataType: DataType.UInt16, value: least } }),
        ],
      },
    ],
  })

describe('HistoryRead of events (Part 11 §6.5.2)', function () {
  this.timeout(60_000)
  let bench: EventBench
  let client: Client

  const login = (user: string): Promise<Client> =>
    bench.connect({ user: { type: UserTokenType.UserName, userName: user, password: user } })
  const begin = async (): Promise<void> => {
    client = await login('Observer')
  }
  const messages = async (nodeId: string, options: EventOptions = {}): Promise<string[]> =>
    messagesOf(await eventsOf(client.session, nodeId, options))

  beforeEach(async () => {
    bench = await startEventBench({ anonymous: 'none' })
    await begin()
  })
  afterEach(() => bench.stop())

  it('gives what was sent, field for field, and the same after a restart', async () => {
    const own = [
      '8:PipelineId',
      '8:RunId',
      '8:Initiator',
      '8:DeviceId',
      '8:ErrorCode',
      'FromState.Id',
      'LocalTime',
      '8:Outcome',
    ]
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
    const live = await listen(client, server, { fields: own })
    bench.plant.happen(started('fill', 'begins', epoch))
    bench.plant.happen(failed('plc1', 'no answer', epoch + 1))
    await bench.plant.start('fill', 'ada')
    bench.plant.happen({
      ...{
        kind: 'pipelineCompleted',
        pipeline: 'fill',
        runId: 'run1',
        outcome: 'Completed',
        durationMs: 12.5,
        cycles: 7,
      },
      ...{ results: [], time: epoch + 2, message: 'done' },
    })
    const heard = await live.rest(250)
    expect(heard.length).to.be.at.least(4)
    const byTime = heard.toSorted((a, b) => Number(a.Time) - Number(b.Time))
    const picked = ({ ReceiveTime: _, ...fields }: (typeof heard)[number]) => fields
    const read = async () => eventsOf(client.session, server, { fields: own })
    const before = await read()
    expect(plain(before)).to.deep.equal(plain(byTime.map(picked)))
    const hash = createHash('sha256').update(JSON.stringify(before)).digest('hex')
    await bench.restart()
    await begin()
    const after = (await read()).slice(0, before.length)
    expect(createHash('sha256').update(JSON.stringify(after)).digest('hex')).to.equal(hash)
  })

  it('shows a unit what happened there and below, a pipeline or device its own, the Server everything', async () => {
    bench.plant.happen(started('fill', 'fill', epoch))
    bench.plant.happen(started('idle', 'idle', epoch + 1))
    bench.plant.happen(failed('plc1', 'plc1', epoch + 2))
    expect(await messages(server)).to.deep.equal(['fill', 'idle', 'plc1'])
    expect(await messages(client.id('eq/Acme'))).to.deep.equal(['fill', 'idle', 'plc1'])
    expect(await messages(client.id(line))).to.deep.equal(['fill', 'idle', 'plc1'])
    expect(await messages(client.id(`${line}/Filler`))).to.deep.equal(['fill', 'plc1'])
    expect(await messages(client.id('pipe/idle'))).to.deep.equal(['idle'])
    expect(await messages(client.id('dev/plc1'))).to.deep.equal(['plc1'])
    expect(await messages(client.id('dev/servo1'))).to.deep.equal([])
  })

  it('says so in EventNotifier and in HistoryServerCapabilities', async () => {
    const notifier = async (nodeId: string) =>
      (await client.session.read({ nodeId, attributeId: AttributeIds.EventNotifier })).value.value as number
    for (const each of ['eq/Acme', `${line}/Filler`, 'dev/plc1', 'pipe/fill']) {
      expect(await notifier(client.id(each)), each).to.equal(5)
    }
    expect(await notifier(server)).to.equal(5)
    const read = async (id: number) => (await client.session.read({ nodeId: `i=${id}` })).value.value as unknown
    const profiles = await read(2269)
    expect(profiles).to.include('http://opcfoundation.org/UA-Profile/Server/BaseHistoricalEvent2022')
    // AccessHistoryEventsCapability, MaxReturnEventValues.
    expect(await read(11242)).to.equal(true)
    expect(await read(11274)).to.equal(1000)
  })

  it('keeps alarms with their EventIds, conditions, branches and comments; a refresh repeats nothing', async () => {
    const live = await listen(client, server, {
      type: 'i=2782',
      fields: ['ConditionName', 'ActiveState.Id', 'Retain', 'Comment'],
    })
    bench.plant.emit({ tag: diagnosticTag('plc1', 'connectionState'), sample: good('Error', Date.now() - 5000) })
    const [alarm] = await live.take(1)
    const operator = await login('Operator')
    const condition = client.id('dev/plc1.DeviceHealthAlarms.ConnectionFailure')
    const { statusCode } = await operator.session.call({
      ...{ objectId: condition, methodId: 'i=9111' },
      inputArguments: [
        { dataType: DataType.ByteString, value: alarm?.EventId },
        { dataType: DataType.LocalizedText, value: { text: 'on my way' } },
      ],
    })
    expect(statusCode.name).to.equal('Good')
    await live.take(1)
    const refresh = { objectId: 'i=2782', methodId: 'i=3875' }
    const input = { dataType: DataType.UInt32, value: live.subscriptionId }
    expect((await client.session.call({ ...refresh, inputArguments: [input] })).statusCode.name).to.equal('Good')
    await live.rest()
    const details = eventDetails({ start: new Date(0), end: new Date(Date.now() + 1000), where: typed('i=2782') })
    const select = new SimpleAttributeOperand({
      attributeId: AttributeIds.NodeId,
      browsePath: [],
      typeDefinitionId: 'i=2782',
    })
    const filter = details.filter as { selectClauses: SimpleAttributeOperand[] }
    filter.selectClauses = [...filter.selectClauses, select]
    const [result] = await historyRead(client.session, details, [{ nodeId: client.id(`${line}/Filler`) }])
    const read = fieldsOf(result).map((fields) => [fields[0]?.value.toString('hex'), fields.at(-1)?.value.toString()])
    const sent = live.heard.slice(0, 2).map(({ EventId }) => [(EventId as Buffer).toString('hex'), condition])
    expect(read).to.deep.equal(sent)
    const comments = await eventsOf(client.session, client.id('dev/plc1'), {
      fields: ['Comment'],
      where: typed('i=2782'),
    })
    expect(comments.map(({ Comment }) => (Comment as { text: string | null }).text ?? '')).to.deep.equal([
      '',
      'on my way',
    ])
  })

  it('filters by type, severity and anything else that a where-clause can say', async () => {
    bench.plant.happen(started('fill', 'begins', epoch))
    bench.plant.happen(failed('plc1', 'no answer', epoch + 1))
    expect(await messages(server, { where: typed(typeId('PipelineEventType')) })).to.deep.equal(['begins'])
    expect(await messages(server, { where: typed(typeId('DeviceEventType')) })).to.deep.equal(['no answer'])
    expect(await messages(server, { where: typed('i=2782') })).to.deep.equal([])
    expect(await messages(server, { where: severe(500) })).to.deep.equal(['no answer'])
    expect(await messages(server, { where: severe(1000) })).to.deep.equal([])
  })

  it('keeps audit events, and gives them to nobody but SecurityAdmin, also after a restart', async () => {
    const engineer = await login('Engineer')
    await engineer.write('pipe/fill.Parameters.TargetVolume', { dataType: DataType.Double, value: 3 })
    const audit = async (user: string) => {
      const { session } = await login(user)
      const fields = ['ClientUserId', 'OldValue', 'NewValue']
      return eventsOf(session, server, { where: typed('i=2052'), fields })
    }
    const check = async (): Promise<void> => {
      for (const user of ['Observer', 'Operator', 'Engineer', 'ConfigureAdmin']) {
        expect(await audit(user), user).to.deep.equal([])
        const { session } = await login(user)
        expect(messagesOf(await eventsOf(session, server)).join(), user).not.to.match(/wrote TargetVolume/)
      }
      // Logins are among them too.
      const event = (await audit('SecurityAdmin')).find(({ NewValue }) => NewValue !== undefined && NewValue !== null)
      expect(event).to.include({ ClientUserId: 'Engineer' })
      expect((event?.NewValue as Variant | undefined)?.value ?? event?.NewValue).to.equal(3)
    }
    await check()
    await bench.restart()
    await check()
  })

  it('gives pages that together are the whole, for any size, direction, range and equal times', async () => {
    const times = fc.sample(fc.nat(9), { numRuns: 40, seed: 7 })
    for (const [index, time] of times.entries()) bench.plant.happen(started('fill', `${index}`, epoch + time))
    const all = times.map((time, index) => ({ time, text: `${index}` })).sort((a, b) => a.time - b.time)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 45 }), fc.nat(10), fc.nat(10), async (count, from, to) => {
        const [start, end] = [new Date(epoch + from), new Date(epoch + to)]
        const pages = await eventPagesOf(client.session, client.id('pipe/fill'), { start, end, count })
        for (const page of pages) expect(page.length).to.be.at.most(count)
        const inside = ({ time }: { time: number }): boolean =>
          from === to ? time === from : from < to ? time >= from && time < to : time <= from && time > to
        const wanted = all.filter(inside).map(({ text }) => text)
        expect(messagesOf(pages.flat())).to.deep.equal(from > to ? wanted.reverse() : wanted)
      }),
      { numRuns: 40 },
    )
  })

  it('pages by itself when there are more than MaxReturnEventValues, and takes open ranges', async () => {
    for (let index = 0; index < 1100; index++) bench.plant.happen(started('fill', `${index}`, epoch + index))
    const pages = await eventPagesOf(client.session, server, { start: new Date(epoch), end: new Date(epoch + 5000) })
    expect(pages.map(({ length }) => length)).to.deep.equal([1000, 100])
    const newest = await eventPagesOf(client.session, server, { end: new Date(epoch + 5000), count: 3 })
    expect(messagesOf(newest.flat())).to.deep.equal(['1099', '1098', '1097'])
    const oldest = await eventPagesOf(client.session, server, { start: new Date(epoch), count: 2 })
    expect(oldest.map(messagesOf)).to.deep.equal([['0', '1']])
  })

  it('answers each node for itself, and says what is wrong', async () => {
    bench.plant.happen(started('fill', 'begins', epoch))
    const range = { start: new Date(0), end: new Date(epoch + 1000) }
    const results = await historyRead(client.session, eventDetails(range), [
      { nodeId: server },
      { nodeId: client.id('pipe/nothing') },
      { nodeId: client.id('pipe/fill/scale') },
      { nodeId: client.id('dev/plc1.Level') },
      { nodeId: client.id('dev/servo1') },
      { nodeId: client.id('pipe/fill'), continuationPoint: Buffer.from('nonsense') },
    ])
    expect(results.map(({ statusCode }) => statusCode.name)).to.deep.equal([
      ...['Good', 'BadNodeIdUnknown', 'BadHistoryOperationUnsupported', 'BadHistoryOperationUnsupported'],
      ...['GoodNoData', 'BadContinuationPointInvalid'],
    ])
    const status = async (details: ReadEventDetails) =>
      (await historyRead(client.session, details, [{ nodeId: server }]))[0]?.statusCode.name
    expect(await status(eventDetails({ start: new Date(epoch) }))).to.equal('BadInvalidArgument')
    const empty = eventDetails(range)
    ;(empty.filter as { selectClauses: unknown[] }).selectClauses = []
    expect(await status(empty)).to.equal('BadEventFilterInvalid')
    const wrong = eventDetails({ ...range, where: severe(1) })
    const [element] = (wrong.filter as { whereClause: Filter }).whereClause.elements ?? []
    if (element) element.filterOperands = []
    expect(await status(wrong)).to.equal('BadFilterOperandCountMismatch')
    const nobody = await login('Nobody')
    const [refused] = await historyRead(nobody.session, eventDetails(range), [{ nodeId: client.id('pipe/fill') }])
    expect(refused?.statusCode.name).to.equal('BadUserAccessDenied')
  })

  it('gives a point of a read of events back to no other kind of read', async () => {
    for (let index = 0; index < 3; index++) bench.plant.happen(started('fill', `${index}`, epoch + index))
    const details = eventDetails({ start: new Date(epoch), end: new Date(epoch + 10), count: 1 })
    const [first] = await historyRead(client.session, details, [{ nodeId: server }])
    const point = { nodeId: server, continuationPoint: first?.continuationPoint }
    const [released] = await historyRead(client.session, details, [point], { release: true })
    expect(released?.statusCode.name).to.equal('Good')
    const [again] = await historyRead(client.session, details, [point])
    expect(again?.statusCode.name).to.equal('BadContinuationPointInvalid')
  })
})
