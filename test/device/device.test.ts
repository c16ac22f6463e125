import { expect } from 'chai'
import { Status } from '../../src/model/status.ts'
import { NotConnected, ReadingFailed } from '../../src/plugin/facts.ts'
import { Bench, never } from './memory-device.ts'

const refuse = () => Promise.reject(new Error('connection refused'))

describe('device', () => {
  it('publishes all tags and diagnostics first, waiting for initial data', () => {
    const bench = new Bench()
    bench.device.start()
    const first = bench.batches[0] ?? []
    expect(first.find(({ tag }) => tag === 'plc1.level')?.sample.status).to.equal(Status.BadWaitingForInitialData)
    expect(first.find(({ tag }) => tag === 'plc1#connectionState')?.sample.value).to.equal('Disabled')
    expect(first.map(({ tag }) => tag)).to.include.members(['plc1.setpoint', 'plc1#requestCount'])
    expect(bench.device.state).to.equal('Connecting')
  })

  it('gives all tags of a poll one batch and one source time, when the read was answered', async () => {
    const bench = new Bench()
    bench.memory.behaviour.read = () =>
      new Promise((resolve) => bench.clock.after(30, () => resolve({ level: 7, valve: true })))
    await bench.started()
    await bench.clock.advance(30)
    const batch = bench.tagBatches.at(-1) ?? []
    expect(batch.map(({ tag, sample }) => [tag, sample.value, sample.status, sample.sourceTime])).to.deep.equal([
      ['plc1.level', 7, Status.Good, 1_000_030],
      ['plc1.valve', true, Status.Good, 1_000_030],
    ])
  })

  it('polls on a grid without drift, and skips and counts the polls that a slow device misses', async () => {
    const bench = new Bench({ timeoutMs: 5000 })
    await bench.started()
    await bench.clock.advance(3000)
    expect(bench.memory.readCount).to.equal(4)
    bench.memory.behaviour.read = () => new Promise((resolve) => bench.clock.after(2500, () => resolve({ level: 1 })))
    await bench.clock.advance(1000)
    await bench.clock.advance(2500)
    expect(bench.device.skippedPollCount).to.equal(2)
    bench.memory.behaviour.read = () => ({ level: 2 })
    await bench.clock.advance(500)
    expect(bench.look('level')).to.deep.equal({ value: 2, status: Status.Good, age: 0 })
    expect(bench.memory.readingMax).to.equal(1)
  })

  it('keeps the last samples of tags that a reading leaves out', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = () => ({ level: 9 })
    await bench.clock.advance(1000)
    expect(bench.look('level').age).to.equal(0)
    expect(bench.look('valve')).to.deep.equal({ value: false, status: Status.Good, age: 1000 })
  })

  it('says BadCommunicationError when read throws, then BadNoCommunication, and recovers by itself', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = refuse
    bench.memory.behaviour.connect = refuse
    await bench.clock.advance(1000)
    expect(bench.look('level')).to.deep.equal({ value: null, status: Status.BadCommunicationError, age: 1000 })
    expect(bench.device.latest('plc1.level')?.cause).to.equal('plc1')
    await bench.clock.advance(200)
    expect(bench.look('level')).to.deep.equal({ value: null, status: Status.BadNoCommunication, age: 1200 })
    bench.memory.behaviour.connect = () => undefined
    bench.memory.behaviour.read = () => ({ level: 3 })
    await bench.clock.advance(400)
    expect(bench.look('level')).to.deep.equal({ value: 3, status: Status.Good, age: 0 })
    expect(bench.events.map(({ kind }) => kind)).to.deep.equal([
      'deviceConnected',
      'deviceDisconnected',
      'deviceConnected',
    ])
  })

  it('says BadTimeout when a read does not end, and closes the connection', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = never
    bench.memory.behaviour.connect = never
    await bench.clock.advance(1499)
    expect(bench.look('level').status).to.equal(Status.Good)
    await bench.clock.advance(1)
    expect(bench.look('level').status).to.equal(Status.BadTimeout)
    expect(bench.memory.closeCount).to.equal(1)
    // The reason is shown for a period at most: two polls and the timeout after the device fell silent it is gone.
    await bench.clock.advance(1000)
    expect(bench.look('level').status).to.equal(Status.BadNoCommunication)
  })

  it('holds the last value as Uncertain for holdLast with its source time, when there is one', async () => {
    const bench = new Bench({ holdLastMs: 3000 })
    delete bench.memory.values.valve
    await bench.started()
    bench.memory.behaviour.read = refuse
    bench.memory.behaviour.connect = refuse
    await bench.clock.advance(1000)
    const held = { value: 5, status: Status.UncertainNoCommunicationLastUsableValue }
    expect(bench.look('level')).to.deep.equal({ ...held, age: 1000 })
    expect(bench.look('valve').status).to.equal(Status.BadCommunicationError)
    await bench.clock.advance(2999)
    expect(bench.look('level')).to.deep.equal({ ...held, age: 3999 })
    await bench.clock.advance(1)
    expect(bench.look('level')).to.deep.equal({ value: null, status: Status.BadNoCommunication, age: 4000 })
  })

  it('reconnects at once when the plugin says that the connection is gone', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = () => {
      bench.memory.behaviour.read = () => ({ level: 6 })
      throw new NotConnected('reset by peer')
    }
    await bench.clock.advance(1000)
    expect(bench.memory.connectCount).to.equal(2)
    expect(bench.look('level')).to.deep.equal({ value: 6, status: Status.Good, age: 0 })
    expect(bench.device.latest('plc1#lastError')?.value).to.equal('reset by peer')
  })

  it('gives a failed reading of one port its own status and goes on with the others', async () => {
    const bench = await new Bench().started()
    bench.memory.values.level = new ReadingFailed('sensor broken', { status: Status.BadSensorFailure })
    await bench.clock.advance(1000)
    expect(bench.look('level').status).to.equal(Status.BadSensorFailure)
    expect(bench.look('valve')).to.deep.equal({ value: false, status: Status.Good, age: 0 })
    bench.memory.behaviour.read = () => {
      throw new ReadingFailed('in maintenance', { status: Status.BadDeviceFailure })
    }
    await bench.clock.advance(1000)
    expect(bench.look('valve').status).to.equal(Status.BadDeviceFailure)
    expect(bench.device.state).to.equal('Connected')
  })

  it('opens its breaker after so many failures in a row and lets one probe through each time', async () => {
    const bench = new Bench({ breaker: { failures: 2, resetMs: 10_000 } })
    bench.memory.behaviour.connect = refuse
    await bench.started()
    await bench.clock.advance(200)
    expect([bench.device.state, bench.memory.connectCount]).to.deep.equal(['Error', 2])
    await bench.clock.advance(9999)
    expect(bench.memory.connectCount).to.equal(2)
    await bench.clock.advance(1)
    expect([bench.device.state, bench.memory.connectCount]).to.deep.equal(['Error', 3])
    bench.memory.behaviour.connect = () => undefined
    await bench.clock.advance(10_000)
    expect(bench.look('level').status).to.equal(Status.Good)
    expect(bench.events.map(({ kind }) => kind)).to.deep.equal(['deviceFailed', 'deviceFailed', 'deviceConnected'])
  })

  it('counts a link without answers as a failure, so that it cannot loop fast', async () => {
    const bench = new Bench()
    bench.memory.behaviour.read = () => {
      throw new NotConnected('closed by the device')
    }
    await bench.started()
    await bench.clock.advance(1000)
    // At 0, at once, and after the delays of 400 ms and 800 ms (the last one is still ahead).
    expect(bench.memory.connectCount).to.equal(3)
  })

  it('is out of service while it is disabled, and comes back when an operator connects it', async () => {
    const bench = await new Bench({ enabled: false }).started()
    expect(bench.look('level').status).to.equal(Status.BadOutOfService)
    expect(bench.memory.connectCount).to.equal(0)
    bench.device.connect()
    expect(bench.look('level').status).to.equal(Status.BadWaitingForInitialData)
    await bench.clock.advance(0)
    await bench.clock.advance(0)
    expect(bench.look('level').status).to.equal(Status.Good)
    await bench.device.disconnect()
    expect([bench.device.state, bench.memory.closeCount]).to.deep.equal(['Disabled', 1])
    expect(bench.look('level').status).to.equal(Status.BadOutOfService)
  })

  it('connects at once when an operator asks, instead of waiting for the next attempt', async () => {
    const bench = new Bench()
    bench.memory.behaviour.connect = refuse
    await bench.started()
    bench.memory.behaviour.connect = () => undefined
    bench.device.connect()
    await bench.clock.advance(0)
    await bench.clock.advance(0)
    expect(bench.device.state).to.equal('Connected')
    expect(bench.memory.connectCount).to.equal(2)
  })

  it('leaves no timer behind when it is closed, may be closed twice, and does not start again', async () => {
    const bench = await new Bench({ holdLastMs: 5000 }).started()
    bench.memory.behaviour.read = refuse
    await bench.clock.advance(1000)
    let isComplete = false
    bench.device.samples$.subscribe({ complete: () => (isComplete = true) })
    await Promise.all([bench.device.close(), bench.device.close()])
    expect([bench.clock.pending, isComplete]).to.deep.equal([0, true])
    bench.device.start()
    bench.device.connect()
    expect(bench.device.state).to.equal('Disabled')
  })
})
