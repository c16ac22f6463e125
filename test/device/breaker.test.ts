import { expect } from 'chai'
import type { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import { Bench } from './memory-device.ts'

const refuse = () => Promise.reject(new Error('connection refused'))
const breaker = { failures: 3, resetMs: 10_000 }

describe('circuit breaker of a device', () => {
  /** Everything that was published of the breaker's state. */
  const states = ({ batches }: Bench): unknown[] =>
    batches.flatMap((batch) => batch.filter(({ tag }) => tag === 'plc1#breakerState').map(({ sample }) => sample.value))
  const look = ({ device }: Bench, name: string) => device.latest(`plc1#${name}`)

  it('says nothing of a breaker when there is none', async () => {
    const bench = await new Bench().started()
    expect(look(bench, 'breakerState')).to.equal(undefined)
    expect(bench.device.resetBreaker()).to.equal(false)
    expect(bench.device.description.breaker).to.equal(undefined)
  })

  it('opens after so many failures, tells when it tries again, and lets one probe through', async () => {
    const bench = new Bench({ breaker })
    bench.memory.behaviour.connect = refuse
    await bench.started()
    expect(bench.device.description.breaker).to.deep.equal({ failures: 3 })
    expect(look(bench, 'failureCount')?.value).to.equal(1)
    expect(look(bench, 'nextProbeTime')?.status).to.equal(Status.BadNoData)
    // Attempts follow after 200 ms and 400 ms.
    await bench.clock.advance(600)
    expect(states(bench)).to.deep.equal(['Closed', 'Open'])
    expect(look(bench, 'failureCount')?.value).to.equal(3)
    expect(look(bench, 'nextProbeTime')?.value).to.deep.equal(new Date(bench.clock.now() + 10_000))
    await bench.clock.advance(10_000)
    expect(states(bench)).to.deep.equal(['Closed', 'Open', 'HalfOpen', 'Open'])
    expect(look(bench, 'failureCount')?.value).to.equal(4)
  })

  it('closes when the device answers the probe', async () => {
    const bench = new Bench({ breaker })
    bench.memory.behaviour.connect = refuse
    await bench.started()
    await bench.clock.advance(600)
    bench.memory.behaviour.connect = () => undefined
    await bench.clock.advance(10_000)
    expect(states(bench)).to.deep.equal(['Closed', 'Open', 'HalfOpen', 'Closed'])
    expect(look(bench, 'failureCount')?.value).to.equal(0)
  })

  it('is closed by a reset, which tries at once, and only then', async () => {
    const bench = new Bench({ breaker })
    bench.memory.behaviour.connect = refuse
    await bench.started()
    await bench.clock.advance(600)
    const { connectCount } = bench.memory
    bench.memory.behaviour.connect = () => undefined
    expect(bench.device.resetBreaker()).to.equal(true)
    await bench.clock.advance(0)
    expect(bench.memory.connectCount).to.equal(connectCount + 1)
    expect(bench.device.state).to.equal('Connected')
    expect(states(bench)).to.deep.equal(['Closed', 'Open', 'Closed'])
    expect(bench.device.resetBreaker()).to.equal(false)
    await bench.device.close()
    expect(bench.device.resetBreaker()).to.equal(false)
    expect(bench.clock.pending).to.equal(0)
  })

  it('closes when the device is disabled', async () => {
    const bench = new Bench({ breaker })
    bench.memory.behaviour.connect = refuse
    await bench.started()
    await bench.clock.advance(600)
    await bench.device.disconnect()
    expect(states(bench)).to.deep.equal(['Closed', 'Open', 'Closed'])
  })

  describe('while it is open or half open', () => {
    const asked = { initiator: 'user1' }
    const callStatus = (bench: Bench) =>
      bench.device.call('add', { a: 1 }, asked).then(
        () => 'Good',
        (error: unknown) => [(error as MillraceError).status, (error as MillraceError).message],
      )
    /** A breaker that has opened because reads fail; the next probe is due in 10 s. */
    const opened = async () => {
      const bench = await new Bench({ breaker: { ...breaker, probes: 3 } }).started()
      bench.memory.behaviour.read = () => Promise.reject(new Error('noise'))
      await bench.clock.advance(2000)
      expect(look(bench, 'breakerState')?.value).to.equal('Open')
      return bench
    }

    it('sends nothing: no reading, no write, no call, no attempt to connect', async () => {
      const bench = await opened()
      const { readCount, connectCount } = bench.memory
      expect(await bench.device.write('setpoint', 1, asked)).to.equal(Status.BadNotConnected)
      expect(await callStatus(bench)).to.deep.equal([
        Status.BadNotConnected,
        'plc1 is not connected; check its cable, address and power',
      ])
      await bench.clock.advance(8900)
      expect([bench.memory.readCount, bench.memory.connectCount, bench.memory.written.length]).to.deep.equal([
        readCount,
        connectCount,
        0,
      ])
    })

    it('closes after as many readings as it has probes; until then commands wait for better times', async () => {
      const bench = await opened()
      bench.memory.behaviour.read = () => ({ ...bench.memory.values })
      const { readCount } = bench.memory
      const opensAgain = look(bench, 'nextProbeTime')!.value as Date
      await bench.clock.advance(opensAgain.getTime() - bench.clock.now())
      expect(look(bench, 'breakerState')?.value).to.equal('HalfOpen')
      // Its readings are as good as any.
      expect(bench.look('level').status).to.equal(Status.Good)
      expect(await bench.device.write('setpoint', 1, asked)).to.equal(Status.BadNotConnected)
      expect(await callStatus(bench)).to.deep.equal([
        Status.BadNotConnected,
        'plc1 is tried out by its circuit breaker; wait until that is closed',
      ])
      await bench.clock.advance(1000)
      expect([look(bench, 'breakerState')?.value, bench.memory.readCount - readCount]).to.deep.equal(['HalfOpen', 2])
      await bench.clock.advance(1000)
      expect([look(bench, 'breakerState')?.value, bench.memory.readCount - readCount]).to.deep.equal(['Closed', 3])
      expect(await bench.device.write('setpoint', 1, asked)).to.equal(Status.Good)
      expect(await callStatus(bench)).to.equal('Good')
    })

    it('opens again at the first probe that fails', async () => {
      const bench = await opened()
      let count = 0
      bench.memory.behaviour.read = () => (++count < 3 ? { level: 1 } : Promise.reject(new Error('noise')))
      await bench.clock.advance(12_000)
      expect(states(bench).slice(-2)).to.deep.equal(['HalfOpen', 'Open'])
      expect(count).to.equal(3)
    })

    it('lets one probe through at a time, also over a connection that could have several under way', async () => {
      const bench = new Bench({ breaker: { ...breaker, probes: 2 } })
      let underWay = 0
      let underWayMax = 0
      const read = async () => {
        underWayMax = Math.max(underWayMax, ++underWay)
        await new Promise<void>((resolve) => bench.clock.after(100, resolve))
        underWay -= 1
        return { level: 1 }
      }
      const groups = ['level', 'valve', 'count', 'mode'].map((output) => ({ everyMs: 1000, outputs: [output], read }))
      bench.memory.behaviour.connect = refuse
      await bench.started()
      await bench.clock.advance(600)
      expect(look(bench, 'breakerState')?.value).to.equal('Open')
      bench.memory.behaviour.connect = () => ({ isConcurrent: true, read, groups, close: () => {} })
      await bench.clock.advance(10_000)
      await bench.clock.advance(150)
      expect([look(bench, 'breakerState')?.value, underWayMax]).to.deep.equal(['HalfOpen', 1])
      await bench.clock.advance(100)
      expect(look(bench, 'breakerState')?.value).to.equal('Closed')
      expect(underWay).to.be.greaterThan(1)
      await bench.device.close()
    })
  })
})
