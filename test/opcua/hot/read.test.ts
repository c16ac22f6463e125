import { expect } from 'chai'
import type { WireRead } from '../../kit/wire/client.ts'
import { askers, type Both, Dice, differences, startBoth } from './both.ts'

const value = 13
/** Every attribute of Part 6 A.1, and two numbers that are none. */
const attributes = Array.from({ length: 29 }, (_, index) => index)
const ranges = [
  null,
  null,
  null,
  null,
  null,
  null,
  '',
  '0',
  '1:2',
  '0:100',
  '7',
  '3:1',
  'x',
  ':',
  '5:',
  '0,1',
  '-1',
] as const
const encodings = [
  null,
  null,
  null,
  null,
  null,
  '',
  'DefaultBinary',
  'Default Binary',
  'DefaultXml',
  'nonsense',
] as const
const strange = ['i=0', 'i=84', 'i=2253', 'i=99999', 'ns=1;s=nothing', 'ns=77;s=a', 'ns=2;b=00']
/** Nodes of the standard whose values do not depend on the process. */
const standard = ['i=2268', 'i=2271', 'i=11702', 'i=2735', 'i=3062', 'i=2994', 'i=11562']

describe('the quick Read', function () {
  this.timeout(120_000)
  let both: Both

  before(async () => {
    both = await startBoth()
  })
  after(() => both.stop())

  /** Reads the same from both; the servers have to give the same answer. */
  async function compare(
    asker: (typeof askers)[number],
    items: readonly WireRead[],
    options: { maxAge: number; timestamps: number },
  ): Promise<number> {
    const { hot, stock } = both.pair(asker)
    const [ours, theirs] = await Promise.all([hot.read(items, options), stock.read(items, options)])
    expect(differences(items, ours, theirs), `${asker} ${JSON.stringify(options)}`).to.deep.equal([])
    return ours.results.length
  }

  const refresh = async (): Promise<void> => {
    both.hot.refresh()
    await both.stock.ask('refresh')
  }

  for (const asker of askers) {
    it(`gives ${asker} the values of all instances as the stack does, with each choice of times`, async () => {
      await refresh()
      for (const timestamps of [2, 3, 1, 0]) {
        for (let from = 0; from < both.nodeIds.length; from += 500) {
          const items = both.nodeIds.slice(from, from + 500).map((nodeId) => ({ nodeId, attributeId: value }))
          await compare(asker, items, { maxAge: 0, timestamps })
        }
        await refresh()
      }
    })
  }

  it('answers thousands of random requests as the stack does', async () => {
    const dice = new Dice(4242)
    let count = 0
    for (let request = 0; request < 1000; request++) {
      if (request % 50 === 0) await refresh()
      const items = Array.from({ length: dice.below(14) }, (): WireRead => {
        const isUsual = dice.below(3) > 0
        return {
          nodeId: dice.below(12) === 0 ? dice.one([...strange, ...standard]) : dice.one(both.nodeIds),
          attributeId: dice.below(2) === 0 ? value : dice.one(attributes),
          indexRange: isUsual ? null : dice.one(ranges),
          dataEncoding: isUsual ? null : dice.one(encodings),
        }
      })
      const maxAge = dice.one([0, 0, 0, 1000, 1e12, -1, Number.NaN, Number.POSITIVE_INFINITY])
      count += await compare(dice.one(askers), items, { maxAge, timestamps: dice.one([0, 1, 2, 3, 3, 3, 4, 5, 77]) })
    }
    expect(count).to.be.greaterThan(2000)
  })

  it('lets the guard find what it finds with the stack', async () => {
    const nodeId = both.hot.nodeIds.find((id) => id.endsWith(';s=guard.RefusedItemCount')) ?? ''
    const { hot, stock } = both.pair('none')
    const counted = async (client: typeof hot) =>
      (await client.read([{ nodeId, attributeId: value }])).results[0]?.variant
    let counts = await Promise.all([counted(hot), counted(stock)])
    while (counts[0]?.value !== counts[1]?.value || Number(counts[0]?.value) < 100) {
      // Until both have told; the test is over when they never agree.
      await new Promise((resolve) => setTimeout(resolve, 100))
      counts = await Promise.all([counted(hot), counted(stock)])
    }
    expect(counts[0]).to.deep.equal(counts[1])
  })

  it('refuses what is too much, nothing, and without a session, as the stack does', async () => {
    const item = { nodeId: 'i=2256', attributeId: 3 }
    for (const length of [0, 1000, 1001]) {
      await compare(
        'Observer',
        Array.from({ length }, () => item),
        { maxAge: 0, timestamps: 3 },
      )
    }
  })

  it('does not take its times from a Bad value that somebody reads without them', async () => {
    await refresh()
    const items = [
      { nodeId: both.nodeIds.find((nodeId) => nodeId.endsWith('dev/plc1.flow')) ?? '', attributeId: value },
    ]
    const { hot } = both.pair('Operator')
    await hot.read(items, { timestamps: 3 })
    const [read] = (await hot.read(items, { timestamps: 0 })).results
    expect(read).to.include.keys('status', 'sourceTime')
  })

  it('makes the server time new when a client wants nothing old, and leaves it otherwise', async () => {
    await refresh()
    const items = [
      { nodeId: both.nodeIds.find((nodeId) => nodeId.endsWith('dev/plc1.Level')) ?? '', attributeId: value },
    ]
    const { hot } = both.pair('none')
    const timeOf = async (maxAge: number) =>
      (await hot.read(items, { maxAge, timestamps: 1 })).results[0]?.serverTime ?? 0n
    const first = await timeOf(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await timeOf(1e12)).to.equal(first)
    expect(await timeOf(60_000)).to.equal(first)
    expect((await timeOf(0)) > first).to.equal(true)
  })
})
