import { expect } from 'chai'
import { type EncodedValue, isEncoded, isSameValue, type Value } from '../../src/model/value.ts'

const guid = (...bytes: number[]): EncodedValue => ({ type: 'Guid', namespaces: [], body: new Uint8Array(bytes) })

/** Values of which no two are the same. */
const different: readonly Value[] = [
  ...[null, true, false, 0, 1, 5n, '', '5', 'a', [], [1], [1, 2], ['1']],
  ...[new Date(0), new Date(1), new Uint8Array(), new Uint8Array([1]), new Uint8Array([1, 2])],
  ...[guid(), guid(1), guid(2), [guid(1)], [guid(1), guid(1)]],
  ...[
    { ...guid(1), type: 'NodeId' },
    { ...guid(1), namespaces: ['urn:a'] },
    { ...guid(1), namespaces: ['urn:b'] },
  ],
]

/** The same value in other objects. */
function copied(value: Value): Value {
  return structuredClone(value) as Value
}

describe('values', () => {
  it('are the same when all that they are made of is, and only then', () => {
    for (const [index, a] of different.entries()) {
      for (const [other, b] of different.entries()) {
        expect(isSameValue(a, copied(b)), `${index} and ${other}`).to.equal(index === other)
      }
    }
  })

  it('are compared by ===, so that NaN is no value and both zeros are one', () => {
    expect(isSameValue(Number.NaN, Number.NaN)).to.equal(false)
    expect(isSameValue([0], [-0])).to.equal(true)
    expect(isSameValue(undefined, null)).to.equal(false)
  })

  it('tell encoded ones from bytes, times and lists', () => {
    const encoded = different.filter(isEncoded)
    expect(encoded.length).to.equal(6)
    for (const value of encoded) expect(value).to.have.property('type')
  })
})
