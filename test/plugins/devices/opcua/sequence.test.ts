import { expect } from 'chai'
import { nextNumber, placeOf } from '../../../../plugins/devices/opcua/sequence.ts'

const last = 0xffffffff

// Part 4 §7.21: a sequence number is a UInt32 that begins with 1 and never becomes 0.
describe('sequence numbers of notification messages', () => {
  it('go from the last UInt32 to 1', () => {
    expect(nextNumber(1)).to.equal(2)
    expect(nextNumber(last)).to.equal(1)
  })

  it('tell the next message, also over the wrap', () => {
    expect(placeOf(5, 4)).to.deep.equal({ kind: 'next' })
    expect(placeOf(1, last)).to.deep.equal({ kind: 'next' })
  })

  it('tell a message that came before, also over the wrap', () => {
    for (const [number, received] of [
      [4, 4],
      [3, 4],
      [last, 2],
      [1, 1000],
    ] as const) {
      expect(placeOf(number, received), `${number} after ${received}`).to.deep.equal({ kind: 'known' })
    }
  })

  it('name every message that is missing, in order', () => {
    expect(placeOf(8, 4)).to.deep.equal({ kind: 'after', missing: [5, 6, 7] })
    expect(placeOf(2, last - 1)).to.deep.equal({ kind: 'after', missing: [last, 1] })
  })

  it('take the first message as it is, and one that is too far away to be caught up with', () => {
    expect(placeOf(77, undefined)).to.deep.equal({ kind: 'next' })
    expect(placeOf(5_000_000, 4)).to.deep.equal({ kind: 'next' })
  })
})
