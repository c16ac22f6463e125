import { expect } from 'chai'
import { isMillraceError, type MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import { NotConnected, Rejected } from '../../src/plugin/facts.ts'
import { Bench, never } from './memory-device.ts'

const asked = { initiator: 'user1' }

async function failure(promise: Promise<unknown>): Promise<Pick<MillraceError, 'code' | 'status' | 'message'>> {
  try {
    await promise
  } catch (error) {
    if (isMillraceError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('write to a device', () => {
  it('checks the value before anything is sent', async () => {
    const bench = await new Bench().started()
    const write = (port: string, value: never) => bench.device.write(port, value, asked)
    expect(await write('setpoint', 11 as never)).to.equal(Status.BadOutOfRange)
    expect(await write('setpoint', Number.NaN as never)).to.equal(Status.BadOutOfRange)
    expect(await write('setpoint', '5' as never)).to.equal(Status.BadTypeMismatch)
    expect(await write('setpoint', null as never)).to.equal(Status.BadTypeMismatch)
    expect(await write('level', 5 as never)).to.equal(Status.BadNotWritable)
    expect(await write('nothing', 5 as never)).to.equal(Status.BadNodeIdUnknown)
    expect(bench.memory.written).to.deep.equal([])
  })

  it('reads a measured tag at once after it was written', async () => {
    const bench = await new Bench().started()
    await bench.clock.advance(100)
    expect(await bench.device.write('valve', true, asked)).to.equal(Status.Good)
    await bench.clock.advance(0)
    expect(bench.look('valve')).to.deep.equal({ value: true, status: Status.Good, age: 0 })
    expect(bench.memory.readCount).to.equal(2)
    await bench.clock.advance(900)
    expect(bench.memory.readCount).to.equal(3)
  })

  it('shows the accepted value of a tag that is not measured, with doubt after the link was away', async () => {
    const bench = await new Bench().started()
    expect(bench.look('setpoint').status).to.equal(Status.BadWaitingForInitialData)
    await bench.device.write('setpoint', 4, asked)
    expect(bench.look('setpoint')).to.deep.equal({ value: 4, status: Status.Good, age: 0 })
    await bench.device.disconnect()
    expect(bench.look('setpoint').status).to.equal(Status.BadOutOfService)
    bench.device.connect()
    await bench.clock.advance(0)
    expect(bench.look('setpoint')).to.deep.include({ value: 4, status: Status.UncertainLastUsableValue })
  })

  it('raises an event with the old and the new value, also when it was refused', async () => {
    const bench = await new Bench().started()
    await bench.device.write('valve', true, asked)
    await bench.device.write('setpoint', 99, asked)
    const written = bench.events.filter(({ kind }) => kind === 'tagWritten')
    expect(written).to.deep.equal([
      {
        ...{ kind: 'tagWritten', time: 1_000_000, message: 'valve of Filler PLC written by user1', device: 'plc1' },
        ...{ tag: 'plc1.valve', initiator: 'user1', oldValue: false, newValue: true, status: Status.Good, count: 1 },
      },
      {
        ...{
          kind: 'tagWritten',
          time: 1_000_000,
          message: 'setpoint of Filler PLC not written (BadOutOfRange) by user1',
        },
        ...{ device: 'plc1', tag: 'plc1.setpoint', initiator: 'user1', oldValue: null, newValue: 99 },
        status: Status.BadOutOfRange,
        count: 1,
      },
    ])
  })

  it('says why the device did not take it, and reconnects only when the connection is gone', async () => {
    const bench = await new Bench().started()
    const outcome = (error: Error) => {
      bench.memory.behaviour.write = () => Promise.reject(error)
      return bench.device.write('setpoint', 1, asked)
    }
    expect(await outcome(new Rejected('no', { status: Status.BadInvalidState }))).to.equal(Status.BadInvalidState)
    expect(await outcome(new Rejected('no'))).to.equal(Status.BadInvalidArgument)
    expect(await outcome(new Error('checksum'))).to.equal(Status.BadCommunicationError)
    expect(bench.memory.connectCount).to.equal(1)
    expect(await outcome(new NotConnected('gone'))).to.equal(Status.BadNotConnected)
    await bench.clock.advance(0)
    expect(bench.memory.connectCount).to.equal(2)
  })

  it('lets the next poll judge the link when a write does not end', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.write = never
    const status = bench.device.write('setpoint', 1, asked)
    await bench.clock.advance(500)
    expect(await status).to.equal(Status.BadTimeout)
    expect([bench.device.state, bench.memory.readCount]).to.deep.equal(['Connected', 2])
  })

  it('goes in order, one at a time with reads, and refuses more than 100 that wait', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.write = () => new Promise((resolve) => bench.clock.after(1, () => resolve(undefined)))
    const statuses = Promise.all(
      Array.from({ length: 103 }, (_, index) => bench.device.write('setpoint', index % 10, asked)),
    )
    await bench.clock.advance(200)
    const all = await statuses
    expect(all.filter((status) => status === Status.BadResourceUnavailable).length).to.equal(2)
    expect(bench.memory.written.map(({ setpoint }) => setpoint)).to.deep.equal(
      Array.from({ length: 101 }, (_, index) => index % 10),
    )
  })

  it('is not sent when there is no link, no way to write, or nobody who wants it any more', async () => {
    const bench = await new Bench({ enabled: false }).started()
    expect(await bench.device.write('setpoint', 1, asked)).to.equal(Status.BadNotConnected)
    const aborted = AbortSignal.abort()
    const other = await new Bench().started()
    expect(await other.device.write('setpoint', 1, { ...asked, signal: aborted })).to.equal(
      Status.BadRequestCancelledByClient,
    )
    const mute = new Bench()
    mute.memory.behaviour.write = undefined
    await mute.started()
    expect(await mute.device.write('setpoint', 1, asked)).to.equal(Status.BadNotWritable)
    expect([...other.memory.written, ...mute.memory.written]).to.deep.equal([])
  })

  it('ends with BadNotConnected when the link is lost on the way', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.write = never
    const both = [bench.device.write('setpoint', 1, asked), bench.device.write('setpoint', 2, asked)]
    await bench.device.disconnect()
    expect(await Promise.all(both)).to.deep.equal([Status.BadNotConnected, Status.BadNotConnected])
  })
})

describe('call of a device method', () => {
  it('fills in defaults, gives the declared outputs, and raises an event', async () => {
    const bench = await new Bench().started()
    expect(await bench.device.call('add', { a: 2 }, asked)).to.deep.equal({ sum: 3 })
    const called = bench.events.find(({ kind }) => kind === 'methodCalled')
    expect(called).to.deep.include({ method: 'add', initiator: 'user1', status: Status.Good, device: 'plc1' })
  })

  it('checks its inputs before anything is sent', async () => {
    const bench = await new Bench().started()
    const refused = async (inputs: Record<string, never>, method = 'add') => {
      const { code, status, message } = await failure(bench.device.call(method, inputs, asked))
      return [code, status, message]
    }
    expect(await refused({})).to.deep.equal([
      ...['input-missing', Status.BadArgumentsMissing, 'plc1.add needs a value for its input a'],
    ])
    expect(await refused({ a: 1 as never, c: 1 as never })).to.deep.equal([
      ...['input-unknown', Status.BadInvalidArgument, 'plc1.add has no input c; it has a, b'],
    ])
    expect(await refused({ a: 'x' as never })).to.deep.equal([
      ...['value-invalid', Status.BadTypeMismatch, 'plc1.add: a is "x", not a number'],
    ])
    expect(await refused({ a: 101 as never })).to.deep.equal([
      ...['value-out-of-range', Status.BadOutOfRange, 'plc1.add: a is 101; it goes from 0 to 100'],
    ])
    expect(await refused({}, 'fly')).to.deep.equal([
      ...['method-unknown', Status.BadMethodInvalid, 'plc1 has no method fly'],
    ])
    expect(bench.events.filter(({ kind }) => kind === 'methodCalled').length).to.equal(5)
  })

  it('runs beside the polls and ends at its deadline with its signal aborted', async () => {
    const bench = await new Bench().started()
    let seen: AbortSignal | undefined
    bench.memory.behaviour.run = (_, signal) => {
      seen = signal
      return never()
    }
    const call = failure(bench.device.call('add', { a: 1 }, asked))
    await bench.clock.advance(1999)
    expect([bench.memory.readCount, seen?.aborted]).to.deep.equal([2, false])
    await bench.clock.advance(1)
    const { code, status } = await call
    expect([code, status, seen?.aborted]).to.deep.equal(['timed-out', Status.BadTimeout, true])
    expect(bench.device.state).to.equal('Connected')
  })

  it('ends when its caller gives up or the link is lost', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.run = never
    const controller = new AbortController()
    const given = failure(bench.device.call('add', { a: 1 }, { ...asked, signal: controller.signal }))
    controller.abort()
    expect((await given).code).to.equal('cancelled')
    const lost = failure(bench.device.call('add', { a: 1 }, asked))
    await bench.device.disconnect()
    expect((await lost).message).to.equal('plc1 was disconnected')
    const late = await failure(bench.device.call('add', { a: 1 }, asked))
    expect([late.code, late.status]).to.deep.equal(['not-connected', Status.BadNotConnected])
  })

  it('passes on why the device refused, and what is wrong with a plugin', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.run = () => {
      throw new Rejected('not homed', { status: Status.BadInvalidState })
    }
    const refused = await failure(bench.device.call('add', { a: 1 }, asked))
    expect([refused.code, refused.status]).to.deep.equal(['write-refused', Status.BadInvalidState])
    bench.memory.behaviour.run = () => ({ sum: 'three' })
    const broken = await failure(bench.device.call('add', { a: 1 }, asked))
    expect([broken.code, broken.status]).to.deep.equal(['plugin-invalid', Status.BadInternalError])
    bench.memory.behaviour.run = () => undefined
    expect(await bench.device.call('add', { a: 1 }, asked)).to.deep.equal({ sum: null })
    bench.memory.behaviour.run = () => Promise.reject(new NotConnected('gone'))
    const gone = await failure(bench.device.call('add', { a: 1 }, asked))
    expect([gone.code, gone.status]).to.deep.equal(['not-connected', Status.BadNotConnected])
    await bench.clock.advance(0)
    expect(bench.memory.connectCount).to.equal(2)
  })

  it('refuses more than 100 calls at once', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.run = never
    const calls = Array.from({ length: 101 }, () => failure(bench.device.call('add', { a: 1 }, asked)))
    expect((await calls[100])?.status).to.equal(Status.BadResourceUnavailable)
    await bench.device.close()
    expect((await Promise.all(calls)).length).to.equal(101)
  })
})
