import { expect } from 'chai'
import { allowedIn, reasonsOf } from '../../../src/cli/job/return-status.ts'
import { jobStatus } from '../../../src/model/job.ts'

describe('a ReturnStatus in words', () => {
  it('has a sentence for each bit that is no success', () => {
    const sentences = Object.entries(jobStatus).flatMap(([name, bit]) => (name === 'done' ? [] : [reasonsOf(bit)]))
    expect(new Set(sentences).size).to.equal(Object.keys(jobStatus).length - 1)
    expect(sentences.filter((each) => /\d/.test(each))).to.deep.equal([])
  })

  it('tells exact reasons instead of the general one that stands beside them', () => {
    const { notAccepted, duplicateJobOrder, parameterOutOfRange, invalidRequest, wrongUnit } = jobStatus
    expect(reasonsOf(notAccepted | duplicateJobOrder)).to.equal(reasonsOf(duplicateJobOrder))
    expect(reasonsOf(invalidRequest | parameterOutOfRange | wrongUnit)).to.equal(
      `${reasonsOf(parameterOutOfRange)}; ${reasonsOf(wrongUnit)}`,
    )
    expect(reasonsOf(notAccepted)).to.equal('the unit cannot accept it')
  })

  it('tells bits that it does not know, and a status without any', () => {
    expect(reasonsOf((1n << 50n) | jobStatus.invalidState)).to.match(/state does not allow that; .*1125899906842624/)
    expect(reasonsOf(0n)).to.equal('the server tells ReturnStatus 0')
  })

  it('tells what each state allows', () => {
    expect(allowedIn('AllowedToStart')).to.equal('revoke, update, abort, cancel')
    expect(allowedIn('Running')).to.equal('pause, stop, abort')
    expect(allowedIn('Ended')).to.equal('clear')
  })
})
