import { expect } from 'chai'
import fc from 'fast-check'
import { decodeChunk, encodeChunk } from '../../../src/history/codec/chunk.ts'
import { type Entry, isTyped, type Samples, samplesFrom, valueColumn } from '../../../src/history/samples.ts'
import type { Scalar, Value } from '../../../src/model/value.ts'

const date = fc.date({ noInvalidDate: false })
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'on', 'off', '\ud800', 'a\udfffb', '\ufeffx'))
const scalars: Readonly<Record<string, fc.Arbitrary<Scalar>>> = {
  boolean: fc.boolean(),
  double: fc.double(),
  decimal: fc.integer({ min: -1e7, max: 1e7 }).map((integer) => integer / 1000),
  float: fc.float(),
  integer: fc.integer(),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  text,
  date,
  bytes: fc.uint8Array({ maxLength: 20 }),
  encoded: fc.record({
    type: fc.oneof(fc.constantFrom('LocalizedText', 'Guid', 'nsu=urn:acme:types;i=7'), text),
    namespaces: fc.array(fc.oneof(fc.constantFrom('urn:a', 'urn:b'), text), { maxLength: 3 }),
    body: fc.uint8Array({ maxLength: 20 }),
  }),
}
const anyScalar = fc.oneof(...Object.values(scalars))
const time = fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
const status = fc.oneof(fc.constantFrom(0, 0x40000000, 0x809d0000), fc.nat({ max: 0xffffffff }))

const run = fc.oneof(fc.constantFrom(0, 1), fc.nat({ max: 0xffffffff }))

function rows(value: fc.Arbitrary<Value>): fc.Arbitrary<Entry[]> {
  return fc.oneof(
    fc.array(fc.record({ time, status, value }), { maxLength: 100 }),
    fc.array(fc.record({ time, status, value, run }), { maxLength: 100 }),
  )
}

/** Bits of a number, so that NaN, -0 and 0 can be told apart. */
function bitsOf(numbers: Float64Array): bigint[] {
  return [...new BigUint64Array(Float64Array.from(numbers).buffer)]
}

function expectEqual(actual: Samples, expected: Samples): void {
  expect(actual.count).to.equal(expected.count)
  expect(bitsOf(actual.times)).to.deep.equal(bitsOf(expected.times))
  expect([...actual.statuses]).to.deep.equal([...expected.statuses])
  expect(actual.runs && [...actual.runs]).to.deep.equal(expected.runs && [...expected.runs])
  expect(isTyped(actual.values)).to.equal(isTyped(expected.values))
  expect(Array.from<Value>(actual.values)).to.deep.equal(Array.from<Value>(expected.values))
}

/** A chunk of version 1, as the first release wrote it. */
const versionOne =
  'Ab/Ca30oAIDQhbiwzQHesIW4sM0BTQMAAYCAyIQEBgABgIDIhAQGAAGAgMiEBAYAAYCAyIQEBgABgIDIhAQGAAGAgMiEBAEAAQABoAYgBB4iBhwoDBYiEhQkGAomGggkIAIeHgIgJAgaJgoYKBASIhYQJBw='

