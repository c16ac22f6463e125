import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { Subject } from 'rxjs'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { type Clock, systemClock } from '../../src/model/clock.ts'
import { type RunningPlant, startPlant } from '../../src/plant.ts'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { lockedByAnother } from '../kit/disk-faults.ts'
import { type Client, connect } from '../opcua/bench.ts'
import { type EventListener, listen, typeId } from '../opcua/event-listener.ts'

const plantText = `plant: acme
server: { port: 0, anonymous: observe, security: { unsecured: true } }
equipment: { Acme: { level: Enterprise } }
devices:
  sine:
    type: signals
    equipment: Acme
    every: 50ms
    config: { tags: [{ name: level, period: 1s, amplitude: 5 }] }
`

const pipelineText = `pipeline: watch
equipment: Acme
run: { on: change }
start: auto
steps:
  smooth: { function: moving-average, in: { value: sine.level }, config: { size: 2 } }
outputs: { level: { from: smooth.mean, history: { keep: 1d } } }
`

/** The NodeId of Server.ServiceLevel, and of Server.ServerStatus.State. */
const [serviceLevelId, stateId] = ['i=2267', 'i=2259']

describe('health of a running plant', function () {
  this.timeout(60_000)
  let root: string
  let plant: RunningPlant
  let client: Client
  let events: EventListener
  let aheadMs = 0
  const clock: Clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const rejections$ = new Subject<unknown>()

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-health-'))
    const loaded = await loadPlant(await plantFolder({ 'plant.yaml': plantText, 'pipelines/watch.yaml': pipelineText }))
    if (!isRunnable(loaded)) throw new Error(JSON.stringify(loaded.findings))
    plant = await startPlant({
      ...{ plant: loaded, port: 0, certificatesFolder: join(root, 'server'), dataFolder: join(root, 'data') },
      ...{ watchCertificates: false, clock, rejections$, log: pino({ level: 'silent' }) },
    })
    client = await connect(plant.urls[0]!, join(root, 'client'), {})
    events = await listen(client, 'i=2253', {
      fields: ['8:ServiceLevel', '8:Reason', '8:Jump', '8:Count', '8:Duration'],
      type: 'i=2130',
    })
  })

  after(async () => {
    await client.close()
    await plant.stop()
    await removePlantFolders()
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  })

  const read = async (nodeId: string): Promise<unknown> =>
    (await client.session.read({ nodeId, attributeId: 13 })).value.value
  const health = async (name: string) => {
    const names = await client.session.readNamespaceArray()
    return read(`ns=${names.indexOf('urn:millrace:plant:acme')};s=health.${name}`)
  }
  const heard = (type: Parameters<typeof typeId>[0]) =>
    events.heard.filter(({ EventType }) => String(EventType) === typeId(type))

  it('is the best while everything works, and shows what the process takes', async () => {
    expect(await read(serviceLevelId)).to.equal(255)
    expect(await read(stateId)).to.equal(0)
    expect(await health('ServiceLevel')).to.equal(255)
    expect(await health('HeapUsed')).to.be.greaterThan(1_000_000)
    if (process.platform === 'linux') expect(await health('HandleCount')).to.be.greaterThan(3)
  })

  it('is degraded while the history cannot be kept, tells it, and the server runs on', async () => {
    const release = await lockedByAnother(join(root, 'data', 'history.db'), root)
    await until('it is degraded', async () => (await read(serviceLevelId)) !== 255, 20_000)
    expect(await read(serviceLevelId)).to.be.within(2, 199)
    expect(await read(stateId)).to.equal(0)
    await release()
    await until('it is healthy', async () => (await read(serviceLevelId)) === 255, 20_000)
    await until('both are told', () => heard('ServiceLevelEventType').length >= 2)
    expect(JSON.stringify(heard('ServiceLevelEventType')[0]?.Message)).to.include('history')
  })

  it('tells when everything had to wait and no step was to blame', async () => {
    const before = Number(await health('BlockedCount'))
    const end = performance.now() + 700
    while (performance.now() < end);
    await until('it is counted', async () => Number(await health('BlockedCount')) > before)
    await until('it is told', () => heard('EventLoopBlockedEventType').length > 0, 15_000)
    expect(heard('EventLoopBlockedEventType').at(-1)?.Duration).to.be.greaterThan(200)
  })

  it('tells a jump of the clock, and goes on publishing', async () => {
    aheadMs = 7_200_000
    await until('it is told', () => heard('ClockJumpedEventType').length > 0)
    expect(heard('ClockJumpedEventType')[0]?.Jump).to.be.closeTo(7_200_000, 1000)
    aheadMs = 0
    await until('it is told', () => heard('ClockJumpedEventType').length > 1)
    expect(heard('ClockJumpedEventType')[1]?.Jump).to.be.closeTo(-7_200_000, 1000)
    expect(await read(serviceLevelId)).to.equal(255)
  })

  it('counts a rejection that nobody took, and tells it', async () => {
    rejections$.next(1)
    await until('it is told', () => heard('UnhandledRejectionEventType').length > 0)
    expect(await health('UnhandledRejectionCount')).to.equal(1)
  })
})
