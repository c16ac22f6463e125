import { expect } from 'chai'
import { throwError } from 'rxjs'
import { Status } from '../../src/model/status.ts'
import { Bench, never } from './memory-device.ts'

describe('device with a plugin that misbehaves', () => {
  it('fails the attempt when connect throws at once', async () => {
    const bench = new Bench()
    bench.memory.behaviour.connect = () => {
      throw new Error('no such port')
    }
    await bench.started()
    expect(bench.device.state).to.equal('Disconnected')
    expect(bench.look('level').status).to.equal(Status.BadNoCommunication)
    expect(bench.events).to.deep.equal([
      {
        ...{ kind: 'deviceFailed', time: 1_000_000, message: 'Filler PLC cannot be reached: no such port' },
        ...{ device: 'plc1', state: 'Disconnected', status: Status.BadCommunicationError },
      },
    ])
  })

  it('aborts connect at its deadline, and closes a connection that comes too late', async () => {
    const bench = new Bench()
    let signal: AbortSignal | undefined
    bench.memory.behaviour.connect = (given) => {
      signal = given
      return new Promise((resolve) => bench.clock.after(600, () => resolve(undefined)))
    }
    await bench.started()
    await bench.clock.advance(500)
    expect([bench.device.state, signal?.aborted]).to.deep.equal(['Disconnected', true])
    await bench.clock.advance(100)
    expect(bench.memory.closeCount).to.equal(1)
  })

  it('closes a connection that comes after the device was closed', async () => {
    const bench = new Bench()
    bench.memory.behaviour.connect = () => new Promise((resolve) => bench.clock.after(100, () => resolve(undefined)))
    await bench.started()
    await bench.device.close()
    await bench.clock.advance(100)
    expect([bench.memory.closeCount, bench.device.state, bench.clock.pending]).to.deep.equal([1, 'Disabled', 0])
  })

  it('is in Error when connect makes no connection, and tries again after the longest delay', async () => {
    const bench = new Bench()
    bench.memory.behaviour.connect = () => ({ read: 'no function' })
    await bench.started()
    expect(bench.device.state).to.equal('Error')
    expect(bench.events[0]).to.deep.include({ kind: 'deviceFailed', status: Status.BadConfigurationError })
    await bench.clock.advance(5000)
    expect(bench.memory.connectCount).to.equal(2)
  })

  it('leaves a close that throws or hangs to itself after a second, and reconnects only then', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.close = () => {
      throw new Error('already closed')
    }
    await bench.device.disconnect()
    bench.device.connect()
    await bench.clock.advance(0)
    expect(bench.lines).to.include('the connection could not be closed: already closed')
    bench.memory.behaviour.close = never
    void bench.device.disconnect()
    bench.device.connect()
    await bench.clock.advance(999)
    expect(bench.memory.connectCount).to.equal(2)
    await bench.clock.advance(1)
    expect(bench.memory.connectCount).to.equal(3)
    const closed = bench.device.close()
    await bench.clock.advance(1000)
    await closed
  })

  it('ignores ports that it does not declare, and says so once', async () => {
    const bench = new Bench()
    bench.memory.values.ghost = 1
    bench.memory.values.setpoint = 2
    await bench.started()
    await bench.clock.advance(5000)
    expect(bench.device.latest('plc1.ghost')).to.equal(undefined)
    expect(bench.look('setpoint').status).to.equal(Status.BadWaitingForInitialData)
    expect(bench.lines.filter((line) => line.includes('ghost')).length).to.equal(1)
  })

  it('counts a reading that is none as a failure of communication', async () => {
    for (const reading of [undefined, null, 7, 'text']) {
      const bench = await new Bench().started()
      bench.memory.behaviour.read = () => reading
      await bench.clock.advance(1000)
      expect(bench.look('level').status).to.equal(Status.BadCommunicationError)
      expect(bench.device.latest('plc1#lastError')?.value).to.equal(`a reading is ${reading}, not values by port`)
    }
  })

  it('survives a reading whose values cannot even be looked at', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = () => ({
      get level() {
        throw new Error('trap')
      },
    })
    await bench.clock.advance(1000)
    expect(bench.look('level').status).to.equal(Status.BadCommunicationError)
  })

  it('takes anything thrown for an error, even what has no text', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = () => {
      throw Object.create(null)
    }
    await bench.clock.advance(1000)
    expect(bench.device.latest('plc1#lastError')?.value).to.equal('an error without a text')
  })

  it('ignores a read that ends after its connection', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = () => new Promise((resolve) => bench.clock.after(700, () => resolve({ level: 1 })))
    bench.memory.behaviour.connect = never
    await bench.clock.advance(1700)
    expect(bench.look('level').status).to.equal(Status.BadTimeout)
  })
})

