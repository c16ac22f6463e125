import { expect } from 'chai'
import fc from 'fast-check'
import { likeOf } from '../../../../src/opcua/history/events/like.ts'

/** A pattern as a regular expression, for patterns without lists. */
function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/%/g, '.*').replace(/_/g, '.')}$`, 'su')
}

describe('the operator Like (Part 4 §7.7.3)', () => {
  const rows: readonly [string, string, boolean][] = [
    ['main%', 'mainstream', true],
    ['main%', 'in the main', false],
    ['%en%', 'sentence', true],
    ['', '', true],
    ['', 'x', false],
    ['%', '', true],
    ['_', '', false],
    ['_a_', 'bac', true],
    ['abc[13-68]', 'abc1', true],
    ['abc[13-68]', 'abc5', true],
    ['abc[13-68]', 'abc7', false],
    ['ABC[^13-5]', 'ABC7', true],
    ['ABC[^13-5]', 'ABC4', false],
    ['xyz[c-f]', 'xyzd', true],
    ['100\\%', '100%', true],
    ['100\\%', '1000', false],
    ['a[b', 'a[b', true],
    ['[]', ']', false],
    ['%ä_', 'grüßä😀', true],
  ]
  for (const [pattern, text, fits] of rows) {
    it(`${fits ? 'fits' : 'refuses'} '${text}' with '${pattern}'`, () => expect(likeOf(pattern)(text)).to.equal(fits))
  }

  it('agrees with a regular expression on any text and pattern without lists', () => {
    const part = fc.constantFrom('a', 'b', '%', '_', '.', '😀')
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b', '.', '😀'), { maxLength: 10 }),
        (pattern, text) => {
          expect(likeOf(pattern.join(''))(text.join(''))).to.equal(expressionOf(pattern.join('')).test(text.join('')))
        },
      ),
    )
  })

  it('ends soon whatever a client thinks of', () => {
    // A backtracking matcher would try about 10^30 ways here.
    expect(likeOf(`${'%a'.repeat(60)}b`)('a'.repeat(5000))).to.equal(false)
  })
})
