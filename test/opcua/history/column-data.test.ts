import { expect } from 'chai'
import fc from 'fast-check'
import { DataType, HistoryData } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { dataTypes, type Value } from '../../../src/model/value.ts'
import { columnsOf, type Wrap } from '../../../src/opcua/history/column-data.ts'
import { dataValuesOf, historyDataOf, wrapAs, wrapComputed, wrapOf } from '../../../src/opcua/history/data-values.ts'
import type { HistoryColumns, HistoryEntry } from '../../../src/opcua/history/history-view.ts'

function bytesOf(data: HistoryData): Buffer {
  const stream = BinaryStream.createGrowable(64, 4_000_000)
  data.encode(stream)
  return stream.buffer.subarray(0, stream.length)
}

/** What the stack makes of the same samples: an object for each. */
function stock(parts: readonly HistoryColumns[], wrap: Wrap): Buffer {
  return bytesOf(new HistoryData({ dataValues: parts.flatMap((part) => dataValuesOf(part, wrap)) }))
}

const scalar = fc.oneof(
  fc.double(),
  fc.double({ noNaN: true, min: -300, max: 70_000 }).map(Math.round),
  fc.constantFrom(-0, 2 ** 31, 2 ** 32, -129, 0.1),
  fc.boolean(),
  fc.string({ unit: 'grapheme' }),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 65n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 5 }),
)
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.constant(null),
  fc.array(fc.double({ noNaN: true }), { maxLength: 4 }),
)
const time = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.double({ noNaN: true, min: 1.7e12, max: 1.8e12 }),
  fc.constantFrom(-11_644_473_600_000, -11_644_473_600_001, 0, -1, -0.25, 8.64e15, 1e300, -1e300, 253_402_300_799_999),
)
const status = fc.constantFrom(0, 0, 0, 0x80000000, 0x40a40402, 0x00000408, 0x809d0000, 0x42090000)
const entries: fc.Arbitrary<HistoryEntry[]> = fc.array(fc.record({ time, status, value }), { maxLength: 20 })

describe('HistoryData from columns', () => {
  for (const dataType of dataTypes) {
    for (const isArray of [false, true]) {
      const port = { port: { name: 'p', description: '', dataType, isArray }, namespaces: [] }
      it(`has the bytes of the stack for ${isArray ? 'an array' : 'a value'} of ${dataType}, whatever was kept`, () => {
        fc.assert(
          fc.property(fc.array(entries, { maxLength: 3 }), fc.boolean(), (lists, isComputed) => {
            const wrap = isComputed ? wrapComputed(port) : wrapOf(port)
            const parts = lists.map(columnsOf)
            expect(bytesOf(historyDataOf(parts, wrap)).equals(stock(parts, wrap))).to.equal(true)
          }),
          { numRuns: 60 },
        )
      })
    }
  }

  it('has the bytes of the stack for the results of aggregates and for choices', () => {
    const texted = { name: 'p', description: '', dataType: 'String', isArray: false, choices: ['off', 'on'] } as const
    const choices = { port: texted, namespaces: [] }
    const parts = [
      columnsOf([
        { time: 1, status: 0, value: 1 },
        { time: 2, status: 0x80000000, value: null },
      ]),
    ]
    for (const wrap of [wrapAs(DataType.Int32), wrapAs(DataType.Double), wrapAs(DataType.StatusCode)]) {
      expect(bytesOf(historyDataOf(parts, wrap)).equals(stock(parts, wrap))).to.equal(true)
    }
    const texts = [columnsOf(['on', 'off', 'broken'].map((text, index) => ({ time: index, status: 0, value: text })))]
    expect(bytesOf(historyDataOf(texts, wrapOf(choices))).equals(stock(texts, wrapOf(choices)))).to.equal(true)
  })

  it('has the bytes of the stack for typed columns', () => {
    const double = { name: 'p', description: '', dataType: 'Double', isArray: false } as const
    const port = { port: double, namespaces: [] }
    const columns: HistoryColumns = {
      count: 3,
      times: Float64Array.of(1.7e12, 1.7e12 + 0.5, 1.7e12 + 0.9999),
      statuses: Uint32Array.of(0, 0x40000000, 0),
      values: Float64Array.of(1, Number.NaN, Number.NEGATIVE_INFINITY),
    }
    expect(bytesOf(historyDataOf([columns, columns], wrapOf(port)))).to.deep.equal(
      stock([columns, columns], wrapOf(port)),
    )
  })
})
