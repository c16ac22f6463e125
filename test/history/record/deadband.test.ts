import { expect } from 'chai'
import { Deadband } from '../../../src/history/record/deadband.ts'
import type { EncodedValue, Value } from '../../../src/model/value.ts'

/** Which of these values, each in an object of its own, pass a deadband. */
function passing(values: readonly Value[], width = 0.5): boolean[] {
  const deadband = new Deadband(width)
  return values.map((value) => deadband.passes({ value: structuredClone(value) as Value, status: 0, sourceTime: 0 }))
}

describe('a deadband', () => {
  it('keeps numbers back that differ from the last one kept by no more than its width', () => {
    expect(passing([1, 1.5, 1.4, 1.6, 1.2, Number.NaN, Number.NaN])).to.deep.equal([
      true,
      ...[false, false, true, false],
      ...[true, true],
    ])
  })

  it('compares everything else by value', () => {
    const text = (last: number): EncodedValue => {
      return { type: 'LocalizedText', namespaces: [], body: new Uint8Array([2, 1, 0, 0, 0, last]) }
    }
    const values = [text(65), text(65), text(66), [text(66)], [text(66)], [1, 2], [1, 2], [1, 3]]
    expect(passing(values)).to.deep.equal([true, false, true, true, false, true, false, true])
    expect(passing([new Uint8Array([1]), new Uint8Array([1]), new Date(1), new Date(1), new Date(2)])).to.deep.equal([
      ...[true, false],
      ...[true, false, true],
    ])
  })
})
