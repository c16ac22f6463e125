import { expect } from 'chai'
import type { DeviceEntry } from '../../src/device/devices.ts'
import { type ReadOnce, readOnce } from '../../src/device/read-once.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import type { DeviceDefinition } from '../../src/model/definition.ts'
import { Status, statusName } from '../../src/model/status.ts'
import { describeDevice } from '../../src/plugin/describe.ts'
import { NotConnected, ReadingFailed, Rejected } from '../../src/plugin/facts.ts'
import { definitionOf, MemoryDevice } from './memory-device.ts'

/** A memory device that is read once under a virtual clock. */
function rig(kind: 'polled' | 'pushing' = 'polled', changes: Partial<DeviceDefinition> = {}) {
  const [memory, clock, controller] = [new MemoryDevice(), new VirtualClock(1000), new AbortController()]
  const warnings: string[] = []
  const log = { debug() {}, info() {}, warn: (message: string) => warnings.push(message) }
  const plugin = memory.plugin(kind)
  const definition = definitionOf(changes)
  const entry: DeviceEntry = { definition, plugin, description: describeDevice(definition, plugin) }
  const read = () => readOnce(entry, { clock, log, signal: controller.signal })
  return { memory, clock, controller, warnings, read }
}

/** Lets virtual time pass until a read has ended. */
async function ended(clock: VirtualClock, reading: Promise<ReadOnce>): Promise<ReadOnce> {
  let result: ReadOnce | undefined
  void reading.then((each) => {
    result = each
  })
  for (let turn = 0; turn < 100 && !result; turn++) await clock.advance(100)
  expect(clock.pending, 'timers left').to.equal(0)
  return reading
}

const statusesOf = ({ samples }: ReadOnce) =>
  Object.fromEntries(samples.map(({ tag, sample }) => [tag, statusName(sample.status)]))

const never = () => new Promise<never>(() => {})

