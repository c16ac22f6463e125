import { expect } from 'chai'
import { DataType } from 'node-opcua'
import { diagnosticTag } from '../../../src/model/diagnostics.ts'
import { MemoryConditionStore } from '../../../src/opcua/alarms/condition-store.ts'
import type { Client } from '../bench.ts'
import { type AlarmBench, AlarmPlant, answerTo, type Heard, type Listener, listen, startAlarms } from './alarm-bench.ts'

const level = 'pipe/fill.Alarms.volumeLevel'
const fault = 'pipe/fill.Alarms.Fault'
const uint = (value: number) => ({ dataType: DataType.UInt32, value })
/** RefreshStartEventType and RefreshEndEventType. */
const [start, end] = ['i=2787', 'i=2788']

async function refresh(client: Client, subscriptionId: number, itemId?: number, objectId = 'i=2782'): Promise<string> {
  const methodId = itemId === undefined ? 'i=3875' : 'i=12912'
  const inputArguments = [uint(subscriptionId), ...(itemId === undefined ? [] : [uint(itemId)])]
  return (await client.session.call({ objectId, methodId, inputArguments })).statusCode.name
}

const all = { all: true }

describe('condition refresh', () => {
  let bench: AlarmBench
  beforeEach(async () => {
    bench = await startAlarms()
  })
  afterEach(() => bench.stop())

  /** Conditions between start and end, by ConditionId. */
  function between({ heard }: Listener): string[] {
    const types = heard.map(({ EventType }) => EventType)
    const from = types.indexOf(start)
    const to = types.indexOf(end)
    expect(from, 'start').to.be.at.least(0)
    expect(to, 'end').to.be.greaterThan(from)
    return heard.slice(from + 1, to).map(({ ConditionId }) => ConditionId)
  }

  it('brings exactly what is retained, branches too, between start and end, to the asking subscription alone', async () => {
    const { plant, client } = bench
    plant.set('fill.volume', 42)
    plant.set('fill.volume', 20)
    plant.set('fill.volume', 42)
    plant.fail()
    plant.connection('plc1', 'Connected')
    const mine = await listen(client, undefined, all)
    const sibling = await listen(client, undefined, all)
    const other = await listen(await bench.connect(), undefined, all)
    expect(await refresh(client, mine.subscription.subscriptionId)).to.equal('Good')
    await mine.next(5)
    expect(between(mine)).to.have.members([level, level, fault])
    expect(mine.heard.filter(({ BranchId }) => String(BranchId).startsWith('branch/'))).to.have.length(1)
    // An event that everybody gets shows that the others got nothing before it.
    plant.connection('servo1', 'Error')
    await Promise.all([sibling.next(1), other.next(1)])
    for (const { heard } of [sibling, other])
      expect(heard.map(({ SourceName }) => SourceName)).to.deep.equal(['Valve servo'])
  })

  it('sends each condition again with the EventId and Time that it had, so that it can be acknowledged', async () => {
    const before = await listen(bench.client)
    bench.plant.set('fill.volume', 42, 1_700_000_000_000)
    const event = await before.next(1)
    const late = await bench.connect()
    const listener = await listen(late)
    await refresh(late, listener.subscription.subscriptionId)
    const again = await listener.next(1)
    expect(again.EventId).to.deep.equal(event.EventId)
    expect(again.Time).to.deep.equal(event.Time)
    expect(await bench.acknowledge(again, late)).to.equal('Good')
  })

  it('brings start and end alone when nothing is retained, or what was is disabled', async () => {
    const listener = await listen(bench.client, undefined, all)
    expect(await refresh(bench.client, listener.subscription.subscriptionId)).to.equal('Good')
    await listener.next(2)
    expect(between(listener)).to.deep.equal([])
    bench.plant.set('fill.volume', 42)
    await bench.call(level, 'Disable')
    await listener.next(4)
    listener.heard.length = 0
    await refresh(bench.client, listener.subscription.subscriptionId)
    await listener.next(2)
    expect(between(listener)).to.deep.equal([])
  })

  it('brings start and end to an item on a unit too, with its conditions between (Part 9 §4.5)', async () => {
    bench.plant.set('fill.volume', 42)
    bench.plant.connection('servo1', 'Error')
    const servo = await listen(bench.client, 'dev/servo1', all)
    await refresh(bench.client, servo.subscription.subscriptionId)
    await servo.next(3)
    expect(between(servo)).to.deep.equal(['dev/servo1.DeviceHealthAlarms.ConnectionFailure'])
  })

  it('ConditionRefresh2 refreshes one item alone', async () => {
    bench.plant.set('fill.volume', 42)
    const listener = await listen(bench.client, undefined, all)
    const id = listener.item.monitoredItemId as number
    expect(await refresh(bench.client, listener.subscription.subscriptionId, id)).to.equal('Good')
    await listener.next(3)
    expect(between(listener)).to.deep.equal([level])
    expect(await refresh(bench.client, listener.subscription.subscriptionId, id + 1000)).to.equal(
      'BadMonitoredItemIdInvalid',
    )
  })

  it('refuses a subscription that is not of the session', async () => {
    const other = await listen(await bench.connect())
    const id = other.subscription.subscriptionId
    expect(await refresh(bench.client, id)).to.equal('BadSubscriptionIdInvalid')
    expect(await refresh(bench.client, 4_000_000_000)).to.equal('BadSubscriptionIdInvalid')
    expect(await refresh(bench.client, id, 1)).to.equal('BadSubscriptionIdInvalid')
  })

  it('lets observers refresh', async () => {
    const observed = await startAlarms({ anonymous: 'observe' })
    try {
      const listener = await listen(observed.client, undefined, all)
      expect(await refresh(observed.client, listener.subscription.subscriptionId)).to.equal('Good')
    } finally {
      await observed.stop()
    }
  })
})

