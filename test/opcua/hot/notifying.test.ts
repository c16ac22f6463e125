import { expect } from 'chai'
import type { TagSample } from '../../../src/model/sample.ts'
import { type WireParameters, wireMode, wireModify, wireRemove, wireTriggering } from '../../kit/wire/items.ts'
import { type WireMessage, wireMessage, wireRepublish, wireTransfer } from '../../kit/wire/subscription.ts'
import { type Both, changingTags, Dice, type Pair, startBoth } from './both.ts'
import { ask, byHandle, expectSame, messagesOf, Subscriptions, sampleOf, type Watching } from './subscriptions.ts'

const badMessageNotAvailable = 0x807b_0000
const badResponseTooLarge = 0x80b9_0000

describe('subscriptions whose changes are reported quickly', function () {
  this.timeout(120_000)
  let both: Both
  let subscriptions: Subscriptions

  before(async () => {
    both = await startBoth()
    subscriptions = new Subscriptions(both)
  })
  after(() => both.stop())
  afterEach(() => subscriptions.end())

  function parametersOf(dice: Dice, handle: number): WireParameters {
    const filter = [dice.below(3), dice.one([0, 0, 0, 1]), dice.one([0, 1, 10])] as const
    const plain = { handle, queueSize: dice.one([0, 1, 2, 3, 100]), discardOldest: dice.one([true, false]) }
    return dice.below(2) === 0 ? { ...plain, filter } : plain
  }

  for (const seed of [1, 2, 3]) {
    it(`tell the same while items are modified, switched, linked and removed, seed ${seed}`, async () => {
      const dice = new Dice(7919 * seed)
      const items = Array.from({ length: 14 }, (_, handle) => ({
        ...parametersOf(dice, handle),
        nodeId: subscriptions.nodeIdOf(dice.one(changingTags)[0]),
        indexRange: dice.below(10) === 0 ? '0:1' : null,
      }))
      const sides = await subscriptions.watch(both.pair('Operator'), items)
      let count = await expectSame(sides, 'at first')
      for (let round = 0; round < 30; round++) {
        const at = dice.below(14)
        const to = dice.below(14)
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
          const [tag, values] = dice.one(changingTags)
          return sampleOf(tag, dice.one(values), 1_000_000 * seed + round * 1000 + dice.one([0, step]))
        })
        await subscriptions.emit(...batch)
        count += await expectSame(sides, `${about}, after`)
      }
      expect(count).to.be.greaterThan(100)
    })
  }

  it('tell what was only sampled when it is reported, or triggered, and nothing of what was disabled', async () => {
    const tags = ['plc1.aDouble', 'plc1.Level', 'plc1.aInt32']
    const items = tags.map((tag, handle) => ({ nodeId: subscriptions.nodeIdOf(tag), handle, queueSize: 3 }))
    const sides = await subscriptions.watch(both.pair('Operator'), items)
    await expectSame(sides, 'at first')
    const switched = (index: number, mode: number) =>
      ask(sides, ({ client, subscriptionId, ids }) =>
        wireMode(client, subscriptionId, ids.slice(index, index + 1), mode),
      )
    const change = (value: number) => subscriptions.emit(...tags.map((tag) => sampleOf(tag, value, 1000 + value)))
    await switched(0, 1)
    await switched(1, 0)
    await change(2)
    await change(3)
    expect(await expectSame(sides, 'sampled and disabled')).to.equal(2)
    await switched(0, 2)
    expect(await expectSame(sides, 'reported')).to.equal(2)
    await switched(0, 1)
    await ask(sides, ({ client, subscriptionId, ids }) =>
      wireTriggering(client, subscriptionId, ids[2] ?? 0, ids.slice(0, 1)),
    )
    await change(5)
    expect(await expectSame(sides, 'triggered')).to.equal(2)
    await switched(1, 2)
    expect(await expectSame(sides, 'enabled')).to.equal(1)
  })

  it('divide what there is to tell into messages as they were asked to, and say that there is more', async () => {
    const items = Array.from({ length: 23 }, (_, handle) => ({
      nodeId: subscriptions.nodeIdOf('plc1.aDouble'),
      handle,
    }))
    const sides = await subscriptions.watch(both.pair('Operator'), items, 5)
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
    await subscriptions.emit(sampleOf('plc1.aDouble', 99, 10))
    expect(await ask(sides, counted)).to.deep.equal(expected)
  })

  it('forget what an item has not told yet, when it is removed between two messages', async () => {
    const items = Array.from({ length: 12 }, (_, handle) => ({
      nodeId: subscriptions.nodeIdOf('plc1.aDouble'),
      handle,
    }))
    const sides = await subscriptions.watch(both.pair('Operator'), items, 4)
    await expectSame(sides, 'at first')
    await subscriptions.emit(sampleOf('plc1.aDouble', 1, 20))
    const rest = await ask(sides, async (side) => {
      const { changes } = await wireMessage(side.client)
      await wireRemove(side.client, side.subscriptionId, side.ids.slice(4, 9))
      return [...changes, ...(await messagesOf(side)).flatMap((message) => message.changes)].map(({ handle }) => handle)
    })
    expect(rest).to.deep.equal([0, 1, 2, 3, 9, 10, 11])
  })

  it('give a message once more as it was, until it is acknowledged, also after newer ones', async () => {
    const watched = ['plc1.aDouble', 'plc1.aString', 'plc1.lDouble']
    const sides = await subscriptions.watch(
      both.pair('Operator'),
      watched.map((tag, handle) => ({ nodeId: subscriptions.nodeIdOf(tag), handle })),
    )
    const sent: Record<keyof Pair, WireMessage[]> = { hot: [], stock: [] }
    for (let round = 0; round < 4; round++) {
      for (const side of ['hot', 'stock'] as const) sent[side].push(...(await messagesOf(sides[side])))
      await subscriptions.emit(
        sampleOf('plc1.aDouble', round + 0.5, 30 + round),
        sampleOf('plc1.aString', `text ${round}`, 30 + round),
        sampleOf('plc1.lDouble', [round, 1], 30 + round),
      )
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
    const items = ['plc1.aDouble', 'plc1.aString'].map((tag, handle) => ({
      nodeId: subscriptions.nodeIdOf(tag),
      handle,
    }))
    const sides = await subscriptions.watch(pair, items)
    await expectSame(sides, 'at first')
    await subscriptions.emit(sampleOf('plc1.aDouble', 12.5, 50), sampleOf('plc1.aString', 'taken over', 50))
    const sent = { hot: await messagesOf(sides.hot), stock: await messagesOf(sides.stock) }
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
    const taken = subscriptions.replace(sides, other)
    expect(await expectSame(taken, 'after the transfer')).to.equal(2)
    await subscriptions.emit(sampleOf('plc1.aDouble', 13.5, 60))
    expect(await expectSame(taken, 'after a change')).to.equal(1)
  })

  it('stay within the size of message that a client takes, and say which value is larger than that', async () => {
    const pair = await both.another('none', 9000)
    const items = Array.from({ length: 400 }, (_, handle) => ({
      nodeId: subscriptions.nodeIdOf('plc1.aString'),
      handle,
    }))
    const sides = await subscriptions.watch(pair, items)
    await expectSame(sides, 'at first')
    await subscriptions.emit(sampleOf('plc1.aString', 'x'.repeat(300), 70))
    expect(await expectSame(sides, 'many')).to.equal(400)
    await subscriptions.emit(sampleOf('plc1.aString', 'x'.repeat(8000), 80))
    for (const side of [sides.hot, sides.stock]) {
      const changes = (await messagesOf(side)).flatMap((message) => message.changes)
      expect(new Set(changes.map(({ value }) => value.status))).to.deep.equal(new Set([badResponseTooLarge]))
      expect(changes.length).to.equal(400)
    }
  })

  it('tell again what has got another meaning, with the bit for that', async () => {
    const items = [0, 1].map((handle) => ({
      nodeId: subscriptions.nodeIdOf('plc1.Level'),
      handle,
      queueSize: handle + 1,
    }))
    const sides = await subscriptions.watch(both.pair('Operator'), items)
    await expectSame(sides, 'at first')
    await subscriptions.emit(sampleOf('plc1.Level', 21, 90))
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
      await subscriptions.emit(sampleOf('plc1.Level', isQueued ? 31 : 30, 100))
      expect(await expectSame(sides, 'afterwards')).to.equal(2)
    }
  })
})
