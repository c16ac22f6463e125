import { expect } from 'chai'
import type { JobClient } from '../../../src/cli/client/jobs/job-client.ts'
import { UsageError } from '../../../src/cli/exit-code.ts'
import { unitNamed } from '../../../src/cli/job/choose.ts'

const units = (...paths: readonly string[]) => paths.map((unit) => ({ unit }) as JobClient)

describe('the unit that is meant', () => {
  it('is the only one, or the one of the path or the last name', () => {
    expect(unitNamed(units('A/B'), undefined).unit).to.equal('A/B')
    expect(unitNamed(units('A/B', 'A/C'), 'C').unit).to.equal('A/C')
    expect(unitNamed(units('A/B', 'C/B'), 'C/B').unit).to.equal('C/B')
    expect(unitNamed(units('B', 'A/B'), 'B').unit).to.equal('B')
  })

  it('has to be named where there are several, exactly where a name is not enough', () => {
    expect(() => unitNamed(units('A/B', 'A/C'), undefined)).to.throw(UsageError, 'choose one with --unit: A/B, A/C')
    expect(() => unitNamed(units('A/B', 'C/B'), 'B')).to.throw(UsageError, 'may be A/B or C/B')
    expect(() => unitNamed(units('A/Filler', 'A/C'), 'Fillr')).to.throw(UsageError, 'did you mean Filler?')
    expect(() => unitNamed(units('A/B'), 'Reactor')).to.throw(UsageError, 'known are A/B')
  })
})
