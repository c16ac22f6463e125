import { expect } from 'chai'
import { VirtualClock } from '../src/model/clock.ts'
import { bad, good } from '../src/model/sample.ts'
import { Status } from '../src/model/status.ts'
import { recoverState } from '../src/recover-state.ts'
import { describeStores } from './store/stores.ts'

const run = {
  ...{ runId: 'run-1', pipeline: 'fill', trigger: 'user', initiator: 'ada', startedAt: 1000 },
  parameters: { target: good(5, 1) },
}

describeStores('recovering the state', (rig) => {
  it('ends a run that was cut off with the outputs as they were seen last', async () => {
    const { runs, lastValues } = rig.store
    await runs.save(run)
    await lastValues.save([
      { tag: 'fill.volume', sample: good(2.5, 1500) },
      { tag: 'fill/valve.open', sample: good(true, 1500) },
      { tag: 'filler.volume', sample: good(9, 1500) },
    ])
    const { remembered, cutOff } = await recoverState(rig.store, new VirtualClock(2000))
    const end = (await runs.find('run-1'))?.end
    expect(end).to.deep.equal({
      ...{ endedAt: 2000, outcome: 'Halted', cycles: 0, error: 'the program ended while it ran' },
      results: [{ tag: 'fill.volume', sample: good(2.5, 1500) }],
    })
    expect(cutOff).to.have.length(1)
    expect(cutOff[0]).to.include({ kind: 'runCutOff', pipeline: 'fill', runId: 'run-1', time: 2000 })
    expect(cutOff[0]?.message).to.include('run run-1 of pipeline fill was cut off')
    expect(remembered.get('fill')?.runs).to.deep.equal({
      ...{ count: 1, lastOutcome: 'Halted', lastError: end?.error, results: end?.results },
    })
    expect([...(remembered.get('fill')?.samples?.keys() ?? [])]).to.deep.equal(['fill.volume', 'fill/valve.open'])
  })

  it('knows of each pipeline what is there, and nothing of others', async () => {
    const { plantState, lastValues } = rig.store
    await plantState.saveProgram({ pipeline: 'a', state: 'Suspended', time: 1 })
    await plantState.saveParameter({ pipeline: 'b', name: 'x', sample: good(1, 1) })
    await lastValues.save([{ tag: 'c.y', sample: bad(Status.BadNoCommunication, 1, 'plc1') }])
    const { remembered } = await recoverState(rig.store, new VirtualClock())
    expect([...remembered.keys()].sort()).to.deep.equal(['a', 'b', 'c'])
    expect(remembered.get('a')).to.deep.include({ state: 'Suspended', runs: undefined })
    expect(remembered.get('b')?.state).to.equal(undefined)
    expect(remembered.get('b')?.parameters.get('x')).to.deep.equal(good(1, 1))
    expect(remembered.get('c')?.samples?.get('c.y')).to.deep.equal(bad(Status.BadNoCommunication, 1, 'plc1'))
  })
})
