import { expect } from 'chai'
import {
  Argument,
  BinaryStream,
  coerceLocalizedText,
  coerceQualifiedName,
  DataType,
  DataValue,
  ExpandedNodeId,
  NodeId,
  NodeIdType,
  resolveNodeId,
  StatusCodes,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import type { OpaqueStructure } from 'node-opcua-extension-object'
import { NamespaceMap } from '../../../../src/opcua/history/events/namespace-map.ts'
import { loadVariant, storeVariant } from '../../../../src/opcua/history/events/variant-codec.ts'
import { decode, encode, type Storable } from '../../../../src/sqlite/value-codec.ts'

const uris = ['http://opcfoundation.org/UA/', 'urn:host:millrace', 'urn:a', 'urn:b']
const same = new NamespaceMap(uris, uris)

/** What comes back after it was text in a database. */
function kept(options: VariantOptions, namespaces = same): Variant {
  const stored = decode(encode(storeVariant(new Variant(options)))) as Storable
  return loadVariant(stored, namespaces)
}

const { Scalar, Array: List, Matrix } = VariantArrayType

describe('values of events that are kept', () => {
  const scalars: readonly (readonly [DataType, unknown])[] = [
    [DataType.Boolean, true],
    [DataType.SByte, -5],
    [DataType.Byte, 250],
    [DataType.Int16, -30_000],
    [DataType.UInt16, 65_535],
    [DataType.Int32, -2_000_000_000],
    [DataType.UInt32, 4_294_967_295],
    [DataType.Int64, [0xffffffff, 0xfffffffe]],
    [DataType.UInt64, [0x80000000, 1]],
    [DataType.Float, 1.5],
    [DataType.Double, Number.NaN],
    [DataType.String, 'Grüße \u0000 😀'],
    [DataType.DateTime, new Date(1_767_225_600_123)],
    [DataType.Guid, '72962B91-FA75-4AE6-8D28-B404DC7DAF63'],
    [DataType.ByteString, Buffer.from('00ff10', 'hex')],
    [DataType.XmlElement, '<a>1</a>'],
    [DataType.NodeId, resolveNodeId('ns=3;s=pipe/fill')],
    [DataType.StatusCode, StatusCodes.BadNoCommunication],
    [DataType.QualifiedName, coerceQualifiedName({ namespaceIndex: 2, name: 'Level' })],
    [DataType.LocalizedText, coerceLocalizedText({ locale: 'de', text: 'voll' })],
  ]
  for (const [dataType, value] of scalars) {
    it(`keep a ${DataType[dataType]}, alone and in an array`, () => {
      const one = kept({ dataType, arrayType: Scalar, value })
      expect([one.dataType, one.arrayType]).to.deep.equal([dataType, Scalar])
      expect(String(one.value)).to.equal(String(value))
      expect(one.value).to.deep.equal(value)
      const many = kept({ dataType, arrayType: List, value: [value, value] })
      expect(many.arrayType).to.equal(List)
      expect(Array.from(many.value)).to.deep.equal([value, value])
    })
  }

  it('keep an ExpandedNodeId with its server and namespace', () => {
    const value = new ExpandedNodeId(NodeIdType.STRING, 'x', 0, 'urn:far', 1)
    const back = kept({ dataType: DataType.ExpandedNodeId, value }).value
    expect([back.serverIndex, back.namespaceUri, back.value]).to.deep.equal([
      value.serverIndex,
      value.namespaceUri,
      'x',
    ])
  })

  it('keep a matrix, Variants in Variants, and missing texts', () => {
    const matrix = kept({ dataType: DataType.Double, arrayType: Matrix, dimensions: [2, 2], value: [1, 2, 3, 4] })
    expect([matrix.arrayType, matrix.dimensions, [...matrix.value]]).to.deep.equal([Matrix, [2, 2], [1, 2, 3, 4]])
    const inner = [new Variant({ dataType: DataType.Int32, value: 7 }), new Variant()]
    const outer = kept({ dataType: DataType.Variant, arrayType: List, value: inner })
    expect(outer.value.map((each: Variant) => [each.dataType, each.value ?? null])).to.deep.equal([
      [DataType.Int32, 7],
      [DataType.Null, null],
    ])
    expect(kept({ dataType: DataType.String, arrayType: List, value: ['a', null] }).value).to.deep.equal(['a', null])
    expect(kept({ dataType: DataType.Null }).dataType).to.equal(DataType.Null)
  })

  it('keep a DataValue with its times', () => {
    const value = new DataValue({
      value: { dataType: DataType.Double, value: 1.5 },
      ...{ statusCode: StatusCodes.UncertainLastUsableValue, sourceTimestamp: new Date(5), sourcePicoseconds: 700_000 },
    })
    const [back] = kept({ dataType: DataType.DataValue, arrayType: List, value: [value] }).value
    expect(back.toString()).to.equal(value.toString())
  })

  it('keep a structure byte for byte', () => {
    const argument = new Argument({
      name: 'x',
      dataType: resolveNodeId('i=11'),
      valueRank: -1,
      description: { text: 'y' },
    })
    const opaque = kept({ dataType: DataType.ExtensionObject, value: argument }).value as OpaqueStructure
    expect(opaque.nodeId.toString()).to.equal(argument.schema.encodingDefaultBinary?.toString())
    // As it goes to a client: the same bytes as the structure itself would be.
    const sent = new Variant({ dataType: DataType.ExtensionObject, value: opaque })
    const direct = new Variant({ dataType: DataType.ExtensionObject, value: argument })
    expect(bytesOf(sent)).to.equal(bytesOf(direct))
  })

  it('follow namespaces whose index has changed since, and are null where one is gone', () => {
    const moved = new NamespaceMap(uris, ['http://opcfoundation.org/UA/', 'urn:other', 'urn:b', 'urn:new', 'urn:a'])
    const node = (text: string) =>
      kept({ dataType: DataType.NodeId, value: resolveNodeId(text) }, moved).value.toString()
    expect(node('ns=2;s=x')).to.equal('ns=4;s=x')
    expect(node('ns=3;i=7')).to.equal('ns=2;i=7')
    expect(node('ns=0;i=85')).to.equal('ns=0;i=85')
    expect(node('ns=1;s=x')).to.equal(new NodeId().toString())
    const name = coerceQualifiedName({ namespaceIndex: 2, name: 'Level' })
    expect(kept({ dataType: DataType.QualifiedName, value: name }, moved).value.namespaceIndex).to.equal(4)
    expect([moved.toWritten(2), moved.toWritten(3), moved.toWritten(0)]).to.deep.equal([3, undefined, 0])
  })
})

function bytesOf(variant: Variant): string {
  const buffer = Buffer.alloc(1000)
  const stream = new BinaryStream(buffer)
  variant.encode(stream)
  return buffer.subarray(0, stream.length).toString('hex')
}
