import { expect } from 'chai'
import { Devices } from '../../src/device/devices.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import type { DeviceDefinition } from '../../src/model/definition.ts'
import { isMillraceError } from '../../src/model/errors.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import type { TagSample } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import { describeDevice } from '../../src/plugin/describe.ts'
import { definitionOf, MemoryDevice, never } from './memory-device.ts'

const asked = { initiator: 'user1' }

/** Some memory devices under one clock, and what comes out of all of them. */
function fleet(...changes: Partial<DeviceDefinition>[]) {
  const clock = new VirtualClock(1_000_000)
  const memories = changes.map(() => new MemoryDevice())
  const log = { debug: () => {}, info: () => {}, warn: () => {} }
  const entries = changes.map((change, index) => {
    const definition = definitionOf({ id: `plc${index + 1}`, ...change })
    const plugin = memories[index]!.plugin()
    return { definition, description: describeDevice(definition, plugin), plugin }
  })
  const devices = new Devices({ entries, clock, log: () => log, random: () => 0.5 })
  const samples: TagSample[] = []
  const events: PlantEvent[] = []
  devices.samples$.subscribe((batch) => samples.push(...batch))
  devices.events$.subscribe((event) => events.push(event))
  return { clock, memories, devices, samples, events }
}

describe('devices', () => {
  it('merges the samples and events of all of them', async () => {
    const { clock, devices, samples, events } = fleet({}, {})
    devices.start()
    devices.start()
    await clock.advance(10)
    await clock.advance(0)
    const good = samples.filter(({ tag, sample }) => tag.endsWith('.level') && sample.status === Status.Good)
    expect(good.map(({ tag }) => tag)).to.deep.equal(['plc1.level', 'plc2.level'])
    expect(events.map(({ kind }) => kind)).to.deep.equal(['deviceConnected', 'deviceConnected'])
    expect(devices.all.map(({ id }) => id)).to.deep.equal(['plc1', 'plc2'])
    expect(devices.byId('plc2')?.state).to.equal('Connected')
  })

  it('finds tags and diagnostics by their owner', async () => {
    const { clock, devices } = fleet({}, {})
    devices.start()
    await clock.advance(10)
    expect(devices.latest('plc2.level')?.value).to.equal(5)
    expect(devices.latest('plc2#connectionState')?.value).to.equal('Connected')
    expect([devices.latest('plc3.level'), devices.latest('plc2'), devices.latest('')]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('passes writes and calls on to the right device', async () => {
    const { clock, devices, memories } = fleet({}, {})
    devices.start()
    await clock.advance(10)
    expect(await devices.write('plc2.setpoint', 3, asked)).to.equal(Status.Good)
    expect([memories[0]?.written, memories[1]?.written]).to.deep.equal([[], [{ setpoint: 3 }]])
    expect(await devices.write('plc9.setpoint', 3, asked)).to.equal(Status.BadNodeIdUnknown)
    expect(await devices.call('plc1', 'add', { a: 1 }, asked)).to.deep.equal({ sum: 2 })
    const failed = await devices.call('plc9', 'add', {}, asked).catch((error: unknown) => error)
    expect(isMillraceError(failed, 'device-unknown')).to.equal(true)
  })

  it('spreads the polls of devices with one period evenly over it', async () => {
    const { clock, devices, memories } = fleet(...Array.from({ length: 50 }, () => ({})))
    devices.start()
    await clock.advance(1500)
    const reads = () => memories.reduce((sum, { readCount }) => sum + readCount, 0)
    const perStep: number[] = []
    for (let step = 0; step < 50; step++) {
      const before = reads()
      await clock.advance(20)
      perStep.push(reads() - before)
    }
    expect(new Set(perStep)).to.deep.equal(new Set([1]))
  })

  it('lets the others keep their polls when one takes very long', async () => {
    const { clock, devices, memories } = fleet(
      { everyMs: 100, timeoutMs: 5000 },
      { everyMs: 100, breaker: { failures: 3, resetMs: 10_000 } },
    )
    devices.start()
    await clock.advance(50)
    memories[1]!.behaviour.read = never
    const before = memories[0]?.readCount ?? 0
    await clock.advance(10_000)
    expect((memories[0]?.readCount ?? 0) - before).to.equal(100)
    // After three timeouts it is left alone for 10 s.
    expect(devices.byId('plc2')?.state).to.equal('Error')
  })

  it('keeps three hundred devices at their periods, whatever these are', async () => {
    const periods = [100, 250, 500, 1000, 3000]
    const { clock, devices, memories } = fleet(
      ...Array.from({ length: 300 }, (_, index) => ({ everyMs: periods[index % periods.length]! })),
    )
    devices.start()
    await clock.advance(3000)
    const before = memories.map(({ readCount }) => readCount)
    await clock.advance(3000)
    memories.forEach(({ readCount }, index) => {
      expect(readCount - before[index]!, `plc${index + 1}`).to.equal(3000 / periods[index % periods.length]!)
    })
    expect(devices.all.every(({ skippedPollCount }) => skippedPollCount === 0)).to.equal(true)
  })

  it('closes all together, also those that had not begun, and leaves no timer', async () => {
    const { clock, devices, memories } = fleet({}, {}, {})
    devices.start()
    await clock.advance(2)
    memories[0]!.behaviour.close = never
    let isComplete = false
    devices.samples$.subscribe({ complete: () => (isComplete = true) })
    const closed = devices.close()
    await clock.advance(1000)
    await closed
    await devices.close()
    expect([isComplete, clock.pending, memories[2]?.connectCount]).to.deep.equal([true, 0, 0])
  })
})