describe('device that pushes its readings', () => {
  it('takes each reading as one batch, without polling', async () => {
    const bench = await new Bench({}, 'pushing').started()
    expect([bench.device.state, bench.memory.pushed.observed]).to.deep.equal(['Connected', true])
    await bench.clock.advance(2500)
    bench.memory.pushed.next({ level: 3, valve: true })
    const batch = bench.tagBatches.at(-1) ?? []
    expect(batch.map(({ tag, sample }) => [tag, sample.value, sample.sourceTime])).to.deep.equal([
      ['plc1.level', 3, 1_002_500],
      ['plc1.valve', true, 1_002_500],
    ])
    await bench.clock.advance(250)
    expect(bench.device.latest('plc1#requestCount')?.value).to.equal(0)
    expect(bench.device.latest('plc1#lastCommunicationTime')?.value).to.deep.equal(new Date(1_002_500))
  })

  it('takes an error and an end of the readings for a lost link', async () => {
    const bench = await new Bench({}, 'pushing').started()
    bench.memory.pushed.next({ level: 3 })
    bench.memory.pushed.error(new Error('reset'))
    expect([bench.device.state, bench.look('level').status]).to.deep.equal([
      'Disconnected',
      Status.BadCommunicationError,
    ])
    bench.memory.behaviour.connect = () => ({ readings: throwError(() => new Error('at once')), close: () => {} })
    await bench.clock.advance(200)
    expect(bench.device.latest('plc1#lastError')?.value).to.equal('at once')
    const other = await new Bench({}, 'pushing').started()
    other.memory.pushed.complete()
    expect(other.events.at(-1)).to.deep.include({ reason: 'the device sends no more readings' })
  })

  it('unsubscribes when it is disconnected', async () => {
    const bench = await new Bench({}, 'pushing').started()
    await bench.device.disconnect()
    expect(bench.memory.pushed.observed).to.equal(false)
  })
})

describe('diagnostics of a device', () => {
  it('publishes the state of the connection at once, and everything else every 250 ms at most', async () => {
    const bench = await new Bench({ everyMs: 10 }).started()
    await bench.clock.advance(1000)
    const batches = bench.batches.slice(1).filter((batch) => batch.some(({ tag }) => tag.includes('#')))
    const states = batches.filter((batch) => batch.some(({ tag }) => tag === 'plc1#connectionState'))
    expect(states.map((batch) => batch[0]?.sample.value)).to.deep.equal(['Connecting', 'Connected'])
    expect(batches.length - states.length).to.be.within(3, 4)
    expect(bench.device.latest('plc1#requestCount')?.value).to.equal(101)
  })

  it('counts what failed and the connections after the first', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.read = () => Promise.reject(new Error('noise'))
    await bench.clock.advance(1000)
    bench.memory.behaviour.read = () => ({ level: 1 })
    await bench.clock.advance(200)
    expect(bench.device.latest('plc1#errorCount')?.value).to.equal(1)
    expect(bench.device.latest('plc1#reconnectCount')?.value).to.equal(1)
    expect(bench.device.latest('plc1#roundTripTime')?.value).to.equal(0)
    expect(bench.device.latest('plc1#nothing')).to.equal(undefined)
    expect(bench.device.latest('plc2.level')).to.equal(undefined)
  })
})
