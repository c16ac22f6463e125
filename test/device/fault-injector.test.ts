import { expect } from 'chai'
import { isMillraceError, type MillraceError } from '../../src/model/errors.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import { type Fault, faultCause } from '../../src/model/fault.ts'
import { Status } from '../../src/model/status.ts'
import { Bench } from './memory-device.ts'

const asked = { initiator: 'user1' }
const settings = { allowsFaults: true, breaker: { failures: 3, resetMs: 10_000 } } as const

const inject = ({ device }: Bench, fault: Fault, durationMs = 5000) => device.injectFault({ fault, durationMs }, 'eng')
const refusal = (work: () => void): Pick<MillraceError, 'code' | 'status'> => {
  try {
    work()
  } catch (error) {
    if (isMillraceError(error)) return { code: error.code, status: error.status }
    throw error
  }
  throw new Error('it was not refused')
}
const told = ({ events }: Bench, kind: PlantEvent['kind']) => events.filter((event) => event.kind === kind)
const constantOverride = 0x00960700

describe('fault injection', () => {
  it('is refused unless the plant file allows it, and while the device is disabled', async () => {
    const bench = await new Bench().started()
    expect(refusal(() => inject(bench, { kind: 'disconnect' }))).to.deep.equal({
      ...{ code: 'invalid-state', status: Status.BadInvalidState },
    })
    expect(bench.device.latest('plc1#activeFaultCount')).to.equal(undefined)
    const disabled = await new Bench({ ...settings, enabled: false }).started()
    expect(refusal(() => inject(disabled, { kind: 'disconnect' })).status).to.equal(Status.BadInvalidState)
  })

  it('lets a stuck tag keep its value under a status that says so, while the others go on', async () => {
    const bench = await new Bench(settings).started()
    inject(bench, { kind: 'stuck', port: 'level' }, 2500)
    Object.assign(bench.memory.values, { level: 6, valve: true })
    await bench.clock.advance(1000)
    expect(bench.device.latest('plc1.level')).to.deep.include({
      ...{ value: 5, status: constantOverride, cause: faultCause, sourceTime: bench.clock.now() },
    })
    expect(bench.look('valve')).to.deep.include({ value: true, status: Status.Good })
    await bench.clock.advance(1500)
    expect(bench.look('level')).to.deep.include({ value: 6, status: Status.Good })
    expect(told(bench, 'faultCleared')).to.deep.equal([
      {
        ...{ kind: 'faultCleared', time: bench.clock.now(), device: 'plc1', fault: 'stuck', tag: 'plc1.level' },
        ...{ initiator: 'auto', reason: 'expired', durationMs: 2500, message: 'Filler PLC: stuck level is over' },
      },
    ])
  })

  it('refuses to let a tag be stuck at nothing', async () => {
    const bench = await new Bench(settings).started()
    expect(refusal(() => inject(bench, { kind: 'stuck', port: 'count' })).status).to.equal(Status.BadInvalidState)
    expect(told(bench, 'faultInjected')).to.deep.equal([])
  })

  it('lets a tag jump for some readings, within its range and beyond it', async () => {
    const bench = await new Bench(settings).started()
    inject(bench, { kind: 'spike', port: 'level', value: 20, count: 2 })
    await bench.clock.advance(0)
    expect(bench.look('level')).to.deep.include({ value: 20, status: Status.GoodLocalOverride })
    await bench.clock.advance(1000)
    expect(bench.look('level').value).to.equal(20)
    expect(told(bench, 'faultCleared').length).to.equal(1)
    await bench.clock.advance(1000)
    expect(bench.look('level')).to.deep.include({ value: 5, status: Status.Good })
    inject(bench, { kind: 'spike', port: 'level', value: 99, count: 1 })
    await bench.clock.advance(0)
    expect(bench.device.latest('plc1.level')).to.deep.include({
      ...{ value: 99, status: Status.UncertainEngineeringUnitsExceeded, cause: faultCause },
    })
  })

  it('takes the value of one tag or of all away and gives a Bad status', async () => {
    const bench = await new Bench(settings).started()
    inject(bench, { kind: 'badStatus', port: 'level', status: Status.BadSensorFailure }, 1500)
    await bench.clock.advance(0)
    expect(bench.device.latest('plc1.level')).to.deep.include({ status: Status.BadSensorFailure, cause: faultCause })
    expect(bench.look('valve').status).to.equal(Status.Good)
    inject(bench, { kind: 'badStatus', status: Status.BadOutOfService }, 500)
    await bench.clock.advance(0)
    expect(bench.look('valve').status).to.equal(Status.BadOutOfService)
    await bench.clock.advance(500)
    expect([bench.look('level').status, bench.look('valve').status]).to.deep.equal([
      Status.BadSensorFailure,
      Status.Good,
    ])
    await bench.clock.advance(1000)
    expect(bench.look('level').status).to.equal(Status.Good)
    expect(bench.device.state).to.equal('Connected')
  })

  it('lets answers be late, and too late', async () => {
    const bench = await new Bench({ ...settings, verify: undefined }).started()
    inject(bench, { kind: 'delay', delayMs: 300 })
    let status: number | undefined
    void bench.device.write('setpoint', 3, asked).then((each) => {
      status = each
    })
    // A reading is under way; the write has its turn after it.
    await bench.clock.advance(599)
    expect(status).to.equal(undefined)
    await bench.clock.advance(1)
    expect(status).to.equal(Status.Good)
    inject(bench, { kind: 'delay', delayMs: 600 }, 1500)
    await bench.clock.advance(600)
    expect(bench.look('level').status).to.equal(Status.BadTimeout)
    await bench.clock.advance(4000)
    expect(bench.look('level').status).to.equal(Status.Good)
  })

  it('loses requests on the way: nothing is sent, and nothing is answered', async () => {
    const bench = await new Bench(settings).started()
    const { readCount } = bench.memory
    inject(bench, { kind: 'drop', share: 1 }, 400)
    await bench.clock.advance(500)
    expect(bench.look('level').status).to.equal(Status.BadTimeout)
    expect(bench.memory.readCount).to.equal(readCount)
    await bench.clock.advance(1000)
    expect(bench.look('level').status).to.equal(Status.Good)
  })

  it('loses the share that it is told', async () => {
    const bench = await new Bench(settings).started()
    // The bench draws 0.5 each time.
    inject(bench, { kind: 'drop', share: 0.5 })
    await bench.clock.advance(1000)
    expect(bench.look('level').status).to.equal(Status.Good)
    inject(bench, { kind: 'drop', share: 0.51 }, 900)
    await bench.clock.advance(501)
    expect(bench.look('level').status).to.equal(Status.BadTimeout)
  })

  it('cuts the connection and lets none be made until it is over', async () => {
    const bench = await new Bench({ ...settings, breaker: undefined }).started()
    const { connectCount } = bench.memory
    inject(bench, { kind: 'disconnect' }, 3000)
    expect(bench.look('level').status).to.equal(Status.BadNoCommunication)
    await bench.clock.advance(2999)
    expect([bench.memory.connectCount, bench.device.state]).to.deep.equal([connectCount, 'Disconnected'])
    expect(bench.device.latest('plc1#lastError')?.value).to.match(/cut by fault injection/)
    // The next attempt comes with the backoff that the failed ones have led to.
    await bench.clock.advance(3201)
    await bench.clock.advance(0)
    expect([bench.device.state, bench.look('level').status]).to.deep.equal(['Connected', Status.Good])
    expect(told(bench, 'deviceDisconnected').length).to.equal(1)
  })

  it('also cuts a connection that is being made', async () => {
    const bench = new Bench({ ...settings, breaker: undefined, timeoutMs: 5000 })
    bench.memory.behaviour.connect = () => new Promise((resolve) => bench.clock.after(500, () => resolve(undefined)))
    await bench.started()
    expect(bench.device.state).to.equal('Connecting')
    inject(bench, { kind: 'disconnect' }, 1000)
    await bench.clock.advance(500)
    expect([bench.device.state, bench.memory.closeCount]).to.deep.equal(['Disconnected', 1])
    await bench.clock.advance(2000)
    expect(bench.device.state).to.equal('Connected')
  })

  it('trips the breaker, which then behaves as it always does', async () => {
    const bench = await new Bench(settings).started()
    inject(bench, { kind: 'trip' }, 0)
    expect([bench.device.state, bench.device.latest('plc1#breakerState')?.value]).to.deep.equal(['Error', 'Open'])
    expect(refusal(() => inject(bench, { kind: 'trip' }, 0))).to.deep.equal({
      ...{ code: 'invalid-state', status: Status.BadInvalidState },
    })
    expect(told(bench, 'faultInjected').length).to.equal(1)
    await bench.clock.advance(10_000)
    expect(bench.device.latest('plc1#breakerState')?.value).to.equal('Closed')
    const bare = await new Bench({ allowsFaults: true }).started()
    expect(refusal(() => inject(bare, { kind: 'trip' }, 0)).status).to.equal(Status.BadNotSupported)
  })

  it('makes a write fail whose value is not seen', async () => {
    const bench = await new Bench({ ...settings, verify: { withinMs: 500, tolerance: 0 } }).started()
    inject(bench, { kind: 'stuck', port: 'valve' })
    const status = bench.device.write('valve', true, asked)
    await bench.clock.advance(500)
    expect(await status).to.equal(Status.BadDeviceFailure)
  })

  it('disturbs a device that pushes: late readings keep their order, lost ones are gone', async () => {
    const bench = await new Bench(settings, 'pushing').started()
    const seen: unknown[] = []
    bench.device.samples$.subscribe((batch) => {
      for (const { tag, sample } of batch) if (tag === 'plc1.level') seen.push(sample.value)
    })
    inject(bench, { kind: 'delay', delayMs: 300 }, 1000)
    bench.memory.pushed.next({ level: 1 })
    inject(bench, { kind: 'delay', delayMs: 10 }, 1000)
    bench.memory.pushed.next({ level: 2 })
    await bench.clock.advance(299)
    expect(seen).to.deep.equal([])
    await bench.clock.advance(1)
    expect(seen).to.deep.equal([1, 2])
    inject(bench, { kind: 'drop', share: 1 }, 100)
    bench.memory.pushed.next({ level: 3 })
    await bench.clock.advance(1000)
    bench.memory.pushed.next({ level: 4 })
    expect(seen).to.deep.equal([1, 2, 4])
    await bench.device.close()
    expect(bench.clock.pending).to.equal(0)
  })

  it('shows what is injected, with the time that is left, and tells who did it', async () => {
    const bench = await new Bench(settings).started()
    const shown = () => bench.device.latest('plc1#activeFaults')?.value
    expect([shown(), bench.device.latest('plc1#activeFaultCount')?.value]).to.deep.equal([[], 0])
    inject(bench, { kind: 'delay', delayMs: 20 }, 5000)
    expect(shown()).to.deep.equal(['delay of 20 ms, 5 s left, by eng'])
    await bench.clock.advance(2000)
    expect(shown()).to.deep.equal(['delay of 20 ms, 3 s left, by eng'])
    expect(told(bench, 'faultInjected')[0]).to.deep.include({
      ...{ fault: 'delay', initiator: 'eng', durationMs: 5000, device: 'plc1', tag: undefined },
      message: 'Filler PLC: delay of 20 ms injected by eng for 5 s',
    })
    expect(bench.lines.some((line) => line.includes('injected by eng'))).to.equal(true)
    expect(bench.device.clearFaults('ada')).to.equal(1)
    expect(shown()).to.deep.equal([])
    expect(told(bench, 'faultCleared')[0]).to.deep.include({ initiator: 'ada', reason: 'cleared', durationMs: 2000 })
    expect(bench.device.clearFaults('ada')).to.equal(0)
  })

  it('does not hide a plugin that makes no connection', async () => {
    for (const broken of [
      {},
      { read: async () => ({}) },
      { close: () => {}, read: 5 },
      { close: () => {}, groups: 5 },
    ]) {
      const bench = new Bench(settings)
      bench.memory.behaviour.connect = () => broken
      await bench.started()
      expect(bench.device.state).to.equal('Error')
      await bench.device.close()
    }
  })

  it('is over when the device is disabled, and when it is closed', async () => {
    const bench = await new Bench(settings).started()
    inject(bench, { kind: 'drop', share: 1 })
    await bench.device.disconnect()
    expect(told(bench, 'faultCleared')[0]).to.deep.include({ reason: 'disabled', initiator: 'auto' })
    bench.device.connect()
    await bench.clock.advance(0)
    await bench.clock.advance(0)
    expect(bench.look('level').status).to.equal(Status.Good)
    inject(bench, { kind: 'stuck', port: 'level' })
    await bench.device.close()
    expect(told(bench, 'faultCleared').length).to.equal(2)
    expect(bench.clock.pending).to.equal(0)
  })
})
