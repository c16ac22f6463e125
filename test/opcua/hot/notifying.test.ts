import { expect } from 'chai'
import { DataChangeNotification } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import type { TagSample } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import type { Value } from '../../../src/model/value.ts'
import { KeptChanges } from '../../../src/opcua/hot/kept.ts'
import type { WireClient } from '../../kit/wire/client.ts'
import { type WireParameters, wireMode, wireModify, wireRemove, wireTriggering } from '../../kit/wire/items.ts'
import {
  type WireItem,
  type WireMessage,
  wireMade,
  wireMessage,
  wireRepublish,
  wireSubscription,
  wireTransfer,
  wireUnsubscribe,
} from '../../kit/wire/subscription.ts'
import { type Both, comparable, Dice, type Pair, startBoth } from './both.ts'
import { arrangedTime } from './served.ts'

const publishingMs = 50
const badMessageNotAvailable = 0x807b_0000
const badResponseTooLarge = 0x80b9_0000

const tags: readonly (readonly [string, readonly Value[]])[] = [
  ['plc1.Level', [1, 2, 2.5, 40]],
  ['plc1.aDouble', [0, 1, 1.25, 100]],
  ['plc1.aInt32', [-1, 0, 7]],
  ['plc1.aString', ['a', 'b', '']],
  ['plc1.aBoolean', [true, false]],
  ['plc1.lDouble', [[1, 2], [1, 2, 3], []]],
]

/** The same subscription of two clients, with the numbers of its items. */
interface Watching {
  readonly client: WireClient
  readonly subscriptionId: number
  readonly ids: number[]
}

type Sides = Readonly<Record<keyof Pair, Watching>>

