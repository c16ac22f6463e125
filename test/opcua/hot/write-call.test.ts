import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import type { WireAnswer, WireCall, WireRead, WireWrite } from '../../kit/wire/client.ts'
import { valueBytes, variantBytes, type WireType } from '../../kit/wire/values.ts'
import { askers, type Both, Dice, differences, startBoth } from './both.ts'

const value = 13
const range = ['i=886', Buffer.from('0000000000000000000000000000f03f', 'hex')] as const

/** A value of each type, the largest and smallest where there are limits, and lists. */
const values: readonly (readonly [WireType, unknown])[] = [
  ['Null', null],
  ['Boolean', true],
  ['SByte', -128],
  ['Byte', 255],
  ['Int16', -5],
  ['UInt16', 65_535],
  ['Int32', -2_147_483_648],
  ['UInt32', 2],
  ['UInt32', 4_294_967_295],
  ['Int64', -9_223_372_036_854_775_808n],
  ['UInt64', 18_446_744_073_709_551_615n],
  ['Float', 0.5],
  ['Double', 12.25],
  ['Double', 1e300],
  ['Double', Number.NaN],
  ['String', 'größer'],
  ['String', 'soft'],
  ['String', null],
  ['DateTime', 130_000_000_000_000_000n],
  ['ByteString', Buffer.from([0, 1, 255])],
  ['NodeId', 'i=84'],
  ['StatusCode', 0x80310000],
  ['ExtensionObject', range],
  ['Variant', variantBytes('Double', 1)],
  ['Double', [1, 2, 3]],
  ['Double', []],
  ['Byte', [1, 2]],
  ['String', ['a', null, 'c']],
  ['Boolean', [true, false]],
]

describe('the quick Write and Call', function () {
  this.timeout(120_000)
  let both: Both
  let writable: readonly string[]
  let methods: readonly string[]

  before(async () => {
    both = await startBoth()
    writable = both.nodeIds.filter((nodeId) =>
      /dev\/plc1\.w|recipe$|plc1\.mode$|TargetPosition$|TargetVolume$/.test(nodeId),
    )
    methods = both.nodeIds.filter((nodeId) =>
      /\.(home|moveAbsolute|Connect|Disconnect|Start|Stop|Reset|Halt)$/.test(nodeId),
    )
    expect(writable.length).to.be.greaterThan(15)
    expect(methods.length).to.be.greaterThan(10)
  })
  after(() => both.stop())

  /** Lets both do the same, and compares what they answer and what the plant was asked for. */
  async function compare<Item, Result>(
    asker: (typeof askers)[number],
    items: readonly Item[],
    ask: 'read' | 'write' | 'call',
  ): Promise<readonly Result[]> {
    const { hot, stock } = both.pair(asker)
    const send = (client: typeof hot) => client[ask](items as never) as Promise<WireAnswer<Result>>
    const [ours, theirs] = await Promise.all([send(hot), send(stock)])
    expect(differences(items, ours, theirs), asker).to.deep.equal([])
    expect(both.hot.plant.asked.splice(0)).to.deep.equal(await both.stock.ask('asked'))
    return ours.results
  }

  it('answer each type of value for each tag as the stack does, and ask the plant for the same', async () => {
    const statuses = new Set<number>()
    for (const [type, what] of values) {
      const items = writable.map((nodeId): WireWrite => {
        return { nodeId, attributeId: value, value: valueBytes(variantBytes(type, what)) }
      })
      for (const status of await compare<WireWrite, number>('Engineer', items, 'write')) statuses.add(status)
      const shown = writable.map((nodeId): WireRead => ({ nodeId, attributeId: value }))
      await compare('Observer', shown, 'read')
    }
    expect([...statuses]).to.include.members([Status.Good, Status.BadTypeMismatch, Status.BadOutOfRange])
  })

  it('answer thousands of random writes as the stack does', async () => {
    const dice = new Dice(90_210)
    let count = 0
    for (let request = 0; request < 400; request++) {
      const items = Array.from({ length: dice.below(12) }, (): WireWrite => {
        const [type, what] = dice.one(values)
        const isUsual = dice.below(4) > 0
        return {
          nodeId:
            dice.below(4) > 0 ? dice.one(writable) : dice.one([...both.nodeIds, 'i=2256', 'i=99999', 'ns=77;s=a']),
          attributeId: dice.below(5) > 0 ? value : dice.below(29),
          indexRange: isUsual ? null : dice.one(['', '0', '1:2', '7', 'x', '5:']),
          value: valueBytes(
            dice.below(20) === 0 ? null : variantBytes(type, what),
            isUsual
              ? {}
              : dice.one([{ status: 0x80310000 }, { status: 0 }, { sourceTime: 130n }, { serverTime: 130n }, {}]),
          ),
        }
      })
      count += (await compare(dice.one(askers), items, 'write')).length
    }
    expect(count).to.be.greaterThan(2000)
  })

  it('answer with the status that the plant gives', async () => {
    const item = { nodeId: writable.find((id) => id.endsWith('wDouble')) ?? '', attributeId: value }
    for (const status of [Status.BadNoCommunication, Status.BadOutOfRange, Status.Good]) {
      both.hot.plant.writeStatus = status
      await both.stock.ask('writeStatus', status)
      const results = await compare('Operator', [{ ...item, value: valueBytes(variantBytes('Double', 3)) }], 'write')
      expect(results).to.deep.equal([status])
    }
  })

  it('answer thousands of random calls as the stack does', async () => {
    const dice = new Dice(1_955)
    const objectOf = (methodId: string): string => methodId.slice(0, methodId.lastIndexOf('.'))
    const statuses = new Set<number>()
    let count = 0
    for (let request = 0; request < 500; request++) {
      const items = Array.from({ length: dice.below(8) }, (): WireCall => {
        const methodId =
          dice.below(8) > 0 ? dice.one(methods) : dice.one([...both.nodeIds, 'i=2256', 'i=99999', 'ns=77;s=a'])
        const objectId =
          dice.below(8) > 0 ? objectOf(methodId) : dice.one([...both.nodeIds, 'i=2253', 'i=99999', 'i=58'])
        const isMove = methodId.endsWith('moveAbsolute')
        const usual = isMove ? [variantBytes('Double', 12), variantBytes('String', 'soft')] : []
        const random = Array.from({ length: dice.below(4) }, () => variantBytes(...dice.one(values)))
        return { objectId, methodId, inputs: dice.below(3) > 0 ? usual : random }
      })
      for (const { status } of await compare<WireCall, { status: number }>(dice.one(askers), items, 'call')) {
        statuses.add(status)
        count += 1
      }
    }
    expect(count).to.be.greaterThan(1200)
    expect([...statuses]).to.include.members([
      ...[Status.Good, Status.BadUserAccessDenied, Status.BadInvalidState, Status.BadInvalidArgument],
      Status.BadMethodInvalid,
    ])
  })

  it('refuse what is too much or nothing as the stack does', async () => {
    const write = { nodeId: writable[0] ?? '', attributeId: value, value: valueBytes(variantBytes('Double', 1)) }
    const call = { objectId: 'i=2253', methodId: methods[0] ?? '', inputs: [] }
    for (const length of [0, 501])
      await compare(
        'Engineer',
        Array.from({ length }, () => write),
        'write',
      )
    for (const length of [0, 50, 51])
      await compare(
        'Engineer',
        Array.from({ length }, () => call),
        'call',
      )
  })
})
