import { expect } from 'chai'
import type { TagSample } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import type { Value } from '../../../src/model/value.ts'
import type { WireClient } from '../../kit/wire/client.ts'
import {
  type WireChange,
  type WireItem,
  wireItems,
  wirePublish,
  wireSubscription,
  wireUnsubscribe,
} from '../../kit/wire/subscription.ts'
import { everyType } from '../hand-made-plant.ts'
import { type Both, changingTags, comparable, Dice, startBoth } from './both.ts'
import { arrangedTime } from './served.ts'

const publishingMs = 50
const denial = Status.BadUserAccessDenied
const notReadable = 0x803a_0000

/** Tags with values that JSON can carry, and what they may become. */
const tags: readonly (readonly [string, readonly Value[]])[] = [
  ...changingTags,
  ['plc1.mode', ['off', 'auto', 'nonsense']],
  ['plc1.flow', [1, 2]],
]
const statuses = [Status.Good, Status.Good, Status.Good, Status.BadNoCommunication, Status.UncertainLastUsableValue]

describe('changes that are reported quickly', function () {
  this.timeout(120_000)
  let both: Both

  before(async () => {
    both = await startBoth()
  })
  after(() => both.stop())
  afterEach(async () => {
    for (const [client, subscriptionId] of made.splice(0)) await wireUnsubscribe(client, subscriptionId)
  })

  /** The subscriptions of a test; another one of the session would answer in between. */
  const made: (readonly [WireClient, number])[] = []
  const subscribed = async (
    client: WireClient,
    items: readonly WireItem[],
    timestamps = 2,
    intervalMs = publishingMs,
  ) => {
    const subscriptionId = await wireSubscription(client, intervalMs)
    made.push([client, subscriptionId])
    return await wireItems(client, subscriptionId, items, timestamps)
  }

  /** All changes until there are no more, as texts by the handle of their item. */
  async function taken(client: WireClient): Promise<Record<number, string[]>> {
    const byHandle: Record<number, string[]> = {}
    let changes: readonly WireChange[] = await wirePublish(client)
    while (changes.length > 0) {
      for (const { handle, value } of changes) {
        byHandle[handle] ??= []
        byHandle[handle].push(comparable(value))
      }
      changes = await wirePublish(client)
    }
    return byHandle
  }

  const emit = async (batch: TagSample[]): Promise<void> => {
    both.hot.plant.emit(...batch)
    await both.stock.ask('emit', batch)
  }

  function itemsOf(dice: Dice, samplingInterval: number): WireItem[] {
    return Array.from({ length: 60 }, (_, handle) => ({
      nodeId: both.nodeIds.find((id) => id.endsWith(`;s=dev/${dice.one(tags)[0]}`)) ?? '',
      handle,
      samplingInterval,
      queueSize: dice.one([0, 1, 2, 3, 100]),
      discardOldest: dice.one([true, false]),
      indexRange: dice.below(8) === 0 ? '0:1' : null,
      ...(dice.below(2) === 0
        ? { filter: [dice.below(3), dice.one([0, 0, 0, 1]), dice.one([0, 1, 10])] as const }
        : {}),
    }))
  }

  for (const timestamps of [2, 0, 1, 3]) {
    it(`are those of the stack, in order, for any filter and queue, with choice ${timestamps} of times`, async () => {
      const dice = new Dice(12345 + timestamps)
      const { hot, stock } = both.pair('Operator')
      const items = itemsOf(dice, 0)
      const revised = await Promise.all([hot, stock].map((client) => subscribed(client, items, timestamps)))
      expect(revised[0]).to.deep.equal(revised[1])
      let count = 0
      for (let round = 0; round < 25; round++) {
        // A batch is taken between two publishings of each, so that both have to tell of the same.
        const [ours, theirs] = await Promise.all([taken(hot), taken(stock)])
        expect(ours, `round ${round}`).to.deep.equal(theirs)
        count += Object.values(ours).flat().length
        const batch = Array.from({ length: dice.below(30) }, (_, step): TagSample => {
          const [tag, values] = dice.one(tags)
          const status = dice.one(statuses)
          const value = status === Status.BadNoCommunication ? null : dice.one(values)
          const sourceTime = arrangedTime + round * 1000 + dice.one([0, step])
          return { tag, sample: { value, status, sourceTime } }
        })
        await emit(batch)
      }
      expect(count).to.be.greaterThan(500)
    })
  }

  it('keep the server time that a value had, when somebody reads it before they are told', async () => {
    const { hot } = both.pair('Engineer')
    const nodeId = both.nodeIds.find((id) => id.endsWith(';s=dev/plc1.aDouble')) ?? ''
    await subscribed(hot, [{ nodeId, handle: 1 }], 2, 500)
    await taken(hot)
    await emit([{ tag: 'plc1.aDouble', sample: { value: 77, status: Status.Good, sourceTime: arrangedTime } }])
    await new Promise((resolve) => setTimeout(resolve, 30))
    const [read] = (await hot.read([{ nodeId, attributeId: 13 }], { maxAge: 0 })).results
    const [change] = await wirePublish(hot)
    expect(change?.value.variant).to.deep.equal(read?.variant)
    expect((change?.value.serverTime ?? 0n) < (read?.serverTime ?? 0n)).to.equal(true)
  })

  it('are told to every client that watches, each with its own times', async () => {
    const nodeId = both.nodeIds.find((id) => id.endsWith(';s=dev/plc1.aInt32')) ?? ''
    const choices = [2, 0, 1, 3]
    const clients = (['none', 'anonymous', 'Observer', 'ConfigureAdmin'] as const).map((asker) => both.pair(asker).hot)
    for (const [index, client] of clients.entries()) {
      await subscribed(client, [{ nodeId, handle: 5 }], choices[index])
      await taken(client)
    }
    await emit([{ tag: 'plc1.aInt32', sample: { value: 12_345, status: Status.Good, sourceTime: arrangedTime } }])
    const told = await Promise.all(clients.map(taken))
    const times = told.map((byHandle) => Object.keys(JSON.parse(byHandle[5]?.[0] ?? '{}')).sort())
    expect(times).to.deep.equal([
      ['serverTime', 'sourceTime', 'variant'],
      ['sourceTime', 'variant'],
      ['serverTime', 'variant'],
      ['variant'],
    ])
  })

  for (const samplingInterval of [0, 100]) {
    it(`are not told to whoever may not read them, when the sampling interval is ${samplingInterval}`, async () => {
      const { hot } = both.pair('Observer')
      const nodeIds = both.nodeIds.filter((id) => /;s=dev\/plc1\.[al][A-Z]/.test(id))
      const read = (await hot.read(nodeIds.map((nodeId) => ({ nodeId, attributeId: 13 })))).results
      const denied = nodeIds.filter((_, index) => ([denial, notReadable] as unknown[]).includes(read[index]?.status))
      expect(denied).to.have.length.greaterThan(1)
      await subscribed(
        hot,
        denied.map((nodeId, handle) => ({ nodeId, handle, samplingInterval })),
      )
      const statuses = new Set<unknown>()
      for (let round = 0; round < 5; round++) {
        both.hot.refresh()
        for (const [type, , other] of everyType) both.hot.plant.set(`plc1.a${type}`, other)
        for (const texts of Object.values(await taken(hot))) {
          for (const text of texts) statuses.add((JSON.parse(text) as { status?: number }).status)
        }
      }
      expect([...statuses].filter((status) => status !== denial && status !== notReadable)).to.deep.equal([])
    })
  }

  it('come at most once in a sampling interval, and the last one always comes', async () => {
    const { hot } = both.pair('Operator')
    const nodeId = both.nodeIds.find((id) => id.endsWith(';s=dev/plc1.aDouble')) ?? ''
    const revised = await subscribed(hot, [{ nodeId, handle: 1, samplingInterval: 400, queueSize: 100 }])
    expect(revised[0]).to.deep.equal([0, 400, 100])
    await taken(hot)
    const start = performance.now()
    let value = 0
    while (performance.now() - start < 1500) {
      value += 1
      both.hot.plant.set('plc1.aDouble', value)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const elapsed = performance.now() - start
    let last: unknown
    let count = 0
    while (last !== value) {
      for (const change of await wirePublish(hot)) {
        last = change.value.variant?.value
        count += 1
      }
    }
    expect(count).to.be.within(2, 3 + (performance.now() - start) / 400)
    expect(elapsed).to.be.greaterThan(0)
  })
})
