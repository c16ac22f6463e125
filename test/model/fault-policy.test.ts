import { expect } from 'chai'
import { FaultPolicy } from '../../src/model/fault-policy.ts'

const seconds = (...times: readonly number[]) => {
  const policy = new FaultPolicy()
  return times.map((time) => {
    const after = policy.failed(time * 1000)
    return after.kind === 'faulted' ? 'faulted' : after.delayMs / 1000
  })
}

describe('FaultPolicy', () => {
  it('starts again after 1 and 2 s, and gives up at the third failure within 60 s', () => {
    expect(seconds(0, 1, 3)).to.deep.equal([1, 2, 'faulted'])
    expect(seconds(0, 30, 59.9)).to.deep.equal([1, 2, 'faulted'])
  })

  it('doubles the delay up to 60 s for failures that are further apart', () => {
    expect(seconds(0, 59, 61, 120, 130, 190)).to.deep.equal([1, 2, 4, 8, 16, 32])
    expect(seconds(0, 40, 80, 120, 160, 200, 240, 280)).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60])
  })

  it('begins with 1 s again, when it has run well for 60 s after its restart', () => {
    expect(seconds(0, 61)).to.deep.equal([1, 1])
    expect(seconds(0, 60.9)).to.deep.equal([1, 2])
  })

  it('forgets what was, when somebody has looked', () => {
    const policy = new FaultPolicy()
    for (const time of [0, 1000, 2000]) policy.failed(time)
    policy.forgive()
    expect(policy.failed(3000)).to.deep.equal({ kind: 'restart', delayMs: 1000 })
  })
})