describe('a chunk of samples', () => {
  for (const [name, scalar] of Object.entries(scalars)) {
    it(`gives values of type ${name} back, also with missing ones and in arrays`, () => {
      const value = fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 5 }))
      for (const each of [scalar, fc.oneof(scalar, fc.constant(null)), value]) {
        fc.assert(
          fc.property(rows(each), (list) => {
            const samples = samplesFrom(list)
            expectEqual(decodeChunk(encodeChunk(samples)), samples)
          }),
          { numRuns: 60 },
        )
      }
    })
  }

  it('gives a column of mixed types back', () => {
    fc.assert(
      fc.property(rows(fc.oneof(anyScalar, fc.array(anyScalar, { maxLength: 4 }))), (list) => {
        const samples = samplesFrom(list)
        expectEqual(decodeChunk(encodeChunk(samples)), samples)
      }),
      { numRuns: 100 },
    )
  })

  it('gives numbers back bit by bit: payloads of NaN, -0, infinities, denormals', () => {
    const special = fc.constantFrom(
      0x7ff8000000000001n,
      0xfff0000000000123n,
      0x8000000000000000n,
      0x7ff0000000000000n,
      1n,
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(special, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { maxLength: 400 }),
        (bits) => {
          const values = new Float64Array(BigUint64Array.from(bits).buffer)
          const count = values.length
          const samples = { count, times: new Float64Array(count), statuses: new Uint32Array(count), values }
          const back = decodeChunk(encodeChunk(samples)).values as Float64Array
          expect(bitsOf(back)).to.deep.equal(bits)
        },
      ),
    )
  })

  it('keeps runs of equal numbers that no decimal describes', () => {
    for (const count of [1, 191, 192, 193, 500]) {
      const values = new Float64Array(count).fill(Math.PI * 1e9)
      const samples = { count, times: new Float64Array(count), statuses: new Uint32Array(count), values }
      expectEqual(decodeChunk(encodeChunk(samples)), samples)
    }
  })

  it('is read as programs have written it that did not know runs', () => {
    const samples = decodeChunk(Buffer.from(versionOne, 'base64'))
    expect(samples).to.include({ count: 40, runs: undefined })
    const rows = Array.from({ length: 40 }, (_, index) => ({
      time: 1764187200000 + index * 1000,
      status: index % 7 === 3 ? 0x40920000 : 0,
      value: Math.round(200 + 10 * Math.sin(index)) / 10,
    }))
    expectEqual(samples, samplesFrom(rows))
  })

  it('is written like that while it has no runs, and needs a few bytes more for one run', () => {
    const samples = decodeChunk(Buffer.from(versionOne, 'base64'))
    const none = encodeChunk({ ...samples, runs: new Uint32Array(40) })
    expect(Buffer.from(none).toString('base64')).to.equal(versionOne)
    const one = encodeChunk({ ...samples, runs: new Uint32Array(40).fill(70_000) })
    expect(one.length - none.length).to.equal(4)
  })

  it('keeps equal times in order', () => {
    const samples = samplesFrom([1, 2, 3].map((value) => ({ time: 1000, status: 0, value })))
    expect([...decodeChunk(encodeChunk(samples)).values]).to.deep.equal([1, 2, 3])
  })

  it('detects every changed bit, and a blob that was cut short', () => {
    const samples = samplesFrom(
      Array.from({ length: 20 }, (_, index) => ({ time: index, status: 0, value: index / 8 })),
    )
    const blob = encodeChunk(samples)
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const damaged = Uint8Array.from(blob)
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => decodeChunk(damaged), `bit ${bit}`)
        .to.throw()
        .with.property('code', 'database-corrupt')
    }
    for (let length = 0; length < blob.length; length++) {
      expect(() => decodeChunk(blob.subarray(0, length)))
        .to.throw()
        .with.property('code', 'database-corrupt')
    }
  })

  it('needs few bytes for what instruments report', () => {
    const count = 512
    const walk = (step: (index: number) => Value): number => {
      const values = valueColumn(Array.from({ length: count }, (_, index) => step(index)))
      const times = Float64Array.from({ length: count }, (_, index) => 1.7e12 + index * 1000)
      return encodeChunk({ count, times, statuses: new Uint32Array(count), values }).length / count
    }
    expect(walk(() => 42.5)).to.be.lessThan(0.1)
    expect(walk((index) => Math.round(200 + 30 * Math.sin(index / 20)) / 10)).to.be.lessThan(1.1)
    expect(walk((index) => Math.fround(20 + Math.round(Math.sin(index) * 100) / 100))).to.be.lessThan(2.1)
    expect(walk((index) => index % 100 === 0)).to.be.lessThan(0.1)
    const body = new Uint8Array(40).fill(7)
    const state = (index: number): Value => ({ type: 'LocalizedText', namespaces: [], body: body.with(0, index >> 6) })
    expect(walk(state)).to.be.lessThan(1)
    expect(walk((index) => Math.sin(index))).to.be.lessThan(9)
  })
})
