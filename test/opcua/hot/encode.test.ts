import { expect } from 'chai'
import fc from 'fast-check'
import {
  coerceLocalizedText,
  DataType,
  DataValue,
  getStatusCodeFromCode,
  Range,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { encodeDataValue } from '../../../src/opcua/hot/encode.ts'
import { Writer } from '../../../src/opcua/hot/writer.ts'
import { WireReader } from '../../kit/wire/bytes.ts'

/** Both forms of the same value: ours with these times, and the stack's with the others taken away. */
function bothForms(dataValue: DataValue, source: boolean, server: boolean): [Buffer, Buffer] {
  const out = new Writer()
  encodeDataValue(out, dataValue, { source, server })
  const stripped = dataValue.clone()
  if (!source) {
    stripped.sourceTimestamp = null
    stripped.sourcePicoseconds = 0
  }
  if (!server) {
    stripped.serverTimestamp = null
    stripped.serverPicoseconds = 0
  }
  const stream = new BinaryStream(1024 * 1024)
  stripped.encode(stream)
  return [Buffer.from(out.bytes.subarray(0, out.length)), stream.buffer.subarray(0, stream.length)]
}

const scalar = (dataType: DataType, value: fc.Arbitrary<unknown>): fc.Arbitrary<VariantOptions> =>
  value.map((one) => ({ dataType, arrayType: VariantArrayType.Scalar, value: one }))
const date = fc.date({ min: new Date('1500-01-01'), max: new Date('2300-01-01'), noInvalidDate: true })

const variants: fc.Arbitrary<VariantOptions> = fc.oneof(
  scalar(DataType.Null, fc.constant(null)),
  scalar(DataType.Boolean, fc.boolean()),
  scalar(DataType.SByte, fc.integer({ min: -128, max: 127 })),
  scalar(DataType.Byte, fc.integer({ min: 0, max: 255 })),
  scalar(DataType.Int16, fc.integer({ min: -32_768, max: 32_767 })),
  scalar(DataType.UInt16, fc.integer({ min: 0, max: 65_535 })),
  scalar(DataType.Int32, fc.integer()),
  scalar(DataType.UInt32, fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  scalar(DataType.Float, fc.float()),
  scalar(DataType.Double, fc.double()),
  scalar(
    DataType.String,
    fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null), fc.string({ minLength: 3000, maxLength: 3500 })),
  ),
  scalar(DataType.DateTime, date),
  scalar(
    DataType.ByteString,
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
  scalar(DataType.Int64, fc.constant([1, 2])),
  scalar(
    DataType.LocalizedText,
    fc.string().map((text) => coerceLocalizedText(text)),
  ),
  scalar(DataType.ExtensionObject, fc.constant(new Range({ low: 1, high: 2 }))),
  fc.array(fc.double()).map((value) => ({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value })),
)

describe('the quick encoding of values', () => {
  it('is the one of the stack, byte for byte, and what the specification says', () => {
    fc.assert(
      fc.property(
        variants,
        fc.constantFrom(0, 0x40000000, 0x80310000, 0x408f0000, 0x80000400),
        fc.option(date, { nil: null }),
        fc.constantFrom(0, 100_000, 123_456_700, 20, 999_999_990),
        fc.boolean(),
        fc.boolean(),
        (value, status, time, picoseconds, source, server) => {
          const dataValue = new DataValue({
            value,
            statusCode: getStatusCodeFromCode(status),
            sourceTimestamp: time,
            sourcePicoseconds: picoseconds,
            serverTimestamp: time,
            serverPicoseconds: picoseconds,
          })
          const [ours, theirs] = bothForms(dataValue, source, server)
          expect(ours.toString('hex')).to.equal(theirs.toString('hex'))
          const reader = new WireReader(ours)
          const read = reader.value()
          expect(reader.isAtEnd).to.equal(true)
          expect(read.variant?.type ?? 0).to.equal(value.dataType)
          expect(read.sourceTime !== undefined).to.equal(source && time !== null)
        },
      ),
      { numRuns: 1000 },
    )
  })

  for (const [type, value] of [
    [DataType.Byte, 256],
    [DataType.Int16, 1.5],
    [DataType.UInt32, -1],
    [DataType.Int32, 2 ** 31],
  ] as const) {
    it(`leaves ${value} as ${DataType[type]} to the stack, which refuses or rounds it`, () => {
      const dataValue = new DataValue({})
      const variant = new Variant({ dataType: type, value: 0 })
      variant.value = value
      dataValue.value = variant
      const attempt = (encode: () => Buffer): string => {
        try {
          return encode().toString('hex')
        } catch (error) {
          return (error as Error).name
        }
      }
      const stream = () => {
        const out = new BinaryStream(100)
        dataValue.encode(out)
        return out.buffer.subarray(0, out.length)
      }
      const quick = () => {
        const out = new Writer()
        encodeDataValue(out, dataValue, { source: true, server: true })
        return out.bytes.subarray(0, out.length)
      }
      expect(attempt(quick)).to.equal(attempt(stream))
    })
  }

  it('grows with the message, and refuses one that no client takes', () => {
    const out = new Writer()
    const text = 'x'.repeat(500_000)
    expect(() => {
      for (let count = 0; count < 20; count++) out.text(text)
    }).to.throw(/larger than any client takes/)
    expect(out.length).to.be.greaterThan(1_000_000)
  })
})
