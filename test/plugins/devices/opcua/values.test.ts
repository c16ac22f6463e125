import { expect } from 'chai'
import fc from 'fast-check'
import { dataTypes, Rejected, Status } from 'millrace/plugin'
import { DataType as Builtin, coerceNodeId, Variant, VariantArrayType } from 'node-opcua-client'
import { type Declared, fieldOf } from '../../../../plugins/devices/opcua/types.ts'
import { type BuiltinName, typeMisfit, valueIn, variantOf } from '../../../../plugins/devices/opcua/values.ts'
import { portOf } from '../../../../src/plugin/describe.ts'

const declared = (type: Declared['type'], array = false): Declared => ({
  name: 'tag',
  type,
  array,
  description: 'Tag.',
})
const scalar = (dataType: Builtin, value: unknown) =>
  new Variant({ dataType, arrayType: VariantArrayType.Scalar, value })

describe('values of OPC UA', () => {
  const arbitrary: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    Boolean: fc.boolean(),
    SByte: fc.integer({ min: -128, max: 127 }),
    Byte: fc.integer({ min: 0, max: 255 }),
    Int16: fc.integer({ min: -32768, max: 32767 }),
    UInt16: fc.integer({ min: 0, max: 65535 }),
    Int32: fc.integer(),
    UInt32: fc.integer({ min: 0, max: 4294967295 }),
    Int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    UInt64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    Float: fc.float({ noNaN: true, noDefaultInfinity: true }),
    Double: fc.double({ noNaN: true, noDefaultInfinity: true }),
    String: fc.string(),
    DateTime: fc.date({ noInvalidDate: true }),
    ByteString: fc.uint8Array(),
  }

  for (const type of dataTypes) {
    it(`takes a ${type} back as it was written, alone and in an array`, () => {
      const one = arbitrary[type] as fc.Arbitrary<unknown>
      fc.assert(
        fc.property(one, fc.array(one, { maxLength: 4 }), (value, values) => {
          expect(valueIn(declared(type), variantOf(declared(type), type, value))).to.deep.equal({ value })
          const list = variantOf(declared(type, true), type, values)
          expect(valueIn(declared(type, true), list)).to.deep.equal({ value: values })
        }),
        { numRuns: 50 },
      )
    })

    it(`has a port for a ${type}`, () => {
      expect(portOf('tag', fieldOf(declared(type)))).to.include({ dataType: type, isArray: false })
      expect(portOf('tag', fieldOf(declared(type, true)))).to.include({ dataType: type, isArray: true })
    })
  }

  const texts: [string, Variant, string][] = [
    ['LocalizedText', scalar(Builtin.LocalizedText, { text: 'Kessel', locale: 'de' }), 'Kessel'],
    ['QualifiedName', scalar(Builtin.QualifiedName, { name: 'Level', namespaceIndex: 2 }), 'Level'],
    ['Guid', scalar(Builtin.Guid, '72962B91-FA75-4AE6-8D28-B404DC7DAF63'), '72962B91-FA75-4AE6-8D28-B404DC7DAF63'],
    ['NodeId', scalar(Builtin.NodeId, coerceNodeId('ns=2;s=Boiler')), 'ns=2;s=Boiler'],
    ['null String', scalar(Builtin.String, null), ''],
  ]
  for (const [what, variant, text] of texts) {
    it(`makes a text of a ${what}`, () => expect(valueIn(declared('String'), variant)).to.deep.equal({ value: text }))
  }

  it('widens numbers only where nothing is lost', () => {
    const takes = (type: Declared['type'], builtin: BuiltinName) => typeMisfit(declared(type), builtin) === undefined
    expect(takes(undefined, 'UInt32')).to.equal(true)
    expect(takes('Int32', 'UInt16')).to.equal(true)
    for (const [type, builtin] of [
      ['Float', 'Double'],
      ['Int16', 'UInt16'],
      ['Double', 'Int64'],
      ['Double', 'Boolean'],
    ] as const) {
      expect(takes(type, builtin), `${builtin} into ${type}`).to.equal(false)
    }
    expect(typeMisfit(declared(undefined), 'Int64')).to.match(/declare it with type: Int64/)
    expect(typeMisfit(declared(undefined), 'LocalizedText')).to.match(/declare it with type: String/)
  })

  it('refuses structures, arrays where none is expected, and arrays of several dimensions', () => {
    const list = new Variant({
      dataType: Builtin.Double,
      arrayType: VariantArrayType.Array,
      value: new Float64Array([1]),
    })
    const matrix = new Variant({
      ...{ dataType: Builtin.Double, arrayType: VariantArrayType.Matrix, dimensions: [1, 2] },
      value: new Float64Array([1, 2]),
    })
    expect(typeMisfit(declared('String'), 'ExtensionObject')).to.match(/structure/)
    expect(valueIn(declared('Double'), list))
      .to.have.property('reason')
      .that.matches(/array: true/)
    expect(valueIn(declared('Double', true), scalar(Builtin.Double, 1)))
      .to.have.property('reason')
      .that.matches(/single value/)
    expect(valueIn(declared('Double', true), matrix))
      .to.have.property('reason')
      .that.matches(/several dimensions/)
  })

  it('has no value for a variant without one', () => {
    expect(valueIn(declared('Double'), scalar(Builtin.Null, null))).to.deep.equal({ value: null })
  })

  it('writes in the type of the server, and refuses what does not fit into it', () => {
    expect(variantOf(declared('Double'), 'Int16', 7)).to.include({ dataType: Builtin.Int16, value: 7 })
    expect(variantOf(declared('String'), 'LocalizedText', 'Kessel').value).to.include({ text: 'Kessel' })
    const status = (type: Declared['type'], builtin: BuiltinName, value: unknown): unknown => {
      try {
        return variantOf(declared(type), builtin, value)
      } catch (error) {
        return error instanceof Rejected ? error.status : error
      }
    }
    expect(status('Double', 'Int16', 2.5)).to.equal(Status.BadOutOfRange)
    expect(status('Double', 'Byte', 256)).to.equal(Status.BadOutOfRange)
    expect(status('Double', 'Float', 1e300)).to.equal(Status.BadOutOfRange)
    expect(status('String', 'Guid', 'no guid')).to.equal(Status.BadOutOfRange)
    expect(status('Double', 'Boolean', 1)).to.equal(Status.BadTypeMismatch)
    expect(status('String', 'NodeId', 'i=85')).to.equal(Status.BadTypeMismatch)
  })
})