describe('subscriptions whose changes are reported quickly', function () {
  this.timeout(120_000)
  let both: Both
  let open: Sides[] = []

  before(async () => {
    both = await startBoth()
  })
  after(() => both.stop())
  afterEach(async () => {
    for (const { hot, stock } of open.splice(0)) {
      for (const side of [hot, stock]) await wireUnsubscribe(side.client, side.subscriptionId)
    }
    open = []
  })

  const nodeIdOf = (tag: string): string => both.nodeIds.find((id) => id.endsWith(`;s=dev/${tag}`)) ?? ''

  async function watching(
    pair: Pair,
    items: readonly WireItem[],
    { notificationsMax = 0, mode = 2 }: { notificationsMax?: number; mode?: number } = {},
  ): Promise<Sides> {
    const watch = async (client: WireClient): Promise<Watching> => {
      const subscriptionId = await wireSubscription(client, publishingMs, 1, notificationsMax)
      const ids: number[] = []
      // Answers have to fit into small messages too.
      for (let from = 0; from < items.length; from += 100) {
        const made = await wireMade(client, subscriptionId, items.slice(from, from + 100), { mode })
        ids.push(...made.map(({ id }) => id))
      }
      return { client, subscriptionId, ids }
    }
    const sides = { hot: await watch(pair.hot), stock: await watch(pair.stock) }
    open.push(sides)
    return sides
  }

  async function emit(batch: TagSample[]): Promise<void> {
    both.hot.plant.emit(...batch)
    await both.stock.ask('emit', batch)
  }

  const sampleOf = (tag: string, value: Value, at = 0): TagSample => ({
    tag,
    sample: { value, status: Status.Good, sourceTime: arrangedTime + at },
  })

  /** Messages until there is nothing more. */
  async function messages({ client }: Watching): Promise<readonly WireMessage[]> {
    const all: WireMessage[] = []
    for (;;) {
      const message = await wireMessage(client)
      if (message.changes.length === 0) return all
      all.push(message)
    }
  }

  const byHandle = (all: readonly WireMessage[]): Record<number, string[]> => {
    const found: Record<number, string[]> = {}
    for (const { handle, value } of all.flatMap(({ changes }) => changes)) {
      found[handle] ??= []
      found[handle].push(comparable(value))
    }
    return found
  }

  /** What both tell until there is nothing more, which has to be the same; gives how much that was. */
  async function expectSame({ hot, stock }: Sides, about: string): Promise<number> {
    const [ours, theirs] = await Promise.all([messages(hot), messages(stock)])
    expect(byHandle(ours), about).to.deep.equal(byHandle(theirs))
    return ours.flatMap(({ changes }) => changes).length
  }

  /** Asks both for the same, and expects the same of both. */
  async function ask<Result>({ hot, stock }: Sides, of: (side: Watching) => Promise<Result>): Promise<Result> {
    const [ours, theirs] = [await of(hot), await of(stock)]
    expect(ours).to.deep.equal(theirs)
    return ours
  }

  function parametersOf(dice: Dice, handle: number): WireParameters {
    const filter = [dice.below(3), dice.one([0, 0, 0, 1]), dice.one([0, 1, 10])] as const
    const plain = { handle, queueSize: dice.one([0, 1, 2, 3, 100]), discardOldest: dice.one([true, false]) }
    return dice.below(2) === 0 ? { ...plain, filter } : plain
  }

  for (const seed of [1, 2, 3]) {
    it(`tell the same while items are modified, switched, linked and removed, seed ${seed}`, async () => {
      const dice = new Dice(7919 * seed)
      const items = Array.from({ length: 40 }, (_, handle) => ({
        ...parametersOf(dice, handle),
        nodeId: nodeIdOf(dice.one(tags)[0]),
        indexRange: dice.below(10) === 0 ? '0:1' : null,
      }))
      const sides = await watching(both.pair('Operator'), items)
      let count = await expectSame(sides, 'at first')
      for (let round = 0; round < 30; round++) {
        const at = dice.below(40)
        const to = dice.below(40)
        const mode = dice.below(3)
        const parameters = parametersOf(dice, at)
        const [kind, timestamps] = [dice.below(12), dice.below(4)]
        const about = `round ${round}, ${kind} of ${at}`
        await ask(sides, ({ client, subscriptionId, ids }) => {
          const [id, other] = [ids[at] ?? 0, ids[to] ?? 0]
          if (kind < 4) return wireModify(client, subscriptionId, id, parameters, timestamps)
          if (kind < 8) return wireMode(client, subscriptionId, [id, other], mode)
          if (kind === 8) return wireTriggering(client, subscriptionId, id, [other])
          if (kind === 9) return wireTriggering(client, subscriptionId, id, [], [other])
          return kind === 10 ? wireRemove(client, subscriptionId, [id]) : Promise.resolve([])
        })
        count += await expectSame(sides, `${about}, before`)
        const batch = Array.from({ length: dice.below(30) }, (_, step): TagSample => {
          const [tag, values] = dice.one(tags)
          return sampleOf(tag, dice.one(values), 1_000_000 * seed + round * 1000 + dice.one([0, step]))
        })
        await emit(batch)
        count += await expectSame(sides, `${about}, after`)
      }
      expect(count).to.be.greaterThan(200)
    })
  }

  it('divide what there is to tell into messages as they were asked to, and say that there is more', async () => {
    const items = Array.from({ length: 23 }, (_, handle) => ({ nodeId: nodeIdOf('plc1.aDouble'), handle }))
    const sides = await watching(both.pair('Operator'), items, { notificationsMax: 5 })
    const counted = async ({ client }: Watching) => {
      const counts: [number, boolean][] = []
      for (;;) {
        const { changes, isMore } = await wireMessage(client)
        if (changes.length === 0) return counts
        counts.push([changes.length, isMore])
      }
    }
    const expected = [5, 5, 5, 5, 3].map((length, index) => [length, index < 4])
    expect(await ask(sides, counted)).to.deep.equal(expected)
    await emit([sampleOf('plc1.aDouble', 99, 10)])
    expect(await ask(sides, counted)).to.deep.equal(expected)
  })

  it('forget what an item has not told yet, when it is removed between two messages', async () => {
    const items = Array.from({ length: 12 }, (_, handle) => ({ nodeId: nodeIdOf('plc1.aDouble'), handle }))
    const sides = await watching(both.pair('Operator'), items, { notificationsMax: 4 })
    await expectSame(sides, 'at first')
    await emit([sampleOf('plc1.aDouble', 1, 20)])
    const rest = await ask(sides, async (side) => {
      const { changes } = await wireMessage(side.client)
      await wireRemove(side.client, side.subscriptionId, side.ids.slice(4, 9))
      return [...changes, ...(await messages(side)).flatMap((message) => message.changes)].map(({ handle }) => handle)
    })
    expect(rest).to.deep.equal([0, 1, 2, 3, 9, 10, 11])
  })

  it('give a message once more as it was, until it is acknowledged, also after newer ones', async () => {
    const watched = ['plc1.aDouble', 'plc1.aString', 'plc1.lDouble']
    const sides = await watching(
      both.pair('Operator'),
      watched.map((tag, handle) => ({ nodeId: nodeIdOf(tag), handle })),
    )
    const sent: Record<keyof Pair, WireMessage[]> = { hot: [], stock: [] }
    for (let round = 0; round < 4; round++) {
      for (const side of ['hot', 'stock'] as const) sent[side].push(...(await messages(sides[side])))
      await emit([
        sampleOf('plc1.aDouble', round + 0.5, 30 + round),
        sampleOf('plc1.aString', `text ${round}`, 30 + round),
        sampleOf('plc1.lDouble', [round, 1], 30 + round),
      ])
    }
    for (const side of ['hot', 'stock'] as const) {
      expect(sent[side].length).to.be.greaterThan(3)
      for (const { sequence, bytes } of sent[side]) {
        const again = await wireRepublish(sides[side].client, sides[side].subscriptionId, sequence)
        expect((again as WireMessage).bytes.toString('hex'), side).to.equal(bytes.toString('hex'))
      }
    }
    const acknowledged = await ask(sides, async ({ client, subscriptionId }) => {
      const { available } = await wireMessage(client)
      const [first = 0] = available
      const pairs = [first, first, 9999].map((sequence) => [subscriptionId, sequence] as const)
      const { results } = await wireMessage(client, pairs)
      return { results, again: await wireRepublish(client, subscriptionId, first) }
    })
    expect(acknowledged.again).to.equal(badMessageNotAvailable)
  })

  it('keep what was sent, and tell the newest value again, when another session takes them over', async () => {
    const pair = both.pair('Operator')
    const items = ['plc1.aDouble', 'plc1.aString'].map((tag, handle) => ({ nodeId: nodeIdOf(tag), handle }))
    const sides = await watching(pair, items)
    await expectSame(sides, 'at first')
    await emit([sampleOf('plc1.aDouble', 12.5, 50), sampleOf('plc1.aString', 'taken over', 50)])
    const sent = { hot: await messages(sides.hot), stock: await messages(sides.stock) }
    expect(byHandle(sent.hot)).to.deep.equal(byHandle(sent.stock))
    const other = await both.another('Operator')
    for (const side of ['hot', 'stock'] as const) {
      const { subscriptionId } = sides[side]
      const [status, kept] = await wireTransfer(other[side], subscriptionId, true)
      expect(status, side).to.equal(0)
      const [{ sequence, bytes }] = sent[side] as [WireMessage]
      expect(kept).to.include(sequence)
      const again = (await wireRepublish(other[side], subscriptionId, sequence)) as WireMessage
      expect(again.bytes.toString('hex')).to.equal(bytes.toString('hex'))
    }
    const taken = {
      hot: { ...sides.hot, client: other.hot },
      stock: { ...sides.stock, client: other.stock },
    }
    open = [taken]
    expect(await expectSame(taken, 'after the transfer')).to.equal(2)
    await emit([sampleOf('plc1.aDouble', 13.5, 60)])
    expect(await expectSame(taken, 'after a change')).to.equal(1)
  })

  it('stay within the size of message that a client takes, and say which value is larger than that', async () => {
    const pair = await both.another('none', 9000)
    const items = Array.from({ length: 400 }, (_, handle) => ({ nodeId: nodeIdOf('plc1.aString'), handle }))
    const sides = await watching(pair, items)
    await expectSame(sides, 'at first')
    await emit([sampleOf('plc1.aString', 'x'.repeat(300), 70)])
    expect(await expectSame(sides, 'many')).to.equal(400)
    await emit([sampleOf('plc1.aString', 'x'.repeat(8000), 80)])
    for (const side of [sides.hot, sides.stock]) {
      const changes = (await messages(side)).flatMap((message) => message.changes)
      expect(new Set(changes.map(({ value }) => value.status))).to.deep.equal(new Set([badResponseTooLarge]))
      expect(changes.length).to.equal(400)
    }
  })

  it('tell again what has got another meaning, with the bit for that', async () => {
    const items = [0, 1].map((handle) => ({ nodeId: nodeIdOf('plc1.Level'), handle, queueSize: handle + 1 }))
    const sides = await watching(both.pair('Operator'), items)
    await expectSame(sides, 'at first')
    await emit([sampleOf('plc1.Level', 21, 90)])
    await expectSame(sides, 'a change')
    for (const isQueued of [false, true]) {
      if (isQueued) {
        both.hot.plant.emit(sampleOf('plc1.Level', 22, 95))
        both.hot.mean('plc1.Level', 77)
        await both.stock.ask('emitAndMean', { batch: [sampleOf('plc1.Level', 22, 95)], tag: 'plc1.Level', high: 77 })
      } else {
        both.hot.mean('plc1.Level', 55)
        await both.stock.ask('emitAndMean', { batch: [], tag: 'plc1.Level', high: 55 })
      }
      expect(await expectSame(sides, `queued: ${isQueued}`)).to.be.greaterThan(0)
      await emit([sampleOf('plc1.Level', isQueued ? 31 : 30, 100)])
      expect(await expectSame(sides, 'afterwards')).to.equal(2)
    }
  })

  it('leave nobody out who listens to the variable besides, before or after the items', async () => {
    const heard: unknown[] = []
    const hear = (value: unknown): unknown => heard.push(value)
    const first = both.hot.listen('plc1.aDouble', hear)
    const items = [0, 1].map((handle) => ({ nodeId: nodeIdOf('plc1.aDouble'), handle, queueSize: 100 }))
    const sides = await watching(both.pair('Operator'), items)
    await expectSame(sides, 'at first')
    let value = 1000
    const tell = async (): Promise<number> => {
      value += 1
      await emit([sampleOf('plc1.aDouble', value, value)])
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
    const subscriptionId = await wireSubscription(hot, publishingMs, 1)
    const items = Array.from({ length: 100 }, (_, handle) => ({ nodeId: nodeIdOf('plc1.aDouble'), handle }))
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
