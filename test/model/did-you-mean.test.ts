import { expect } from 'chai'
import fc from 'fast-check'
import { didYouMean, editDistance } from '../../src/model/did-you-mean.ts'

describe('didYouMean', () => {
  const candidates = ['host', 'port', 'unitId', 'registers']

  it('finds what was meant', () => {
    expect(didYouMean('prot', candidates)).to.equal('port')
    expect(didYouMean('unitid', candidates)).to.equal('unitId')
    expect(didYouMean('regsiter', candidates)).to.equal('registers')
  })

  it('stays silent when nothing is close', () => {
    expect(didYouMean('timeout', candidates)).to.equal(undefined)
    expect(didYouMean('x', [])).to.equal(undefined)
    expect(didYouMean('x'.repeat(100), candidates)).to.equal(undefined)
  })
})

describe('editDistance', () => {
  const word = fc.string({ maxLength: 12 })

  it('counts insertions, deletions, replacements and swaps', () => {
    expect(editDistance('port', 'ports')).to.equal(1)
    expect(editDistance('port', 'prt')).to.equal(1)
    expect(editDistance('port', 'part')).to.equal(1)
    expect(editDistance('port', 'prot')).to.equal(1)
    expect(editDistance('', 'abc')).to.equal(3)
  })

  it('is zero for equal words alone, the same both ways, and within the length of the longer word', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance === 0).to.equal(a === b)
        expect(distance).to.equal(editDistance(b, a))
        expect(distance).to.be.within(Math.abs(a.length - b.length), Math.max(a.length, b.length))
      }),
    )
  })
})
