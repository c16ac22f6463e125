import { expect } from 'chai'
import fc from 'fast-check'
import {
  Argument,
  BinaryStream,
  coerceNodeId,
  DataValue,
  DiagnosticInfo,
  ExpandedNodeId,
  LocalizedText,
  NodeId,
  NodeIdType,
  QualifiedName,
  Range,
  StatusCodes,
  DataType as UaDataType,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { decodeChunk, encodeChunk } from '../../src/history/codec/chunk.ts'
import { samplesFrom } from '../../src/history/samples.ts'
import { Status } from '../../src/model/status.ts'
import { dataTypes, type EncodedValue, isSameValue, type Value } from '../../src/model/value.ts'
import { toVariant } from '../../src/opcua/conversion.ts'
import { encodedVariant, valueFrom } from '../../src/opcua/encoded-values.ts'
import { openIn, tagSample, temporaryFolder, wholeOf } from '../history/kit.ts'

const uris = ['http://opcfoundation.org/UA/', 'urn:millrace:server', 'urn:acme', 'urn:acme:types']
/** The same namespaces after a restart, with one in front of them that is new. */
const later = ['http://opcfoundation.org/UA/', 'urn:millrace:server', 'urn:new', 'urn:acme:types', 'urn:acme']

const guid = '72962B91-FA75-4AE6-8D28-B404DC7DAF63'
const range = new Range({ low: -1, high: 5.5 })
const argument = new Argument({ name: 'speed', dataType: coerceNodeId('ns=2;i=9'), description: 'how fast' })

/** Two values of each built-in type that has no form of its own here (Part 6 §5.1.2). */
const others: Readonly<Record<string, readonly [unknown, unknown]>> = {
  Guid: [guid, '00000000-0000-0000-0000-000000000001'],
  XmlElement: ['<a>ä</a>', ''],
  NodeId: [coerceNodeId('ns=2;s=pump'), coerceNodeId('ns=3;b=AQID')],
  ExpandedNodeId: [
    new ExpandedNodeId(NodeIdType.STRING, 'pump', 2),
    new ExpandedNodeId(NodeIdType.NUMERIC, 70_000, 0, 'urn:elsewhere', 3),
  ],
  StatusCode: [StatusCodes.BadTimeout, StatusCodes.Good],
  QualifiedName: [new QualifiedName({ namespaceIndex: 2, name: 'Pump' }), new QualifiedName({ name: 'x' })],
  LocalizedText: [new LocalizedText({ text: 'läuft', locale: 'de' }), new LocalizedText({ text: '' })],
  ExtensionObject: [argument, range],
  DataValue: [
    new DataValue({ value: new Variant({ dataType: UaDataType.NodeId, value: coerceNodeId('ns=2;i=1') }) }),
    new DataValue({ statusCode: StatusCodes.BadNoData, sourceTimestamp: new Date(5) }),
  ],
  DiagnosticInfo: [new DiagnosticInfo({ symbolicId: 3, additionalInfo: 'why' }), new DiagnosticInfo({ locale: 1 })],
}

function bytesOf(variant: Variant): number[] {
  const stream = new BinaryStream(variant.binaryStoreSize())
  variant.encode(stream)
  return [...stream.buffer.subarray(0, stream.length)]
}

function back(value: Value, namespaces: readonly string[] = uris): Variant {
  const converted = encodedVariant(value, namespaces)
  if (!('variant' in converted)) throw new Error(`refused with ${converted.status.toString(16)}`)
  return converted.variant
}

function statusOf(value: Value, namespaces: readonly string[] = uris): number | undefined {
  const converted = encodedVariant(value, namespaces)
  return 'status' in converted ? converted.status : undefined
}

/** The value after a trip through a chunk. */
function stored(value: Value): Value {
  return decodeChunk(encodeChunk(samplesFrom([{ time: 1, status: 0, value }]))).values[0] as Value
}

const array = (dataType: UaDataType, value: readonly unknown[]): VariantOptions => {
  return { dataType, arrayType: VariantArrayType.Array, value: [...value] }
}

describe('encoded values', () => {
  it('are needed for exactly the built-in types that have no form of their own', () => {
    const builtIn = Object.values(UaDataType).filter((name) => typeof name === 'string')
    const rest = builtIn.filter((name) => name !== 'Null' && !dataTypes.some((type) => type === name))
    expect(rest.toSorted()).to.deep.equal([...Object.keys(others), 'Variant'].toSorted())
  })

  for (const [name, values] of Object.entries(others)) {
    const dataType = UaDataType[name as keyof typeof UaDataType]

    it(`bring a ${name} and a list of them back bit by bit, also from history`, () => {
      const variants = values.map((value) => new Variant({ dataType, value }))
      for (const variant of [...variants, new Variant(array(dataType, values))]) {
        const value = valueFrom(variant, uris)
        const kept = stored(value)
        expect(isSameValue(kept, value)).to.equal(true)
        expect(bytesOf(back(kept))).to.deep.equal(bytesOf(variant))
      }
    })

    it(`compare values of type ${name}`, () => {
      const [a, same, b] = [values[0], values[0], values[1]].map((value) =>
        valueFrom(new Variant({ dataType, value }), uris),
      )
      expect(isSameValue(a, same)).to.equal(true)
      expect(isSameValue(a, b)).to.equal(false)
      expect(isSameValue([a as EncodedValue], [b as EncodedValue])).to.equal(false)
    })
  }

  it('come back whatever texts, numbers and namespaces they hold, in the same order of namespaces and in another', () => {
    const text = fc.string({ unit: 'grapheme' })
    const index = fc.integer({ min: 0, max: uris.length - 1 })
    const nodeId = fc.oneof(
      fc.tuple(index, fc.nat(0xffffffff)).map(([ns, id]) => new NodeId(NodeIdType.NUMERIC, id, ns)),
      fc.tuple(index, text).map(([ns, id]) => new NodeId(NodeIdType.STRING, id, ns)),
      fc.tuple(index, fc.uint8Array()).map(([ns, id]) => new NodeId(NodeIdType.BYTESTRING, Buffer.from(id), ns)),
    )
    const variant = fc.oneof(
      nodeId.map((value) => new Variant({ dataType: UaDataType.NodeId, value })),
      fc.array(nodeId, { minLength: 1 }).map((value) => new Variant(array(UaDataType.NodeId, value))),
      fc.tuple(index, text).map(([namespaceIndex, name]) => {
        return new Variant({ dataType: UaDataType.QualifiedName, value: new QualifiedName({ namespaceIndex, name }) })
      }),
      fc.tuple(text, text).map(([locale, value]) => {
        return new Variant({ dataType: UaDataType.LocalizedText, value: new LocalizedText({ locale, text: value }) })
      }),
      fc.tuple(nodeId, text, fc.array(fc.nat())).map(([dataType, name, arrayDimensions]) => {
        const value = new Argument({ dataType, name, arrayDimensions })
        return new Variant({ dataType: UaDataType.ExtensionObject, value })
      }),
    )
    fc.assert(
      fc.property(variant, (each) => {
        const value = stored(valueFrom(each, uris))
        expect(bytesOf(back(value))).to.deep.equal(bytesOf(each))
        const moved = back(value, later)
        expect(bytesOf(back(valueFrom(moved, later), uris))).to.deep.equal(bytesOf(each))
      }),
      { numRuns: 300 },
    )
  })

  it('keep every built-in type through the journal, a chunk and a restart', async () => {
    const folder = await temporaryFolder()
    const variants = Object.entries(others).flatMap(([name, values]) => {
      const dataType = UaDataType[name as keyof typeof UaDataType]
      return [...values.map((value) => new Variant({ dataType, value })), new Variant(array(dataType, values))]
    })
    const values = variants.map((variant) => valueFrom(variant, uris))
    // Enough of them to be sealed in part, and the rest is in the journal alone.
    const samples = Array.from({ length: 700 }, (_, index) => tagSample('a', index, values[index % values.length] ?? 0))
    let store = await openIn(folder.path)
    for (let from = 0; from < samples.length; from += 100) await store.append(samples.slice(from, from + 100))
    await store.close()
    store = await openIn(folder.path)
    expect(store.health().unsealed).to.be.within(1, 699)
    const entries = await wholeOf(store, 'a')
    await store.close()
    await folder.remove()
    expect(entries.length).to.equal(700)
    for (const [index, { value }] of entries.entries()) {
      expect(bytesOf(back(value))).to.deep.equal(bytesOf(variants[index % variants.length] as Variant))
    }
  })

  it('give values of the 14 other types as they are', () => {
    const int64 = new Variant({
      dataType: UaDataType.Int64,
      arrayType: VariantArrayType.Scalar,
      value: [0xffffffff, 0xfffffffe],
    })
    expect(valueFrom(int64, uris)).to.equal(-2n)
    expect(valueFrom(new Variant(array(UaDataType.String, ['a', ''])), uris)).to.deep.equal(['a', ''])
    expect(valueFrom(new Variant(array(UaDataType.Double, [])), uris)).to.deep.equal([])
    expect(valueFrom(new Variant({ dataType: UaDataType.String, value: null }), uris)).to.equal(null)
    expect(valueFrom(new Variant({ dataType: UaDataType.ByteString, value: Buffer.from([1]) }), uris)).to.deep.equal(
      new Uint8Array([1]),
    )
  })

  it('bring matrices, lists with gaps, empty lists and lists of Variants back', () => {
    const matrix = { dataType: UaDataType.Double, arrayType: VariantArrayType.Matrix, dimensions: [2, 3] }
    const variants = [
      new Variant({ ...matrix, value: new Float64Array([1, 2, 3, 4, 5, 6]) }),
      new Variant({
        ...matrix,
        dataType: UaDataType.LocalizedText,
        dimensions: [1, 1],
        value: [new LocalizedText('a')],
      }),
      new Variant(array(UaDataType.String, ['a', null])),
      new Variant(array(UaDataType.LocalizedText, [])),
      new Variant(array(UaDataType.Variant, [new Variant({ dataType: UaDataType.Byte, value: 1 })])),
    ]
    for (const variant of variants) {
      expect(bytesOf(back(stored(valueFrom(variant, uris))))).to.deep.equal(bytesOf(variant))
    }
  })

  it('find nodes and types by their namespace when indices have changed since', () => {
    const nodeId = valueFrom(new Variant({ dataType: UaDataType.NodeId, value: coerceNodeId('ns=2;s=pump') }), uris)
    expect(String(back(nodeId, later).value)).to.equal('ns=4;s=pump')
    const name = valueFrom(new Variant({ dataType: UaDataType.QualifiedName, value: others.QualifiedName?.[0] }), uris)
    expect(back(name, later).value).to.include({ namespaceIndex: 4, name: 'Pump' })
    const structure = valueFrom(new Variant({ dataType: UaDataType.ExtensionObject, value: argument }), uris)
    expect(String((back(structure, later).value as Argument).dataType)).to.equal('ns=4;i=9')
    const inside = valueFrom(new Variant({ dataType: UaDataType.DataValue, value: others.DataValue?.[0] }), uris)
    expect(String((back(inside, later).value as DataValue).value.value)).to.equal('ns=4;i=1')
    // The original is as it was.
    expect(String(argument.dataType)).to.equal('ns=2;i=9')
    expect(statusOf(nodeId, uris.slice(0, 2))).to.equal(Status.BadDataTypeIdUnknown)
  })

  it('name a structure by its type, and keep only the namespaces that it needs', () => {
    const value = valueFrom(new Variant({ dataType: UaDataType.ExtensionObject, value: range }), uris)
    expect(value).to.deep.include({ type: 'i=886', namespaces: [] })
    const text = valueFrom(new Variant({ dataType: UaDataType.LocalizedText, value: 'a' }), uris)
    expect(text).to.deep.include({ type: 'LocalizedText', namespaces: [] })
    const nodeId = valueFrom(new Variant({ dataType: UaDataType.NodeId, value: coerceNodeId('ns=2;i=1') }), uris)
    expect(nodeId).to.deep.include({ namespaces: ['urn:millrace:server', 'urn:acme'] })
  })

  it('carry a structure of an unknown type unread, and refuse it when its indices may be wrong', () => {
    const unknown: EncodedValue = {
      type: 'nsu=urn:acme:types;i=7',
      namespaces: uris.slice(1),
      body: new Uint8Array([9]),
    }
    const variant = back(unknown)
    expect(variant.dataType).to.equal(UaDataType.ExtensionObject)
    expect(variant.value).to.deep.include({ buffer: Buffer.from([9]) })
    expect(String(Reflect.get(variant.value, 'nodeId'))).to.equal('ns=3;i=7')
    expect(valueFrom(variant, uris)).to.deep.equal(unknown)
    expect(statusOf(unknown, later)).to.equal(Status.BadDataTypeIdUnknown)
    // Without any index in its body only its type has to be found.
    expect(String(Reflect.get(back({ ...unknown, namespaces: [] }, later).value, 'nodeId'))).to.equal('ns=3;i=7')
    expect(statusOf({ ...unknown, type: 'nsu=urn:gone;i=7' })).to.equal(Status.BadDataTypeIdUnknown)
    expect(back({ ...unknown, type: 'i=4000000', namespaces: [] }).value).to.have.property('buffer')
  })

  it('tell a body that is damaged, and lists of several types', () => {
    const text: EncodedValue = { type: 'LocalizedText', namespaces: [], body: new Uint8Array([2, 50, 0, 0, 0, 65]) }
    for (const value of [
      text,
      { ...text, body: new Uint8Array() },
      { ...text, type: 'Guid', body: new Uint8Array(17) },
      { ...text, type: 'NoSuchType' },
      { ...text, type: '' },
    ]) {
      expect(statusOf(value), value.type).to.equal(Status.BadDecodingError)
    }
    const good: EncodedValue = { type: 'Guid', namespaces: [], body: new Uint8Array(16) }
    const code: EncodedValue = { type: 'StatusCode', namespaces: [], body: new Uint8Array(4) }
    expect(statusOf([good, code])).to.equal(Status.BadTypeMismatch)
    expect(statusOf([good, 1])).to.equal(Status.BadTypeMismatch)
    expect(statusOf([])).to.equal(Status.BadTypeMismatch)
    expect(statusOf(5)).to.equal(Status.BadTypeMismatch)
  })

  it('do not pass for the value of a port of another type', () => {
    const value: EncodedValue = { type: 'Guid', namespaces: [], body: new Uint8Array(16) }
    for (const dataType of dataTypes) {
      expect(toVariant({ dataType, isArray: false }, value)).to.deep.equal({ status: Status.BadTypeMismatch })
      expect(toVariant({ dataType, isArray: true }, [value])).to.deep.equal({ status: Status.BadTypeMismatch })
    }
  })
})
