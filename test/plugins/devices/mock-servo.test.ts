import { expect } from 'chai'
import mockServo from '../../../plugins/devices/mock-servo.ts'
import { Device } from '../../../src/device/device.ts'
import { systemClock } from '../../../src/model/clock.ts'
import type { DeviceDefinition } from '../../../src/model/definition.ts'
import { isMillraceError, type MillraceError } from '../../../src/model/errors.ts'
import { Status } from '../../../src/model/status.ts'
import type { DevicePlugin } from '../../../src/plugin/define.ts'
import { describeDevice, parseConfig } from '../../../src/plugin/describe.ts'

const plugin = mockServo as unknown as DevicePlugin
const asked = { initiator: 'test' }
const quick = { velocity: 3000, acceleration: 100_000 }

function parsed(config: Record<string, unknown>) {
  return parseConfig(plugin.config, config)
}

/** A servo in a device, as the plant has it; fast, so that moves take some ten milliseconds. */
function servo(changes: Record<string, unknown> = {}): Device {
  const result = parsed({
    ...{ every: 5, maxVelocity: 3000, maxAcceleration: 100_000, homingVelocity: 1000, lag: 1 },
    ...changes,
  })
  if (!result.values) throw new Error(JSON.stringify(result))
  const definition: DeviceDefinition = {
    ...{
      id: 'servo1',
      file: 'plant.yaml',
      name: 'Valve servo',
      description: '',
      type: 'mock-servo',
      equipment: 'Acme',
    },
    ...{ config: result.values, everyMs: 1000, timeoutMs: 1000, holdLastMs: 0, enabled: true },
    retry: { attempts: 1, delayMs: 100, factor: 2, jitter: 0, maxDelayMs: 1000 },
  }
  const log = { debug: () => {}, info: () => {}, warn: () => {} }
  const description = describeDevice(definition, plugin)
  return new Device({ definition, description, plugin, clock: systemClock, log })
}

/** Waits until a tag has a value. */
function until(device: Device, port: string, isIt: (value: unknown) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => isIt(device.latest(`servo1.${port}`)?.value)
    const subscription = device.samples$.subscribe(() => {
      if (!look()) return
      subscription.unsubscribe()
      resolve()
    })
  })
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  try {
    await promise
  } catch (error) {
    if (isMillraceError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('mock-servo', () => {
  let device: Device

  beforeEach(() => {
    device = servo()
  })

  afterEach(() => device.close())

  async function running(): Promise<void> {
    device.start()
    await until(device, 'state', (value) => value === 'disabled')
  }

  it('pushes position, velocity, torque and state at its rate', async () => {
    await running()
    expect(device.latest('servo1.position')).to.deep.include({ value: 15, status: Status.Good })
    expect(device.latest('servo1.torque')?.value).to.equal(0)
    const position = device.description.outputs.find(({ name }) => name === 'position')
    expect(position).to.deep.include({ unit: '°', range: [-180, 180], dataType: 'Double' })
    expect(device.description.methods.map(({ name }) => name)).to.deep.equal([
      ...['power', 'home', 'moveAbsolute', 'moveRelative', 'moveVelocity', 'halt', 'stop', 'reset'],
    ])
  })

  it('homes, moves and settles, and the methods end when it has', async () => {
    await running()
    const { homedAt } = await device.call('home', {}, asked)
    expect(homedAt).to.be.closeTo(0, 0.02)
    const { settledAt } = await device.call('moveAbsolute', { position: 90, ...quick }, asked)
    expect(settledAt).to.be.closeTo(90, 0.02)
    const relative = await device.call('moveRelative', { distance: -30, ...quick }, asked)
    expect(relative.settledAt).to.be.closeTo(60, 0.02)
    await until(device, 'state', (value) => value === 'standstill')
    expect(device.latest('servo1.homed')?.value).to.equal(true)
  })

  it('refuses with the status that says why', async () => {
    await running()
    const notHomed = await failure(device.call('moveAbsolute', { position: 10 }, asked))
    expect([notHomed.code, notHomed.status]).to.deep.equal(['write-refused', Status.BadInvalidState])
    expect(notHomed.message).to.equal('servo1.moveAbsolute: moveAbsolute needs a homed axis; call home first')
    const tooFar = await failure(device.call('moveAbsolute', { position: 1000 }, asked))
    expect(tooFar.status).to.equal(Status.BadOutOfRange)
    expect(device.state).to.equal('Connected')
  })

  it('aborts a move when another takes over, and on halt', async () => {
    await running()
    await device.call('home', {}, asked)
    const first = failure(device.call('moveAbsolute', { position: 170, velocity: 100 }, asked))
    const second = failure(device.call('moveAbsolute', { position: -170, velocity: 100 }, asked))
    expect((await first).message).to.contain('aborted by moveAbsolute')
    await device.call('halt', {}, asked)
    expect((await second).status).to.equal(Status.BadInvalidState)
  })

  it('decelerates to a standstill when the caller gives up', async () => {
    await running()
    await device.call('home', {}, asked)
    const controller = new AbortController()
    const move = failure(
      device.call('moveAbsolute', { position: 170, velocity: 50 }, { ...asked, signal: controller.signal }),
    )
    await until(device, 'position', (value) => (value as number) > 1)
    controller.abort()
    expect((await move).code).to.equal('cancelled')
    await until(device, 'state', (value) => value === 'standstill')
    expect(device.latest('servo1.position')?.value).to.be.lessThan(100)
  })

  it('latches a limit fault until reset', async () => {
    await running()
    await device.call('home', {}, asked)
    await device.call('moveVelocity', { velocity: 3000, acceleration: 100_000 }, asked)
    await until(device, 'state', (value) => value === 'errorStop')
    expect(device.latest('servo1.faultCode')?.value).to.equal(2)
    const refused = await failure(device.call('home', {}, asked))
    expect(refused.message).to.contain('call reset first')
    await device.call('reset', {}, asked)
    await until(device, 'faultCode', (value) => value === 0)
    await device.call('stop', {}, asked)
    await device.call('power', { on: false }, asked)
    await until(device, 'powered', (value) => value === false)
  })

  it('takes a target, an override and a load as writes', async () => {
    await running()
    expect(await device.write('targetPosition', 20, asked)).to.equal(Status.BadInvalidState)
    await device.call('home', {}, asked)
    expect(await device.write('targetPosition', 2, asked)).to.equal(Status.Good)
    await until(device, 'position', (value) => (value as number) > 1.9)
    expect(await device.write('velocityOverride', 101, asked)).to.equal(Status.BadOutOfRange)
    expect(await device.write('velocityOverride', 50, asked)).to.equal(Status.Good)
    await until(device, 'velocityOverride', (value) => value === 50)
    expect(await device.write('loadTorque', 60, asked)).to.equal(Status.Good)
    await until(device, 'faultCode', (value) => value === 1)
  })

  it('fails what is under way when it is closed', async () => {
    await running()
    await device.call('home', {}, asked)
    const move = failure(device.call('moveAbsolute', { position: 170, velocity: 20 }, asked))
    await device.disconnect()
    expect((await move).status).to.equal(Status.BadNotConnected)
  })

  it('wants limits in their order and a home between them', () => {
    const { values: config } = parsed({})
    const check = mockServo.check as unknown as (config: unknown) => readonly string[]
    expect(check(config)).to.deep.equal([])
    expect(check({ ...config, minPosition: 200 })).to.deep.equal([
      'minPosition is 200° and maxPosition is 180°; the first must be below the second',
      'homePosition is 0°; choose one from 200° to 180°',
    ])
  })
})
