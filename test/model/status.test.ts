import { expect } from 'chai'
import fc from 'fast-check'
import { bad, good } from '../../src/model/sample.ts'
import { isBad, isGood, isUncertain, Status, statusName, worst } from '../../src/model/status.ts'

const anyCode = fc.integer({ min: 0, max: 0xffffffff })

describe('status', () => {
  it('is Good, Uncertain or Bad by its first two bits (Part 4 §7.39)', () => {
    fc.assert(
      fc.property(anyCode, (code) => {
        expect([isGood(code), isUncertain(code), isBad(code)].filter((is) => is)).to.have.length(1)
      }),
    )
    for (const [name, code] of Object.entries(Status)) {
      expect([isGood(code), isUncertain(code), isBad(code)], name).to.deep.equal(
        ['Good', 'Uncertain', 'Bad'].map((severity) => name.startsWith(severity)),
      )
    }
  })

  it('has a name; info bits do not count, unknown codes are numbers', () => {
    expect(statusName(Status.BadNoCommunication)).to.equal('BadNoCommunication')
    expect(statusName(Status.Good | 0x0400)).to.equal('Good')
    expect(statusName(0x80ff0000)).to.equal('0x80ff0000')
  })

  it('worst keeps the more severe one, and of equals the first', () => {
    fc.assert(
      fc.property(anyCode, anyCode, (a, b) => {
        const code = worst(a, b)
        expect([a, b]).to.include(code)
        expect(code >>> 30).to.equal(Math.max(a >>> 30, b >>> 30))
        if (a >>> 30 === b >>> 30) expect(code).to.equal(a)
      }),
    )
  })

  it('goes into samples with its cause', () => {
    expect(good(1, 5)).to.deep.equal({ value: 1, status: 0, sourceTime: 5 })
    expect(bad(Status.BadTimeout, 5, 'plc1')).to.deep.equal({
      value: null,
      status: 0x800a0000,
      sourceTime: 5,
      cause: 'plc1',
    })
  })
})
