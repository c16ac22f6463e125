import { expect } from 'chai'
import fc from 'fast-check'
import { BinaryStream, DataType as UaDataType, Variant, VariantArrayType } from 'node-opcua'
import { Status } from '../../src/model/status.ts'
import { type DataType, dataTypes, integerRange, type Scalar, type Value } from '../../src/model/value.ts'
import { fromVariant, toVariant } from '../../src/opcua/conversion.ts'

/** Values that a port of a data type may have. */
function scalars(type: DataType): fc.Arbitrary<Scalar> {
  const range = integerRange[type]
  if (range) return fc.integer({ min: range[0], max: range[1] })
  switch (type) {
    case 'Boolean':
      return fc.boolean()
    case 'Int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'UInt64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    case 'Float':
      return fc.float({ noNaN: true })
    case 'Double':
      return fc.double({ noNaN: true })
    case 'DateTime':
      return fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
    case 'ByteString':
      return fc.uint8Array()
    default:
      return fc.string()
  }
}

/** The value after a trip over the wire. */
function travelled(variant: Variant): Variant {
  const stream = new BinaryStream(variant.binaryStoreSize())
  variant.encode(stream)
  stream.rewind()
  const arrived = new Variant()
  arrived.decode(stream)
  return arrived
}

describe('conversion', () => {
  for (const dataType of dataTypes) {
    it(`brings a ${dataType}, alone and in an array, over the wire and back`, () => {
      fc.assert(
        fc.property(fc.oneof(scalars(dataType), fc.array(scalars(dataType), { minLength: 1 })), (value) => {
          const shape = { dataType, isArray: Array.isArray(value) }
          const converted = toVariant(shape, value as Value)
          if (!('variant' in converted)) throw new Error(`refused with ${converted.status}`)
          expect(fromVariant(shape, travelled(converted.variant))).to.deep.equal(value)
        }),
      )
    })
  }

  it('refuses a value of another type or outside its range', () => {
    const status = (dataType: DataType, value: Value, isArray = false): number | undefined => {
      const converted = toVariant({ dataType, isArray }, value)
      return 'status' in converted ? converted.status : undefined
    }
    expect(status('Byte', 256)).to.equal(Status.BadOutOfRange)
    expect(status('Int16', 0.5)).to.equal(Status.BadTypeMismatch)
    expect(status('UInt64', -1n)).to.equal(Status.BadOutOfRange)
    expect(status('Int64', 2n ** 63n)).to.equal(Status.BadOutOfRange)
    expect(status('Int64', 1)).to.equal(Status.BadTypeMismatch)
    expect(status('UInt64', 1)).to.equal(Status.BadTypeMismatch)
    expect(status('Boolean', 1)).to.equal(Status.BadTypeMismatch)
    expect(status('String', 1)).to.equal(Status.BadTypeMismatch)
    expect(status('Double', '1')).to.equal(Status.BadTypeMismatch)
    expect(status('ByteString', 'a')).to.equal(Status.BadTypeMismatch)
    expect(status('DateTime', new Date(Number.NaN))).to.equal(Status.BadTypeMismatch)
    expect(status('Double', [1])).to.equal(Status.BadTypeMismatch)
    expect(status('Double', 1, true)).to.equal(Status.BadTypeMismatch)
    expect(status('Byte', [1, 256], true)).to.equal(Status.BadOutOfRange)
    expect(status('Double', null)).to.equal(undefined)
  })

  it('finds no value in a variant that does not fit', () => {
    const shape = { dataType: 'String', isArray: false } as const
    expect(fromVariant(shape, new Variant({ dataType: UaDataType.Null }))).to.equal(undefined)
    expect(fromVariant(shape, new Variant({ dataType: UaDataType.Double, value: 1 }))).to.equal(undefined)
    const list = { dataType: UaDataType.String, arrayType: VariantArrayType.Array, value: ['a'] }
    expect(fromVariant(shape, new Variant(list))).to.equal(undefined)
  })
})