describe('conditions and time', () => {
  it('waits for the on-delay of the connection alarm', async () => {
    const bench = await startAlarms({ connectionDelayMs: 2000 })
    try {
      const server = await listen(bench.client)
      bench.plant.connection('plc1', 'Disconnected')
      await bench.clock.advance(1999)
      bench.plant.connection('plc1', 'Connected')
      bench.plant.connection('servo1', 'Disconnected')
      await bench.clock.advance(2000)
      expect((await server.next(1)).SourceName).to.equal('Valve servo')
      expect(server.heard).to.have.length(1)
    } finally {
      await bench.stop()
    }
  })

  it('keeps what was unacknowledged in its store, with the EventId that clients know', async () => {
    const store = new MemoryConditionStore()
    const before = await startAlarms({ store })
    let event: Heard
    try {
      const server = await listen(before.client)
      before.plant.set('fill.volume', 42)
      event = await server.next(1)
    } finally {
      await before.stop()
    }
    const after = await startAlarms({ store })
    try {
      const server = await listen(after.client)
      after.plant.set('fill.volume', 42)
      expect(await after.call(level, 'AddComment', answerTo(event, 'still there'))).to.equal('Good')
      // It is still the same activation: nothing was raised again.
      expect(await server.next(1)).to.include({ Comment: 'still there', 'AckedState.Id': false })
      expect(server.heard).to.have.length(1)
    } finally {
      await after.stop()
    }
  })

  it('does not end a connection alarm because the device begins anew, unless it stays disabled', async () => {
    const store = new MemoryConditionStore()
    const before = await startAlarms({ store })
    before.plant.connection('plc1', 'Error')
    before.plant.connection('servo1', 'Error')
    await before.stop()
    const after = await startAlarms({ store, connectionDelayMs: 2000 })
    try {
      const server = await listen(after.client)
      after.plant.connection('plc1', 'Disabled')
      after.plant.connection('servo1', 'Disabled')
      after.plant.connection('plc1', 'Connecting')
      await after.clock.advance(2000)
      expect(await server.next(1)).to.include({ SourceName: 'Valve servo', 'ActiveState.Id': false })
      after.plant.connection('plc1', 'Disconnected')
      await after.clock.advance(2000)
      after.plant.connection('plc1', 'Connected')
      expect(await server.next(2)).to.include({ SourceName: 'Filler PLC', 'ActiveState.Id': false })
      expect(server.heard).to.have.length(2)
    } finally {
      await after.stop()
    }
  })

  it('stops with active and shelved alarms, and leaves no timer and no listener', async () => {
    const bench = await startAlarms({ connectionDelayMs: 5000 })
    const server = await listen(bench.client)
    bench.plant.set('fill.volume', 42)
    bench.plant.connection('plc1', 'Error')
    await server.next(1)
    await bench.call(`${level}.ShelvingState`, 'OneShotShelve')
    expect(bench.clock.pending).to.equal(2)
    await bench.stop()
    expect(bench.clock.pending).to.equal(0)
    expect(bench.plant.isFollowed).to.equal(false)
  })
})

describe('an alarm storm', () => {
  const count = 100

  it('stays bounded: 100 outputs that toggle 50 times leave a handful of branches each, and the server answers', async function () {
    this.timeout(60_000)
    const plant = new StormPlant()
    const bench = await startAlarms({ plant })
    try {
      const idle = await listen(bench.client, undefined, { queueSize: 10 })
      for (let round = 0; round < 50; round++) {
        const value = round % 2 === 0 ? 42 : 20
        plant.emit(...plant.tags.map((tag) => ({ tag, sample: { value, status: 0, sourceTime: round } })))
        const state = round % 2 === 0 ? 'Error' : 'Connected'
        plant.set(diagnosticTag('servo1', 'connectionState'), state)
      }
      const again = await bench.connect()
      const mine = await listen(again, undefined, { queueSize: 1000, all: true })
      expect(await refresh(again, mine.subscription.subscriptionId)).to.equal('Good')
      await mine.next(2 + count * 6 + 6)
      expect(mine.heard.length).to.equal(2 + count * 6 + 6)
      // A client that does not keep up gets the newest of its queue, not everything.
      expect(idle.heard.length).to.be.lessThan(count * 50)
      expect(bench.clock.pending).to.equal(0)
    } finally {
      await bench.stop()
    }
  })

  /** A pipeline with a hundred outputs that have limits. */
  class StormPlant extends AlarmPlant {
    readonly tags = Array.from({ length: count }, (_, index) => `fill.volume${index}`)
    override readonly pipelines = new AlarmPlant().pipelines.map((pipeline) => ({
      ...pipeline,
      outputs: pipeline.outputs.flatMap((output) =>
        Array.from({ length: count }, (_, index) => ({ ...output, name: `volume${index}` })),
      ),
    }))
  }
})
