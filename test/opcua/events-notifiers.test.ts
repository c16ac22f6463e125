import { expect } from 'chai'
import { AttributeIds, BrowseDirection } from 'node-opcua'
import type { PlantEvent } from '../../src/model/event.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { type EventListener, listen, typeId } from './event-listener.ts'

const line = 'eq/Acme/Berlin/Line1'

const started = (pipeline: string): PlantEvent => ({
  ...{
    kind: 'pipelineStarted',
    pipeline,
    runId: 'run1',
    initiator: 'ada',
    version: 3,
    time: Date.now(),
    message: pipeline,
  },
})

const connected = (device: string): PlantEvent => ({
  ...{ kind: 'deviceConnected', device, time: Date.now(), message: device },
})

describe('notifiers (information model, section 5.6; Part 3 §7.15)', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench({ anonymous: 'observe' })
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function targets(nodeId: string, isInverse = false): Promise<string[]> {
    const { references } = await client.session.browse({
      ...{ nodeId, referenceTypeId: 'HasNotifier', includeSubtypes: false, nodeClassMask: 0, resultMask: 63 },
      browseDirection: isInverse ? BrowseDirection.Inverse : BrowseDirection.Forward,
    })
    return (references ?? []).map(({ nodeId: found }) => String(found.value)).sort()
  }

  async function notifier(nodeId: string): Promise<number> {
    return (await client.session.read({ nodeId, attributeId: AttributeIds.EventNotifier })).value.value
  }

  /** Names of the sources that a listener has heard of. */
  async function sources(listener: EventListener): Promise<string[]> {
    const names = (await listener.rest(250)).map(({ SourceNode }) => String((SourceNode as { value: unknown }).value))
    await listener.stop()
    return names
  }

  it('lead from the Server through the equipment to devices and pipelines, by Browse of HasNotifier', async () => {
    expect(await targets('i=2253')).to.include('eq/Acme')
    expect(await targets(client.id('eq/Acme'))).to.deep.equal(['eq/Acme/Berlin'])
    expect(await targets(client.id('eq/Acme/Berlin'))).to.deep.equal([line])
    expect(await targets(client.id(line))).to.deep.equal([`${line}/Filler`, 'pipe/idle'])
    expect(await targets(client.id(`${line}/Filler`))).to.deep.equal([
      ...['dev/plc1', 'dev/servo1', 'pipe/fill', 'pipe/watch'],
    ])
    expect(await targets(client.id('dev/plc1'), true)).to.deep.equal([`${line}/Filler`])
  })

  it('have the bit SubscribeToEvents, and nothing else of the plant has it', async () => {
    const notifiers = ['eq/Acme', 'eq/Acme/Berlin', line, `${line}/Filler`, 'dev/plc1', 'pipe/fill', 'pipe/idle']
    for (const each of notifiers) expect((await notifier(client.id(each))) & 1, each).to.equal(1)
    expect((await notifier('i=2253')) & 1).to.equal(1)
    const others = ['runtime', 'pipe/fill.Steps', 'pipe/fill/scale', 'dev/plc1.ParameterSet', `${line}/Filler.Devices`]
    for (const each of others) expect(await notifier(client.id(each)), each).to.equal(0)
  })

  it('show a unit its own events only, and the Server all', async () => {
    const type = typeId('PipelineEventType')
    const listeners: EventListener[] = []
    for (const nodeId of ['i=2253', client.id(line), client.id(`${line}/Filler`), client.id('pipe/idle')]) {
      listeners.push(await listen(client, nodeId, { type }))
    }
    for (const pipeline of ['fill', 'idle', 'watch']) bench.plant.happen(started(pipeline))
    expect(await Promise.all(listeners.map(sources))).to.deep.equal([
      ['pipe/fill', 'pipe/idle', 'pipe/watch'],
      ['pipe/fill', 'pipe/idle', 'pipe/watch'],
      ['pipe/fill', 'pipe/watch'],
      ['pipe/idle'],
    ])
  })

  it('show a device its own events only', async () => {
    const listener = await listen(client, client.id('dev/servo1'), { type: typeId('DeviceEventType') })
    for (const device of ['plc1', 'servo1']) bench.plant.happen(connected(device))
    expect(await sources(listener)).to.deep.equal(['dev/servo1'])
  })

  it('tell each event once, however many chains lead up', async () => {
    const listener = await listen(client, client.id('eq/Acme'), { type: typeId('DeviceEventType') })
    bench.plant.happen(connected('plc1'))
    expect(await sources(listener)).to.deep.equal(['dev/plc1'])
  })

  it('tell nothing through an object that is none', async () => {
    const listener = await listen(client, client.id('pipe/fill.Steps'))
    bench.plant.happen(started('fill'))
    expect(await sources(listener)).to.deep.equal([])
  })

  it('stay quiet about devices and pipelines that are not in the plant', async () => {
    const listener = await listen(client, 'i=2253')
    bench.plant.happen(connected('plc9'))
    bench.plant.happen(started('nothing'))
    expect(await listener.rest()).to.deep.equal([])
    await listener.stop()
  })

  it('cost a look-up only, when nobody listens to the source or above it', async () => {
    let lookups = 0
    const { latest } = bench.plant
    bench.plant.latest = (tag) => {
      if (tag === 'fill.volume') lookups++
      return latest.call(bench.plant, tag)
    }
    // A transition event carries the outputs, so that building it looks for fill.volume.
    const transition = (): number => {
      const before = lookups
      const run = { pipeline: 'fill', runId: 'run1', initiator: 'ada', time: Date.now(), message: 'halted' } as const
      const [from, to] = ['Ready', 'Halted'] as const
      bench.plant.happen({ ...run, kind: 'programTransitioned', transition: 'ReadyToHalted', from, to })
      return lookups - before
    }
    expect(transition()).to.equal(0)
    const elsewhere = await listen(client, client.id('pipe/watch'))
    expect(transition()).to.equal(0)
    const above = await listen(client, client.id(line))
    expect(transition()).to.equal(1)
    await above.stop()
    expect(transition()).to.equal(0)
    await elsewhere.stop()
  })
})
