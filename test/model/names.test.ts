import { expect } from 'chai'
import { diagnosticTag, stepOwner } from '../../src/model/diagnostics.ts'
import { equipmentLevels, levelRank } from '../../src/model/equipment.ts'
import { errorTable, isMillraceError, MillraceError } from '../../src/model/errors.ts'
import { idPattern, ownerTag, parameterTag, stepInputTag, stepOutputTag } from '../../src/model/tag.ts'
import { isNumeric } from '../../src/model/value.ts'

describe('tags', () => {
  it('tell apart what belongs to devices, steps, parameters and diagnostics', () => {
    const tags = [
      ownerTag('watch', 'rate'),
      stepOutputTag('watch', 'smooth', 'value'),
      stepInputTag('watch', 'smooth', 'value'),
      parameterTag('watch', 'limit'),
      diagnosticTag(stepOwner('watch', 'smooth'), 'state'),
    ]
    expect(tags).to.deep.equal([
      'watch.rate',
      'watch/smooth.value',
      'watch/smooth:value',
      'watch$limit',
      'watch/smooth#state',
    ])
  })

  it('are made of ids that none of the separators can stand in', () => {
    expect(idPattern.test('Line-1_a')).to.equal(true)
    for (const id of ['', 'a.b', 'a/b', 'a:b', 'a$b', 'a#b', 'a b', 'x'.repeat(33)])
      expect(idPattern.test(id), id).to.equal(false)
  })
})

describe('equipment levels', () => {
  it('all have a rank', () => {
    expect(Object.keys(levelRank).sort()).to.deep.equal([...equipmentLevels].sort())
  })
})

describe('MillraceError', () => {
  it('is told by its code, never by its text', () => {
    const error = new MillraceError('timed-out', 'x timed out', { cause: 'why', status: 7 })
    expect([
      isMillraceError(error),
      isMillraceError(error, 'timed-out'),
      isMillraceError(error, 'cancelled'),
    ]).to.deep.equal([true, true, false])
    expect(isMillraceError(new Error('x timed out'))).to.equal(false)
    expect(error).to.include({ name: 'MillraceError', status: 7, cause: 'why' })
  })

  it('has a cause and a remedy for each code', () => {
    for (const [code, { cause, remedy }] of Object.entries(errorTable)) {
      expect(code).to.match(/^[a-z]+(-[a-z]+)*$/)
      expect(cause.length, code).to.be.greaterThan(10)
      expect(remedy.length, code).to.be.greaterThan(5)
    }
  })
})

describe('isNumeric', () => {
  it('is true for what JavaScript holds as a number', () => {
    expect((['Byte', 'Double', 'Int64', 'Boolean', 'String'] as const).map(isNumeric)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
