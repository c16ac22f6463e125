import { expect } from 'chai'
import { serviceLevelOf, type Troubles } from '../../src/health/service-level.ts'

const none: Troubles = { history: '', state: '', resources: '', isStopping: false }

describe('service level', () => {
  const of = (troubles: Partial<Troubles>) => serviceLevelOf({ ...none, ...troubles })

  // Part 4 6.6.2.4.2: 0 maintenance, 2 to 199 degraded, 200 to 255 healthy.
  it('is healthy when nothing is wrong, and says nothing then', () => {
    expect(of({})).to.deep.equal({ level: 255, reason: '' })
  })

  it('is degraded, with every reason, when history or state are not kept', () => {
    for (const troubles of [{ history: 'full' }, { state: 'locked' }, { history: 'full', state: 'locked' }]) {
      const { level, reason } = of(troubles)
      expect(level).to.be.within(2, 199)
      expect(reason).to.equal(Object.values(troubles).join('; '))
    }
  })

  it('is lower when there is no room for clients than when something is not kept', () => {
    expect(of({ resources: 'no handles' }).level).to.be.below(of({ history: 'full' }).level)
    expect(of({ resources: 'no handles', state: 'locked' }).reason).to.equal('no handles; locked')
  })

  it('is maintenance while the plant stops, whatever else is wrong', () => {
    expect(of({ isStopping: true, history: 'full' })).to.deep.include({ level: 0 })
  })
})
