import { expect } from 'chai'
import fc from 'fast-check'
import { WriteEvents, type Written } from '../../src/device/write-events.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import type { DeviceDescription } from '../../src/model/port.ts'
import { Status } from '../../src/model/status.ts'
import { Bench } from './memory-device.ts'

type Told = Extract<PlantEvent, { kind: 'tagWritten' }>

function bench() {
  const clock = new VirtualClock(1_000_000)
  const told: Told[] = []
  const description = { id: 'plc1', name: 'PLC' } as DeviceDescription
  const events = new WriteEvents({ description, clock, raise: (event) => told.push(event as Told) })
  let last = 0
  const write = (changes: Partial<Written> = {}) => {
    const written = { port: 'a', initiator: 'pipeline:fill', oldValue: last, newValue: last + 1, count: 1 }
    last += 1
    events.tell({ ...written, status: Status.Good, isRoutine: true, ...changes })
  }
  return { clock, told, events, write }
}

describe('events of writes', () => {
  it('are told at once for a client, however many there are', () => {
    const { told, write } = bench()
    for (let index = 0; index < 100; index++) write({ isRoutine: false, initiator: 'ada' })
    expect(told.length).to.equal(100)
    expect(told[0]).to.deep.include({ message: 'a of PLC written by ada', count: 1, tag: 'plc1.a', oldValue: 0 })
  })

  it('are told at once for some writes of a pipeline and gathered for the rest, with count, first and last value', async () => {
    const { clock, told, write } = bench()
    for (let index = 0; index < 1000; index++) write()
    expect(told.length).to.equal(10)
    write({ status: Status.BadOutOfRange })
    write()
    await clock.advance(60_000)
    expect(told.length).to.equal(11)
    expect(told[10]).to.deep.include({ count: 992, oldValue: 10, newValue: 1002, status: Status.BadOutOfRange })
    expect(told[10]?.message).to.equal('a of PLC not written (BadOutOfRange) by pipeline:fill, 992 times')
    expect(clock.pending).to.equal(0)
  })

  it('are bounded for each tag alone', () => {
    const { told, write } = bench()
    for (let index = 0; index < 20; index++) write({ port: index % 2 === 0 ? 'a' : 'b' })
    expect(told.length).to.equal(20)
  })

  it('tell of everything in the end, in any rhythm, and leave no timer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }), async (pauses) => {
        const { clock, told, events, write } = bench()
        for (const ms of pauses) {
          write()
          await clock.advance(ms)
        }
        events.close()
        expect(told.reduce((sum, { count }) => sum + count, 0)).to.equal(pauses.length)
        // Each event takes up where the one before ended.
        expect(told.map(({ oldValue }) => oldValue)).to.deep.equal(
          [0, ...told.map(({ newValue }) => newValue)].slice(0, told.length),
        )
        expect(clock.pending).to.equal(0)
      }),
      { numRuns: 50 },
    )
  })
})

describe('routine writes of a pipeline', () => {
  const routine = { initiator: 'pipeline:fill', isRoutine: true }
  const user = { initiator: 'ada' }

  it('give way to newer ones while they wait; a client writes in between is sent in its place', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.write = () => new Promise((resolve) => bench.clock.after(10, () => resolve(undefined)))
    const statuses = Promise.all([
      bench.device.write('label', 'first', user),
      bench.device.write('setpoint', 1, routine),
      bench.device.write('setpoint', 2, routine),
      bench.device.write('setpoint', 3, routine),
      bench.device.write('setpoint', 9, user),
      bench.device.write('setpoint', 4, routine),
      bench.device.write('setpoint', 5, routine),
      bench.device.write('setpoint', 8, user),
      bench.device.write('setpoint', 7, user),
    ])
    await bench.clock.advance(200)
    expect(new Set(await statuses)).to.deep.equal(new Set([Status.Good]))
    expect(bench.memory.written.map((setpoints) => Object.values(setpoints)[0])).to.deep.equal(['first', 3, 9, 5, 8, 7])
    const counts = bench.events.flatMap((event) => (event.kind === 'tagWritten' ? [event.count] : []))
    expect(counts).to.deep.equal([1, 3, 1, 2, 1, 1])
  })

  it('never fill the queue of a slow device, however long it takes', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.write = () => new Promise((resolve) => bench.clock.after(400, () => resolve(undefined)))
    const statuses: Promise<number>[] = []
    for (let index = 0; index < 1000; index++) statuses.push(bench.device.write('setpoint', index % 10, routine))
    statuses.push(bench.device.write('label', 'mine', user))
    await bench.clock.advance(2000)
    expect(new Set(await Promise.all(statuses))).to.deep.equal(new Set([Status.Good]))
    expect(bench.memory.written).to.deep.equal([{ setpoint: 0 }, { setpoint: 9 }, { label: 'mine' }])
  })

  it('tell when their value is beyond the range, or no number', async () => {
    const bench = await new Bench().started()
    for (const value of [11, Number.NaN, Number.POSITIVE_INFINITY]) await bench.device.write('setpoint', value, routine)
    await bench.device.write('setpoint', [1, 2], routine)
    const told = bench.events.flatMap((event) => (event.kind === 'tagWritten' ? [[event.newValue, event.status]] : []))
    expect(told).to.deep.equal([
      [11, Status.BadOutOfRange],
      [Number.NaN, Status.BadOutOfRange],
      [Number.POSITIVE_INFINITY, Status.BadOutOfRange],
      [[1, 2], Status.BadTypeMismatch],
    ])
    expect(bench.memory.written).to.deep.equal([])
  })

  it('end with the link when they wait for their turn, and none of them is sent over the next one', async () => {
    const bench = await new Bench({ everyMs: 60_000 }).started()
    bench.memory.behaviour.write = () => new Promise(() => {})
    const statuses = Promise.all([
      bench.device.write('setpoint', 1, user),
      bench.device.write('setpoint', 2, user),
      bench.device.write('setpoint', 3, routine),
    ])
    await bench.device.disconnect()
    bench.device.connect()
    await bench.clock.advance(1000)
    expect(await statuses).to.deep.equal([Status.BadNotConnected, Status.BadNotConnected, Status.BadNotConnected])
    expect(bench.memory.written).to.deep.equal([{ setpoint: 1 }])
    bench.memory.behaviour.write = () => undefined
    expect(await bench.device.write('setpoint', 4, user)).to.equal(Status.Good)
  })

  it('are told when the device is closed before they had their turn', async () => {
    const bench = await new Bench().started()
    bench.memory.behaviour.write = () => new Promise(() => {})
    const statuses = Promise.all([
      bench.device.write('setpoint', 1, user),
      bench.device.write('setpoint', 2, routine),
      bench.device.write('label', 'x', user),
    ])
    await bench.device.close()
    expect(await statuses).to.deep.equal([Status.BadNotConnected, Status.BadNotConnected, Status.BadNotConnected])
    const told = bench.events.flatMap((event) => (event.kind === 'tagWritten' ? [[event.tag, event.status]] : []))
    expect(told).to.deep.equal([
      ['plc1.setpoint', Status.BadNotConnected],
      ['plc1.setpoint', Status.BadNotConnected],
      ['plc1.label', Status.BadNotConnected],
    ])
    expect(bench.clock.pending).to.equal(0)
  })
})
