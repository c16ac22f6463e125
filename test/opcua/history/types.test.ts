import { expect } from 'chai'
import {
  coerceNodeId,
  type HistoryData,
  type HistoryReadResult,
  LocalizedText,
  Range,
  DataType as UaDataType,
  Variant,
} from 'node-opcua'
import type { Value } from '../../../src/model/value.ts'
import { valueFrom } from '../../../src/opcua/encoded-values.ts'
import type { Client } from '../bench.ts'
import { at, type HistoryBench, samplesOf, startHistoryBench } from './history-bench.ts'
import { historyRead, rawDetails } from './reading.ts'

describe('HistoryRead of values that are not of the type of their variable any more', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let client: Client

  before(async () => {
    bench = await startHistoryBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function read(values: readonly Value[]): Promise<readonly [string, unknown, string][]> {
    await bench.store.append(
      samplesOf(
        'fill.label',
        values.map((value, index) => [index, value]),
      ),
    )
    const nodeId = client.id('pipe/fill.Outputs.label')
    const [result] = await historyRead(client.session, rawDetails({ start: at(0), end: at(1000) }), [{ nodeId }])
    const { dataValues } = (result as HistoryReadResult).historyData as HistoryData
    return (dataValues ?? []).map(({ value, statusCode }) => [UaDataType[value.dataType], value.value, statusCode.name])
  }

  it('gives each in the type that it had, and says when that cannot be told', async () => {
    const uris = ['http://opcfoundation.org/UA/', 'urn:gone']
    const encoded = (dataType: UaDataType, value: unknown): Value => valueFrom(new Variant({ dataType, value }), uris)
    const texts = [new LocalizedText({ text: 'an', locale: 'de' }), new LocalizedText('on')]
    const rows = await read([
      'text',
      2.5,
      true,
      5n,
      2n ** 64n - 1n,
      new Date(7),
      new Uint8Array([1, 2]),
      ['a', 'b'],
      encoded(UaDataType.ExtensionObject, new Range({ low: 1, high: 2 })),
      texts.map((text) => encoded(UaDataType.LocalizedText, text)) as Value,
      encoded(UaDataType.NodeId, coerceNodeId('ns=1;i=5')),
    ])
    expect(rows.map(([type]) => type)).to.deep.equal([
      ...['String', 'Double', 'Boolean', 'Int64', 'UInt64', 'DateTime', 'ByteString', 'String'],
      ...['ExtensionObject', 'LocalizedText', 'Null'],
    ])
    expect(rows[4]?.[1]).to.deep.equal([0xffffffff, 0xffffffff])
    expect(rows[5]?.[1]).to.deep.equal(new Date(7))
    expect(rows[7]?.[1]).to.deep.equal(['a', 'b'])
    expect(rows[8]?.[1]).to.deep.include({ low: 1, high: 2 })
    expect(rows[9]?.[1]).to.deep.equal(texts)
    expect(rows.map(([, , status]) => status)).to.deep.equal([...new Array(10).fill('Good'), 'BadDataTypeIdUnknown'])
  })
})
