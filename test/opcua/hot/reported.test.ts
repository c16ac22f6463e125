import { expect } from 'chai'
import { DataChangeNotification } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { Status } from '../../../src/model/status.ts'
import { KeptChanges } from '../../../src/opcua/hot/kept.ts'
import type { WireClient } from '../../kit/wire/client.ts'
import { wireRemove } from '../../kit/wire/items.ts'
import { wireMade, wireMessage, wireSubscription, wireUnsubscribe } from '../../kit/wire/subscription.ts'
import { type Both, startBoth } from './both.ts'
import { ask, expectSame, publishingMs, Subscriptions, sampleOf } from './subscriptions.ts'

describe('what is reported quickly', function () {
  this.timeout(120_000)
  let both: Both
  let subscriptions: Subscriptions

  before(async () => {
    both = await startBoth()
    subscriptions = new Subscriptions(both)
  })
  after(() => both.stop())
  afterEach(() => subscriptions.end())

  it('soon tell no more to a session that may not read any longer, and go on telling others', async () => {
    const item = [{ nodeId: subscriptions.nodeIdOf('plc1.Level'), handle: 1 }]
    const [refused, allowed] = [both.pair('Observer').hot, both.pair('Engineer').hot]
    const made: [WireClient, number][] = []
    for (const client of [refused, allowed]) {
      const subscriptionId = await wireSubscription(client, publishingMs)
      await wireMade(client, subscriptionId, item)
      made.push([client, subscriptionId])
    }
    let value = 0
    const told = async (client: WireClient): Promise<readonly unknown[]> => {
      value += 1
      // No more requests than a client may send.
      await new Promise((resolve) => setTimeout(resolve, 20))
      both.hot.plant.emit(sampleOf('plc1.Level', value, 1_000_000 + value))
      const { changes } = await wireMessage(client)
      return changes.map((change) => change.value.status ?? change.value.variant?.value)
    }
    while ((await told(refused)).at(-1) !== value) await told(allowed)
    both.hot.forbid('plc1.Level')
    while (!(await told(refused)).includes(Status.BadUserAccessDenied)) await told(allowed)
    for (let round = 0; round < 5; round++) expect(await told(refused)).to.deep.equal([])
    while ((await told(allowed)).at(-1) !== value) await told(refused)
    for (const [client, subscriptionId] of made) await wireUnsubscribe(client, subscriptionId)
  })

  it('leave nobody out who listens to the variable besides, before or after the items', async () => {
    const heard: unknown[] = []
    const hear = (value: unknown): unknown => heard.push(value)
    const first = both.hot.listen('plc1.aDouble', hear)
    const items = [0, 1].map((handle) => ({ nodeId: subscriptions.nodeIdOf('plc1.aDouble'), handle, queueSize: 100 }))
    const sides = await subscriptions.watch(both.pair('Operator'), items)
    await expectSame(sides, 'at first')
    let value = 1000
    const tell = async (): Promise<number> => {
      value += 1
      await subscriptions.emit(sampleOf('plc1.aDouble', value, value))
      return value
    }
    const expected: number[] = []
    expected.push(await tell())
    first()
    await tell()
    const second = both.hot.listen('plc1.aDouble', hear)
    expected.push(await tell())
    const third = both.hot.listen('plc1.aDouble', hear)
    const twice = await tell()
    expected.push(twice, twice)
    second()
    third()
    await tell()
    await ask(sides, ({ client, subscriptionId, ids }) => wireRemove(client, subscriptionId, ids.slice(0, 1)))
    const fourth = both.hot.listen('plc1.aDouble', hear)
    expected.push(await tell())
    await expectSame(sides, 'to the items')
    fourth()
    expect(heard).to.deep.equal(expected)
  })

  it('hold nothing of items that come and go while nobody asks', async () => {
    const { hot } = both.pair('Operator')
    const subscriptionId = await wireSubscription(hot, publishingMs)
    const items = Array.from({ length: 100 }, (_, handle) => ({
      nodeId: subscriptions.nodeIdOf('plc1.aDouble'),
      handle,
    }))
    for (let round = 0; round < 20; round++) {
      const made = await wireMade(hot, subscriptionId, items)
      both.hot.plant.emit(sampleOf('plc1.aDouble', round, 200 + round))
      await wireRemove(
        hot,
        subscriptionId,
        made.map(({ id }) => id),
      )
    }
    const made = await wireMade(hot, subscriptionId, items.slice(0, 3))
    expect(made.map(({ status }) => status)).to.deep.equal([0, 0, 0])
    const { changes } = await wireMessage(hot)
    expect(changes.map(({ handle }) => handle).sort()).to.deep.equal([0, 1, 2])
    expect(both.hot.listedItems(subscriptionId)).to.be.at.most(106)
    await wireUnsubscribe(hot, subscriptionId)
  })
})

describe('changes that are kept as bytes', () => {
  it('are encoded and shown as the notification was that they were', () => {
    const notification = new DataChangeNotification({
      monitoredItems: [{ clientHandle: 5, value: { value: { dataType: 'Double', value: 1.5 } } }],
    } as never)
    const encoded = (value: { encode(stream: BinaryStream): void }): Buffer => {
      const stream = new BinaryStream(200)
      value.encode(stream)
      return stream.buffer.subarray(0, stream.length)
    }
    const kept = new KeptChanges(encoded(notification))
    expect(kept).to.be.instanceOf(DataChangeNotification)
    expect(encoded(kept).toString('hex')).to.equal(encoded(notification).toString('hex'))
    const [item] = kept.monitoredItems ?? []
    expect([item?.clientHandle, item?.value.value.value]).to.deep.equal([5, 1.5])
  })
})
