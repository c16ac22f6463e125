import { expect } from 'chai'
import type { RememberedJob } from '../../src/jobs/jobs-options.ts'
import { type Job, type JobState, jobStatus } from '../../src/model/job.ts'
import type { ProgramState } from '../../src/model/program.ts'
import type { RestartPolicy } from '../../src/model/restart.ts'
import { jobsRig, mix, order, unit } from './rig.ts'

const job = (state: JobState, rest: Partial<Job> = {}): Job => ({
  ...{ order: order('WO-1', { parameters: [{ id: 'volume', value: 42 }] }), state, arrivedAt: 1, changedAt: 2 },
  response: { id: 'old', startedAt: 2, result: 'Unknown', reason: '', equipment: [unit], outputs: [] },
  ...rest,
})

function cutOff(
  policy: RestartPolicy,
  remembered: Omit<RememberedJob, 'equipment'>,
  program: ProgramState = remembered.job.state === 'Interrupted' ? 'Suspended' : 'Running',
) {
  const before = new Map([['mix', { state: program, parameters: new Map() }]])
  return jobsRig([mix('mix', { restart: policy })], { remembered: [{ equipment: unit, ...remembered }], before })
}

describe('a job that the end of the program has cut off', () => {
  it('goes on with a new run where the pipeline says resume', async () => {
    const rig = cutOff('resume', { job: job('Running') })
    await rig.clock.advance(100)
    expect(rig.told()).to.deep.equal(['WO-1 Running'])
    const { response } = rig.jobs.find(unit, 'WO-1')!
    expect(response).to.deep.include({ startedAt: 2, reason: 'the program ended while it ran; a new run was started' })
    expect(response?.id).to.equal('run-1')
    const started = rig.events.filter(({ kind }) => kind === 'pipelineStarted')
    expect(started).to.have.lengthOf(1)
    expect(started[0]).to.deep.include({ runId: 'run-1', initiator: 'job:WO-1' })
    expect(rig.pipelines.latest('mix$volume')?.value).to.equal(42)
    await rig.ask('stop', 'WO-1')
    await rig.clock.advance(200)
    expect(rig.jobs.find(unit, 'WO-1')?.response).to.deep.include({ result: 'Successful', startedAt: 2 })
  })

  it('is interrupted, and does nothing before it is resumed, where the pipeline says ready', async () => {
    for (const [policy, state] of [
      ['ready', 'Running'],
      ['ready', 'Interrupted'],
      ['resume', 'Interrupted'],
    ] as const) {
      const rig = cutOff(policy, { job: job(state) })
      await rig.clock.advance(1000)
      expect(rig.told()).to.deep.equal(['WO-1 Interrupted'])
      expect(rig.pipelines.byId('mix')?.state).to.equal('Suspended')
      expect(rig.pipelines.latest('mix.total')?.value ?? null).to.equal(null)
      expect(await rig.ask('resume', 'WO-1')).to.equal(jobStatus.done)
      await rig.clock.advance(200)
      expect(rig.pipelines.latest('mix.total')?.value).to.equal(43)
      expect(rig.told()).to.deep.equal(['WO-1 Interrupted', 'WO-1 Running'])
    }
  })

  it('is aborted where the pipeline says halted, and holds the others until a reset', async () => {
    const waiting = { ...job('AllowedToStart', { order: order('WO-2') }), response: undefined }
    const before = new Map([['mix', { state: 'Running' as const, parameters: new Map() }]])
    const remembered = [job('Running'), waiting].map((each) => ({ equipment: unit, job: each }))
    const rig = jobsRig([mix('mix', { restart: 'halted' })], { remembered, before })
    await rig.clock.advance(1000)
    expect(rig.told()).to.deep.equal(['WO-1 Aborted'])
    expect(rig.stateOf('WO-2')).to.equal('AllowedToStart')
    rig.pipelines.byId('mix')?.reset({ initiator: 'olga' })
    await rig.clock.advance(10)
    expect(rig.told()).to.deep.equal(['WO-1 Aborted', 'WO-2 Running'])
  })

  it('takes over how its run had ended, when only the job did not know', async () => {
    const ending = (outcome: 'Completed' | 'Stopped' | 'Failed') => ({ outcome, results: [] })
    const told = ['Completed', 'Stopped', 'Failed'].map((outcome) =>
      cutOff('resume', { job: job('Running'), ending: ending(outcome as 'Completed') }, 'Ready').told(),
    )
    expect(told).to.deep.equal([['WO-1 Ended'], ['WO-1 Ended'], ['WO-1 Aborted']])
    const stopping = job('Running', { response: { ...job('Running').response!, isStopAsked: true } })
    const rig = cutOff('resume', { job: stopping, ending: { outcome: 'Halted', results: [] } }, 'Ready')
    await rig.clock.advance(100)
    expect(rig.told()).to.deep.equal(['WO-1 Ended'])
    expect(rig.pipelines.byId('mix')?.state).to.equal('Ready')
    expect(rig.jobs.find(unit, 'WO-1')?.response?.isStopAsked).to.equal(undefined)
  })

  it('is aborted when its pipeline is gone, or was halted', () => {
    expect(cutOff('resume', { job: job('Running') }, 'Halted').told()).to.deep.equal(['WO-1 Aborted'])
    const gone = job('Running', { order: order('WO-1', { pipeline: 'gone' }) })
    expect(cutOff('resume', { job: gone }).told()).to.deep.equal(['WO-1 Aborted'])
  })

  it('leaves those alone that had not begun, or were over', async () => {
    const list = (['NotAllowedToStart', 'Ended', 'Aborted'] as const).map((state, index) =>
      job(state, { order: order(`${index}`), ...(index === 0 ? { response: undefined } : {}) }),
    )
    const remembered = list.map((each) => ({ equipment: unit, job: each }))
    const rig = jobsRig([mix()], { remembered, settings: { keepMs: Number.MAX_SAFE_INTEGER } })
    await rig.clock.advance(100)
    expect(rig.changes).to.deep.equal([])
    expect(rig.jobs.list(unit)).to.deep.equal(list)
  })
})
