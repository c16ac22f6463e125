import { expect } from 'chai'
import { hasTaken, ruleOf } from '../../src/device/write-verification.ts'
import type { Port } from '../../src/model/port.ts'
import { Status } from '../../src/model/status.ts'
import type { DataType, Value } from '../../src/model/value.ts'
import { Bench, never } from './memory-device.ts'

const asked = { initiator: 'user1' }
const verify = { withinMs: 1000, tolerance: 0 }

describe('hasTaken', () => {
  const rows: readonly [DataType, Value, Value, number, boolean][] = [
    ['Double', 1.5, 1.5, 0, true],
    ['Double', 1.5, 1.6, 0, false],
    ['Double', 1.5, 1.6, 0.11, true],
    ['Double', 0.1, Math.fround(0.1), 0, true],
    ['Double', 0, 1e-9, 0, false],
    ['Int32', 2_000_000_000, 2_000_000_001, 0, false],
    ['Int16', -5, -4, 1, true],
    ['Int64', 9_007_199_254_740_993n, 9_007_199_254_740_993n, 0, true],
    ['Int64', 9_007_199_254_740_993n, 9_007_199_254_740_992n, 0, false],
    ['UInt64', 5n, 7n, 2.9, true],
    ['Boolean', true, false, 5, false],
    ['String', 'auto', 'auto', 0, true],
    ['String', 'auto', 'Auto', 0, false],
    ['DateTime', new Date(5), new Date(5), 0, true],
    ['DateTime', new Date(5), new Date(6), 0, false],
    ['ByteString', new Uint8Array([1, 2]), new Uint8Array([1, 2]), 0, true],
    ['ByteString', new Uint8Array([1, 2]), new Uint8Array([1, 3]), 0, false],
    ['Double', [1, 2], [1, 2.05], 0.1, true],
    ['Double', [1, 2], [1, 2, 3], 0.1, false],
    ['Double', [1, 2], 1, 0.1, false],
    ['Double', 1, null, 0, false],
    ['Double', 1, '1', 5, false],
  ]
  for (const [dataType, written, read, tolerance, expected] of rows) {
    const shown = (value: Value) => (Array.isArray(value) ? `[${value}]` : String(value))
    it(`is ${expected} for ${dataType} ${shown(written)} that reads ${shown(read)}, within ${tolerance}`, () => {
      expect(hasTaken({ dataType }, { written, read, tolerance })).to.equal(expected)
    })
  }
})

describe('ruleOf', () => {
  const outputs = [{ name: 'a' }, { name: 'constructor' }] as unknown as readonly Port[]

  it('is for tags that are read, and for those that are named when some are', () => {
    expect(ruleOf(undefined, 'a', outputs)).to.equal(undefined)
    expect(ruleOf(verify, 'a', outputs)).to.equal(verify)
    expect(ruleOf(verify, 'b', outputs)).to.equal(undefined)
    const own = { withinMs: 5, tolerance: 1 }
    expect(ruleOf({ ...verify, tags: { a: own } }, 'a', outputs)).to.equal(own)
    expect(ruleOf({ ...verify, tags: { b: own } }, 'a', outputs)).to.equal(undefined)
    expect(ruleOf({ ...verify, tags: { a: own } }, 'constructor', outputs)).to.equal(undefined)
  })
})

describe('write that is verified', () => {
  const outcome = (promise: Promise<number>) => {
    const seen: { status?: number } = {}
    void promise.then((status) => {
      seen.status = status
    })
    return seen
  }

  it('is Good as soon as the tag reads the value, not before', async () => {
    const bench = await new Bench({ verify }).started()
    bench.memory.behaviour.write = () => undefined
    const seen = outcome(bench.device.write('valve', true, asked))
    await bench.clock.advance(200)
    expect(seen.status).to.equal(undefined)
    bench.memory.values.valve = true
    await bench.clock.advance(50)
    expect(seen.status).to.equal(Status.Good)
    expect(bench.look('valve').value).to.equal(true)
    const reads = bench.memory.readCount
    await bench.clock.advance(500)
    expect(bench.memory.readCount).to.equal(reads)
  })

  it('is BadDeviceFailure when the device took it and reads something else in the end, and the event says what', async () => {
    const bench = await new Bench({ verify }).started()
    bench.memory.behaviour.write = () => undefined
    const seen = outcome(bench.device.write('valve', true, asked))
    await bench.clock.advance(999)
    expect(seen.status).to.equal(undefined)
    await bench.clock.advance(1)
    expect(seen.status).to.equal(Status.BadDeviceFailure)
    const written = bench.events.filter(({ kind }) => kind === 'tagWritten')
    expect(written).to.have.length(1)
    expect(written[0]).to.deep.include({
      ...{ status: Status.BadDeviceFailure, oldValue: false, newValue: true, initiator: 'user1' },
      message: 'valve of Filler PLC not written (BadDeviceFailure, reads false) by user1',
    })
    expect(bench.device.state).to.equal('Connected')
  })

  it('is BadTimeout when there is no reading by then', async () => {
    const bench = await new Bench({ verify, timeoutMs: 5000 }).started()
    bench.memory.behaviour.read = never
    const seen = outcome(bench.device.write('valve', true, asked))
    await bench.clock.advance(1000)
    expect(seen.status).to.equal(Status.BadTimeout)
  })

  it('is BadNotConnected when the link is lost before it is verified', async () => {
    const bench = await new Bench({ verify }).started()
    bench.memory.behaviour.write = () => undefined
    const seen = outcome(bench.device.write('valve', true, asked))
    await bench.clock.advance(100)
    await bench.device.disconnect()
    await bench.clock.advance(0)
    expect(seen.status).to.equal(Status.BadNotConnected)
    await bench.device.close()
    expect(bench.clock.pending).to.equal(0)
  })

  it('holds back the writes after it, so that none can be taken for another', async () => {
    const bench = await new Bench({ verify }).started()
    bench.memory.behaviour.write = (setpoints) =>
      void bench.clock.after(100, () => Object.assign(bench.memory.values, setpoints))
    const statuses = Promise.all([
      bench.device.write('valve', true, asked),
      bench.device.write('valve', false, asked),
      bench.device.write('setpoint', 3, asked),
    ])
    await bench.clock.advance(0)
    expect(bench.memory.written).to.deep.equal([{ valve: true }])
    await bench.clock.advance(150)
    expect(bench.memory.written).to.deep.equal([{ valve: true }, { valve: false }])
    await bench.clock.advance(500)
    expect(await statuses).to.deep.equal([Status.Good, Status.Good, Status.Good])
  })

  it('is verified by the readings that a device pushes', async () => {
    const bench = await new Bench({ verify }, 'pushing').started()
    bench.memory.pushed.next({ valve: false })
    const seen = outcome(bench.device.write('valve', true, asked))
    await bench.clock.advance(10)
    bench.memory.pushed.next({ level: 3 })
    await bench.clock.advance(10)
    expect(seen.status).to.equal(undefined)
    bench.memory.pushed.next({ valve: true })
    await bench.clock.advance(0)
    expect(seen.status).to.equal(Status.Good)
  })

  it('leaves alone what is not read, and what is not named', async () => {
    const bench = await new Bench({ verify: { ...verify, tags: { level: verify } } }).started()
    bench.memory.behaviour.write = () => undefined
    expect(await bench.device.write('valve', true, asked)).to.equal(Status.Good)
    expect(await bench.device.write('setpoint', 1, asked)).to.equal(Status.Good)
  })
})
