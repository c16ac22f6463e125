import { expect } from 'chai'
import { restartPolicies, stateAfterRestart } from '../../src/model/restart.ts'
import { good } from '../../src/model/sample.ts'
import { describeStores } from './stores.ts'

describeStores('the state of the plant', (rig) => {
  it('brings Programs back with the run that was under way', async () => {
    const { plantState } = rig.store
    await plantState.saveProgram({ pipeline: 'fill', state: 'Running', time: 1, runId: 'run-1' })
    await plantState.saveProgram({ pipeline: 'watch', state: 'Halted', time: 2 })
    await plantState.saveProgram({ pipeline: 'fill', state: 'Suspended', time: 3.5, runId: 'run-1' })
    await rig.reopen()
    expect(await rig.store.plantState.programs()).to.deep.equal([
      { pipeline: 'fill', state: 'Suspended', time: 3.5, runId: 'run-1' },
      { pipeline: 'watch', state: 'Halted', time: 2 },
    ])
  })

  it('brings parameters back with value, type and time', async () => {
    const { plantState } = rig.store
    await plantState.saveParameter({ pipeline: 'fill', name: 'count', sample: good(1n, 10) })
    await plantState.saveParameter({ pipeline: 'fill', name: 'count', sample: good(2n ** 63n, 11) })
    await plantState.saveParameter({ pipeline: 'fill', name: 'at', sample: good(new Date(5), 12) })
    await rig.reopen()
    expect(await rig.store.plantState.parameters()).to.deep.equal([
      { pipeline: 'fill', name: 'at', sample: good(new Date(5), 12) },
      { pipeline: 'fill', name: 'count', sample: good(2n ** 63n, 11) },
    ])
  })

  it('forgets pipelines that were removed, and no others', async () => {
    const { plantState } = rig.store
    for (const pipeline of ['a', 'b', "o'c"]) {
      await plantState.saveProgram({ pipeline, state: 'Ready', time: 1 })
      await plantState.saveParameter({ pipeline, name: 'x', sample: good(1, 1) })
    }
    await plantState.keepOnly(['b', 'z'])
    expect((await plantState.programs()).map(({ pipeline }) => pipeline)).to.deep.equal(['b'])
    expect((await plantState.parameters()).map(({ pipeline }) => pipeline)).to.deep.equal(['b'])
  })
})

describe('the restart of a pipeline', () => {
  it('follows its policy when it was active, and leaves it as it was otherwise', () => {
    const states = ['Halted', 'Ready', 'Running', 'Suspended'] as const
    const rows = restartPolicies.map((policy) => [policy, ...states.map((state) => stateAfterRestart(state, policy))])
    expect(rows).to.deep.equal([
      ['resume', 'Halted', 'Ready', 'Running', 'Suspended'],
      ['ready', 'Halted', 'Ready', 'Ready', 'Ready'],
      ['halted', 'Halted', 'Ready', 'Halted', 'Halted'],
    ])
  })
})
