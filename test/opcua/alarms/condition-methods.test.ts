import { expect } from 'chai'
import { DataType, type VariantLike } from 'node-opcua'
import { type AlarmBench, answerTo, type Heard, type Listener, listen, startAlarms } from './alarm-bench.ts'

const level = 'pipe/fill.Alarms.volumeLevel'
const fault = 'pipe/fill.Alarms.Fault'
const shelving = `${level}.ShelvingState`
const duration = (value: number): VariantLike[] => [{ dataType: DataType.Double, value }]

// The methods of Part 9 §5.5 to §5.8, each with every status that it answers with, through clients over TCP.
describe('methods of a condition', () => {
  let bench: AlarmBench
  let server: Listener
  let first: Heard
  beforeEach(async () => {
    bench = await startAlarms()
    server = await listen(bench.client)
    bench.plant.set('fill.volume', 42)
    first = await server.next(1)
  })
  afterEach(() => bench.stop())

  const call = (method: string, inputs: VariantLike[] = [], on = level) => bench.call(on, method, inputs)

  it('Acknowledge from a second client, with a comment and a user that all clients hear of', async () => {
    const second = await bench.connect()
    expect(await bench.acknowledge(first, second, 'I am on it')).to.equal('Good')
    const event = await server.next(2)
    // The limits of this output ask for a confirmation (Part 9 Table B.1).
    expect(event).to.include({
      ...{ 'AckedState.Id': true, 'ConfirmedState.Id': false, Retain: true, 'ActiveState.Id': true },
      ...{ Comment: 'I am on it', ClientUserId: 'anonymous' },
    })
    expect((await bench.client.read(`${level}.AckedState.Id`)).value.value).to.equal(true)
    expect((await bench.client.read(`${level}.Comment`)).value.value.text).to.equal('I am on it')
  })

  it('Acknowledge once: BadConditionBranchAlreadyAcked, and BadEventIdUnknown for a stale EventId', async () => {
    expect(await bench.acknowledge(first)).to.equal('Good')
    expect(await bench.acknowledge(first)).to.equal('BadEventIdUnknown')
    expect(await bench.acknowledge(await server.next(2))).to.equal('BadConditionBranchAlreadyAcked')
    for (const eventId of [Buffer.alloc(0), Buffer.from('nonsense'), Buffer.alloc(100_000)]) {
      expect(await call('Acknowledge', answerTo(eventId))).to.equal('BadEventIdUnknown')
    }
    expect(server.heard).to.have.length(2)
  })

  it('lets exactly one of many clients acknowledge at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => bench.acknowledge(first)))
    expect(answers.filter((answer) => answer === 'Good')).to.have.length(1)
    expect(answers.filter((answer) => answer === 'BadEventIdUnknown')).to.have.length(7)
  })

  it('Confirm after Acknowledge, once', async () => {
    expect(await call('Confirm', answerTo(first))).to.equal('BadConditionBranchAlreadyConfirmed')
    await bench.acknowledge(first)
    expect(await call('Confirm', answerTo(await server.next(2), 'done'))).to.equal('Good')
    const event = await server.next(3)
    expect(event).to.include({ 'ConfirmedState.Id': true, Comment: 'done', Retain: true })
    expect(await call('Confirm', answerTo(event))).to.equal('BadConditionBranchAlreadyConfirmed')
    expect(await call('Confirm', answerTo(first))).to.equal('BadEventIdUnknown')
  })

  it('retains what is inactive until it is acknowledged and confirmed', async () => {
    bench.plant.set('fill.volume', 20)
    expect(await server.next(2)).to.include({ 'ActiveState.Id': false, Retain: true })
    await bench.acknowledge(server.heard[1]!)
    expect(await server.next(3)).to.include({ Retain: true, 'AckedState.Id': true })
    await call('Confirm', answerTo(server.heard[2]!))
    expect(await server.next(4)).to.include({ Retain: false })
    expect((await bench.client.read(`${level}.Retain`)).value.value).to.equal(false)
  })

  it('AddComment, also to what is acknowledged; a null comment changes nothing (Part 9 §5.5.6)', async () => {
    expect(await call('AddComment', answerTo(first, 'looking', 'en'))).to.equal('Good')
    expect(await server.next(2)).to.include({ Comment: 'looking', 'AckedState.Id': false })
    expect(await call('AddComment', answerTo(server.heard[1]!))).to.equal('Good')
    expect(await server.next(3)).to.include({ Comment: 'looking' })
    expect(await call('AddComment', answerTo(server.heard[2]!, '', 'en'))).to.equal('Good')
    expect(await server.next(4)).to.include({ Comment: '' })
    expect(await call('AddComment', answerTo(first, 'late'))).to.equal('BadEventIdUnknown')
  })

  it('Disable: everything else is refused with BadConditionDisabled, nothing is retained, and values say so', async () => {
    expect(await call('Disable')).to.equal('Good')
    expect(await server.next(2)).to.include({
      ...{ 'EnabledState.Id': false, EnabledState: 'Disabled', Retain: false },
      ...{ Message: 'BadConditionDisabled', 'ActiveState.Id': 'BadConditionDisabled', SourceName: 'volume' },
    })
    expect(await call('Disable')).to.equal('BadConditionAlreadyDisabled')
    for (const method of ['Acknowledge', 'Confirm', 'AddComment']) {
      expect(await call(method, answerTo(server.heard[1]!)), method).to.equal('BadConditionDisabled')
    }
    expect(await call('OneShotShelve', [], shelving)).to.equal('BadConditionDisabled')
    expect((await bench.client.read(`${level}.ActiveState`)).statusCode.name).to.equal('BadConditionDisabled')
    expect((await bench.client.read(`${level}.EnabledState`)).value.value.text).to.equal('Disabled')
    // It goes on being evaluated, and says what has become of it when it is enabled.
    bench.plant.set('fill.volume', 47)
    expect(await call('Enable')).to.equal('Good')
    expect(await server.next(3)).to.include({ 'EnabledState.Id': true, Severity: 900, Retain: true })
    expect(await call('Enable')).to.equal('BadConditionAlreadyEnabled')
  })

  it('TimedShelve until its time is over', async () => {
    expect(await call('TimedShelve', duration(60_000), shelving)).to.equal('Good')
    const shelved = { 'ShelvingState.CurrentState': 'Timed Shelved', SuppressedOrShelved: true, Retain: true }
    expect(await server.next(2)).to.include(shelved)
    expect(await call('TimedShelve', duration(60_000), shelving)).to.equal('BadConditionAlreadyShelved')
    await bench.clock.advance(20_000)
    expect((await bench.client.read(`${shelving}.UnshelveTime`)).value.value).to.equal(40_000)
    await bench.clock.advance(40_000)
    expect(await server.next(3)).to.include({ 'ShelvingState.CurrentState': 'Unshelved', SuppressedOrShelved: false })
    expect((await bench.client.read(`${shelving}.UnshelveTime`)).value.value).to.equal(0)
    expect(bench.clock.pending).to.equal(0)
  })

  it('TimedShelve for no longer than MaxTimeShelved', async () => {
    const max = (await bench.client.read(`${level}.MaxTimeShelved`)).value.value
    expect(max).to.equal(8 * 3_600_000)
    for (const ms of [0, -5, max + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await call('TimedShelve', duration(ms), shelving), String(ms)).to.equal('BadShelvingTimeOutOfRange')
    }
    expect(await call('TimedShelve', [{ dataType: DataType.String, value: 'x' }], shelving)).to.equal(
      'BadInvalidArgument',
    )
    expect(await call('TimedShelve', duration(max), shelving)).to.equal('Good')
  })

  it('OneShotShelve until the alarm is inactive; Unshelve at any time', async () => {
    expect(await call('Unshelve', [], shelving)).to.equal('BadConditionNotShelved')
    expect(await call('OneShotShelve', [], shelving)).to.equal('Good')
    expect(await server.next(2)).to.include({ 'ShelvingState.CurrentState': 'One Shot Shelved' })
    expect(await call('OneShotShelve', [], shelving)).to.equal('BadConditionAlreadyShelved')
    bench.plant.set('fill.volume', 20)
    expect(await server.next(3)).to.include({ 'ShelvingState.CurrentState': 'Unshelved', 'ActiveState.Id': false })
    await call('TimedShelve', duration(1000), shelving)
    expect(await call('Unshelve', [], shelving)).to.equal('Good')
    expect(await server.next(5)).to.include({ SuppressedOrShelved: false })
    expect(bench.clock.pending).to.equal(0)
  })

  it('answers to the MethodIds of the standard types, and shelves by the ConditionId too (Part 9 §5.8.17)', async () => {
    expect(await call('i=9111', answerTo(first))).to.equal('Good')
    expect(await call('i=2949', duration(1000))).to.equal('Good')
    expect(await call('i=2947')).to.equal('Good')
    expect(await call('i=2948')).to.equal('Good')
    expect(await call('i=2949', duration(1000), shelving)).to.equal('Good')
    expect(await call('i=9028')).to.equal('Good')
    expect(await call('i=9027')).to.equal('Good')
  })

  it('refuses methods of conditions on their types, and with wrong arguments', async () => {
    for (const [type, method, inputs] of [
      ['i=2881', 'i=9111', answerTo(first)],
      ['i=2881', 'i=9113', answerTo(first)],
      ['i=2782', 'i=9029', answerTo(first)],
      ['i=2782', 'i=9027', []],
      ['i=2782', 'i=9028', []],
      ['i=2929', 'i=2948', []],
    ] as const) {
      expect(await call(method, [...inputs], type), method).to.equal('BadNodeIdInvalid')
    }
    expect(await call('Acknowledge')).to.equal('BadArgumentsMissing')
    expect(await call('Acknowledge', duration(1))).to.equal('BadArgumentsMissing')
    expect(await call('Acknowledge', [...duration(1), ...duration(2)])).to.equal('BadInvalidArgument')
    const nulls = [
      { dataType: DataType.ByteString, value: null },
      { dataType: DataType.LocalizedText, value: null },
    ]
    expect(await call('Acknowledge', nulls)).to.equal('BadEventIdUnknown')
    expect(await call('Acknowledge', answerTo(first), fault)).to.equal('BadEventIdUnknown')
  })

  it('keeps unacknowledged states as branches, each with its own EventId, and ends them one by one (Part 9 §4.4)', async () => {
    bench.plant.set('fill.volume', 20)
    await server.next(2)
    bench.plant.set('fill.volume', 8)
    await server.next(4)
    const [branch, trunk] = server.heard.slice(2) as [Heard, Heard]
    expect(branch).to.include({ 'ActiveState.Id': false, 'AckedState.Id': false, Retain: true })
    expect(branch.BranchId).to.match(/^branch\//)
    expect(trunk).to.include({ BranchId: '', 'ActiveState.Id': true, 'LimitState.CurrentState': 'Low' })
    expect(await bench.acknowledge(branch)).to.equal('Good')
    const acked = await server.next(5)
    expect(acked).to.include({ BranchId: branch.BranchId, 'ConfirmedState.Id': false, Retain: true })
    expect(await call('Confirm', answerTo(acked))).to.equal('Good')
    expect(await server.next(6)).to.include({ BranchId: branch.BranchId, Retain: false })
    // The trunk is as it was.
    expect(await bench.acknowledge(trunk)).to.equal('Good')
  })
})

describe('roles and conditions', () => {
  it('lets those acknowledge who may call, and others look', async () => {
    const bench = await startAlarms({ anonymous: 'observe' })
    try {
      const server = await listen(bench.client)
      bench.plant.set('fill.volume', 42)
      const event = await server.next(1)
      for (const [method, inputs] of [
        ['Acknowledge', answerTo(event)],
        ['Confirm', answerTo(event)],
        ['AddComment', answerTo(event)],
        ['Enable', []],
        ['Disable', []],
      ] as const) {
        expect(await bench.call(level, method, [...inputs]), method).to.equal('BadUserAccessDenied')
      }
      expect(await bench.call(shelving, 'OneShotShelve')).to.equal('BadUserAccessDenied')
      // Not by way of the standard type either.
      expect(await bench.call(level, 'i=9111', answerTo(event))).to.equal('BadUserAccessDenied')
      expect(await bench.call('dev/plc1.Breaker', 'Reset')).to.equal('BadUserAccessDenied')
      expect((await bench.client.read(`${level}.AckedState.Id`)).value.value).to.equal(false)
    } finally {
      await bench.stop()
    }
  })
})