describe('readOnce', () => {
  it('connects, reads once, and closes; it writes nothing and calls nothing', async () => {
    const { memory, clock, read } = rig()
    memory.values.count = 7
    const result = await ended(clock, read())
    expect(result.outcome).to.equal('read')
    expect(result.failure).to.equal(undefined)
    expect(result.samples.find(({ tag }) => tag === 'plc1.count')?.sample).to.deep.include({
      value: 7,
      status: Status.Good,
    })
    expect(result.samples.map(({ tag }) => tag)).to.not.include('plc1.setpoint')
    expect(memory).to.include({ connectCount: 1, readCount: 1, closeCount: 1 })
    expect(memory.written).to.deep.equal([])
  })

  it('tells a device that cannot be connected, and tries no second time', async () => {
    const { memory, clock, read } = rig()
    memory.behaviour.connect = () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    }
    const result = await ended(clock, read())
    expect(result).to.deep.include({ outcome: 'notConnected' })
    expect(result.failure).to.deep.include({ message: 'connect ECONNREFUSED', systemCode: 'ECONNREFUSED' })
    expect(statusesOf(result)['plc1.level']).to.equal('BadNoCommunication')
    await clock.advance(60_000)
    expect(memory.connectCount).to.equal(1)
  })

  it('gives up after the timeout when connecting or reading never ends', async () => {
    const connecting = rig()
    connecting.memory.behaviour.connect = never
    const notConnected = await ended(connecting.clock, connecting.read())
    expect(notConnected).to.deep.include({ outcome: 'notConnected', connectMs: 500 })
    expect(notConnected.failure?.status).to.equal(Status.BadTimeout)
    const reading = rig()
    reading.memory.behaviour.read = never
    const notRead = await ended(reading.clock, reading.read())
    expect(notRead).to.deep.include({ outcome: 'notRead', readMs: 500 })
    expect(statusesOf(notRead)['plc1.level']).to.equal('BadTimeout')
    expect(reading.memory.closeCount).to.equal(1)
  })

  it('tells what is wrong with a reading, and what is wrong with one tag alone', async () => {
    const lost = rig()
    lost.memory.behaviour.read = () => Promise.reject(new NotConnected('the line is gone'))
    expect(await ended(lost.clock, lost.read())).to.deep.include({ outcome: 'notRead' })
    const nonsense = rig()
    nonsense.memory.behaviour.read = () => 5
    expect((await ended(nonsense.clock, nonsense.read())).failure?.message).to.match(/a reading is 5/)
    const refused = rig()
    refused.memory.behaviour.read = () => Promise.reject(new Rejected('no', { status: Status.BadDeviceFailure }))
    const result = await ended(refused.clock, refused.read())
    expect(result.outcome).to.equal('notRead')
    expect(statusesOf(result)['plc1.level']).to.equal('BadDeviceFailure')
    const partly = rig()
    partly.memory.values.level = new ReadingFailed('no such register', { status: Status.BadConfigurationError })
    partly.memory.values.foreign = 1
    const read = await ended(partly.clock, partly.read())
    expect(read.outcome).to.equal('read')
    expect(statusesOf(read)).to.include({ 'plc1.level': 'BadConfigurationError', 'plc1.valve': 'Good' })
    expect(partly.warnings).to.deep.equal(['gives foreign, which is not among its outputs'])
  })

  it('reads every group, and one that is refused leaves the others alone', async () => {
    const { memory, clock, read } = rig()
    const order: string[] = []
    const group = (name: string, answer: () => unknown) => ({
      ...{ everyMs: 100, outputs: [name] },
      read: async () => {
        order.push(name)
        return answer()
      },
    })
    memory.behaviour.connect = () => ({
      read: async () => ({ valve: true }),
      groups: [
        group('level', () => Promise.reject(new Rejected('not now', { status: Status.BadDeviceFailure }))),
        group('count', () => ({ count: 3 })),
      ],
      close: () => {},
    })
    const result = await ended(clock, read())
    expect(order).to.deep.equal(['level', 'count'])
    expect(statusesOf(result)).to.include({
      'plc1.level': 'BadDeviceFailure',
      'plc1.count': 'Good',
      'plc1.valve': 'Good',
    })
  })

  it('takes the first reading of a device that pushes, at once or later', async () => {
    const { memory, clock, read } = rig('pushing')
    const reading = read()
    await clock.advance(200)
    memory.pushed.next({ level: 4 })
    memory.pushed.next({ level: 5 })
    const result = await ended(clock, reading)
    expect(result.outcome).to.equal('read')
    expect(statusesOf(result)['plc1.level']).to.equal('Good')
    expect(memory.pushed.observed).to.equal(false)
  })

  it('waits half a second for tags that are not in the first reading, and no longer once all are there', async () => {
    const late = rig('pushing')
    const reading = late.read()
    await late.clock.advance(100)
    late.memory.pushed.next({ level: 4 })
    await late.clock.advance(400)
    late.memory.pushed.next({ valve: true, count: 7, mode: 'auto', trace: [1] })
    const whole = await ended(late.clock, reading)
    expect(whole.readMs).to.equal(500)
    expect(statusesOf(whole)).to.include({ 'plc1.level': 'Good', 'plc1.count': 'Good' })
    const partial = rig('pushing')
    const other = partial.read()
    await partial.clock.advance(100)
    partial.memory.pushed.next({ level: 4 })
    expect(await ended(partial.clock, other)).to.deep.include({ outcome: 'read', readMs: 600 })
  })

  it('counts a device that pushes nothing as read, with nothing, after the timeout; and one that is lost as not read', async () => {
    const silent = rig('pushing')
    const result = await ended(silent.clock, silent.read())
    expect(result).to.deep.include({ outcome: 'read', readMs: 500 })
    expect(statusesOf(result)['plc1.level']).to.equal('BadWaitingForInitialData')
    const lost = rig('pushing')
    const reading = lost.read()
    await lost.clock.advance(100)
    lost.memory.pushed.error(new NotConnected('unplugged'))
    expect(await ended(lost.clock, reading)).to.deep.include({ outcome: 'notRead' })
    expect(lost.memory.connectCount).to.equal(1)
  })

  it('ends at once when it is told to, wherever it is', async () => {
    for (const where of ['connect', 'read'] as const) {
      const { memory, clock, controller, read } = rig()
      memory.behaviour[where] = never
      const reading = read()
      await clock.advance(100)
      controller.abort(new Error('enough'))
      expect((await ended(clock, reading)).outcome, where).to.equal('cancelled')
    }
    const { memory, clock, controller, read } = rig('pushing')
    const reading = read()
    await clock.advance(100)
    controller.abort()
    expect((await ended(clock, reading)).outcome).to.equal('cancelled')
    expect(memory.closeCount).to.equal(1)
    const before = rig()
    before.controller.abort()
    expect((await ended(before.clock, before.read())).outcome).to.equal('cancelled')
    expect(before.memory.connectCount).to.equal(0)
  })
})
