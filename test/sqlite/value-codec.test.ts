import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from '../../src/sqlite/value-codec.ts'
import { codeOf } from '../sqlite/scratch.ts'
import { bitsOf, scalars, values } from '../store/values.ts'

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    values,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$date', '$$', '$', '__proto__', 'constructor')), tie('tree')),
  ),
}))

describe('the value codec', () => {
  it('gives every value back bit by bit', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(bitsOf(decode(encode(value)))).to.equal(bitsOf(value))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives structures of any shape and key back bit by bit', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(bitsOf(decode(encode(value)))).to.equal(bitsOf(value))
      }),
      { numRuns: 1000 },
    )
  })

  it('writes well-formed text without control characters or half characters', () => {
    fc.assert(
      fc.property(scalars, (value) => {
        expect(encode(value)).to.satisfy((text: string) => text.isWellFormed())
        expect(encode(value)).not.to.include('\0')
      }),
    )
  })

  it('writes what a person can read', () => {
    expect(
      encode({ a: -0, b: [1.5, Number.NaN], c: 5n, d: new Date(7), e: new Uint8Array([1, 2]), $f: null }),
    ).to.equal(
      '{"a":{"$number":"-0"},"b":[1.5,{"$number":"NaN"}],"c":{"$bigint":"5"},"d":{"$date":7},"e":{"$bytes":"AQI="},"$$f":null}',
    )
  })

  it('leaves out keys without a value', () => {
    expect(encode({ a: undefined, b: 1 })).to.equal('{"b":1}')
  })

  it('refuses what it could not give back', () => {
    const wrong = [undefined, [undefined], () => 1, Symbol('s'), new Map(), new (class Thing {})(), new Float64Array(1)]
    for (const value of wrong) expect(() => encode(value)).to.throw(TypeError)
  })

  it('tells a damaged text', async () => {
    const damaged = [
      '',
      '{',
      '{"$date":"x"}',
      '{"$bigint":"1.5"}',
      '{"$number":"1"}',
      '{"$what":1}',
      '{"$date":1,"b":2}',
    ]
    for (const text of damaged) expect(await codeOf((async () => decode(text))())).to.equal('database-corrupt')
  })
})
