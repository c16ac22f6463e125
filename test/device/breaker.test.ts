import { expect } from 'chai'
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
})
