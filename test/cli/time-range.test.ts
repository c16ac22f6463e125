import { expect } from 'chai'
import { UsageError } from '../../src/cli/exit-code.ts'
import { rangeOf, widthOf } from '../../src/cli/time-range.ts'

const now = Date.UTC(2026, 4, 1, 12)
const from = (text: string): number => rangeOf({ from: text }, now).from

describe('the range of an export', () => {
  it('is open where no time is given', () => {
    expect(rangeOf({}, now)).to.deep.equal({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY })
    expect(rangeOf({ to: 'now' }, now)).to.deep.equal({ from: Number.NEGATIVE_INFINITY, to: now })
  })

  it('takes times relative to now', () => {
    expect(from('-1h')).to.equal(now - 3_600_000)
    expect(from('-7d')).to.equal(now - 7 * 86_400_000)
    expect(from('-1.5s')).to.equal(now - 1500)
    expect(from('+5m')).to.equal(now + 300_000)
  })

  it('takes ISO 8601 with a zone', () => {
    expect(from('2026-05-01T06:00Z')).to.equal(Date.UTC(2026, 4, 1, 6))
    expect(from('2026-05-01T06:00:07+02:00')).to.equal(Date.UTC(2026, 4, 1, 4, 0, 7))
    expect(from('2026-05-01 06:00-0330')).to.equal(Date.UTC(2026, 4, 1, 9, 30))
    expect(from('2024-02-29T00:00:00Z')).to.equal(Date.UTC(2024, 1, 29))
    expect(from('0001-01-01T00:00Z')).to.equal(Date.parse('0001-01-01T00:00Z'))
  })

  it('keeps parts of a millisecond', () => {
    expect(from('1970-01-01T00:00:00.0001250Z')).to.equal(0.125)
    expect(from('1970-01-01T00:00:01.5Z')).to.equal(1500)
  })

  it('takes times without a zone as those of this machine', () => {
    expect(from('2026-05-01T06:00')).to.equal(new Date(2026, 4, 1, 6).getTime())
    expect(from('2026-05-01')).to.equal(new Date(2026, 4, 1).getTime())
  })

  it('refuses what is no time', () => {
    for (const text of [
      ...['', '1h', '-1', '-1 h', '2026', '2026-5-1', '2026-13-01', '2026-02-29', '2026-05-01T24:00Z'],
      ...['2026-05-01T06', '2026-05-01T06:60Z', '2026-05-01Z', '1777777777777', '-999y', 'today'],
    ]) {
      expect(() => from(text), text).to.throw(UsageError, `--from ${text} is no time`)
    }
  })

  it('takes a width that is a duration above 0', () => {
    expect(widthOf('1m')).to.equal(60_000)
    for (const text of ['0s', '-1m', '1', 'm', '']) expect(() => widthOf(text), text).to.throw(UsageError)
  })
})
