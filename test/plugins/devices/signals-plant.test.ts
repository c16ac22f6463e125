import { join } from 'node:path'
import { expect } from 'chai'
import { Devices } from '../../../src/device/devices.ts'
import { isRunnable, loadPlant } from '../../../src/load-plant.ts'
import { VirtualClock } from '../../../src/model/clock.ts'
import { Status } from '../../../src/model/status.ts'
import { packageRoot } from '../../../src/package-root.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }
const begin = Date.UTC(2026, 4, 1)

/** The devices of the example plant under a clock that stands still. */
async function devicesOf() {
  const plant = await loadPlant(join(packageRoot, 'test/plants/signals'), { environment: {} })
  if (!isRunnable(plant)) throw new Error('the plant has errors')
  const entries = plant.definition.devices.flatMap((definition, index) => {
    const [description, plugin] = [plant.devices[index], plant.catalogue.device(definition.type)]
    return description && plugin ? [{ definition, description, plugin }] : []
  })
  const clock = new VirtualClock(begin)
  const devices = new Devices({ entries, clock, log: () => log })
  devices.start()
  return { clock, devices }
}

/** Everything that the plant shows in its first seconds. */
async function samplesOf(seconds: number): Promise<readonly unknown[]> {
  const { clock, devices } = await devicesOf()
  const samples: unknown[] = []
  devices.samples$.subscribe((batch) => samples.push(...batch.filter(({ tag }) => !tag.includes('#'))))
  await clock.advance(1000 * seconds)
  await devices.close()
  return samples
}

describe('signals: the example plant', () => {
  it('shows the same in two runs that begin at the same time', async () => {
    const samples = await samplesOf(5)
    expect(samples.length).to.be.greaterThan(300)
    expect(await samplesOf(5)).to.deep.equal(samples)
  })

  it('takes setpoints, plays its recording from its own folder, and drops samples', async () => {
    const { clock, devices } = await devicesOf()
    await clock.advance(1000)
    expect(devices.latest('meter1.power')).to.deep.include({ value: 0.4, status: Status.Good })
    expect(await devices.write('boiler1.setpoint', 200, { initiator: 'test' })).to.equal(Status.BadOutOfRange)
    expect(await devices.write('boiler1.level', 1, { initiator: 'test' })).to.equal(Status.BadNotWritable)
    const writing = devices.write('boiler1.setpoint', 100, { initiator: 'test' })
    const statuses = new Set<number>()
    devices.samples$.subscribe((batch) => {
      for (const { tag, sample } of batch) if (tag === 'boiler1.water') statuses.add(sample.status)
    })
    await clock.advance(60_000)
    expect(await writing).to.equal(Status.Good)
    expect(devices.latest('boiler1.setpoint')).to.deep.include({ value: 100, status: Status.Good })
    expect(devices.latest('boiler1.setpoint')?.sourceTime).to.equal(clock.now())
    expect([...statuses].toSorted()).to.deep.equal([Status.Good, Status.BadSensorFailure])
    await devices.close()
  })
})
