import { expect } from 'chai'
import { jobStatus } from '../../src/model/job.ts'
import { epoch } from '../pipeline/rig.ts'
import { jobsRig, mix, order, quick, unit } from './rig.ts'

const { done, invalidState, notAccepted, unknownJobOrder } = jobStatus

describe('job control', () => {
  it('runs an order as a run of its pipeline, with one id, until it is stopped', async () => {
    const rig = jobsRig()
    expect(await rig.storeAndStart('WO-1', { parameters: [{ id: 'volume', value: 12 }] })).to.equal(done)
    await rig.clock.advance(250)
    expect(rig.told()).to.deep.equal(['WO-1 AllowedToStart', 'WO-1 Running'])
    const started = rig.events.find(({ kind }) => kind === 'pipelineStarted') as { runId: string; initiator: string }
    const { response } = rig.jobs.find(unit, 'WO-1')!
    expect(response).to.deep.include({ id: started.runId, startedAt: epoch, result: 'Unknown' })
    expect(started.initiator).to.equal('job:WO-1')
    expect(rig.jobs.orderOf(started.runId)).to.equal('WO-1')
    expect(await rig.ask('stop', 'WO-1', 'enough')).to.equal(done)
    await rig.clock.advance(100)
    const ended = rig.jobs.find(unit, 'WO-1')!
    expect(ended.state).to.equal('Ended')
    expect(ended.response).to.deep.include({ id: started.runId, result: 'Successful', reason: 'enough' })
    expect(ended.response?.outputs).to.deep.equal([
      { id: 'total', dataType: 'Double', isArray: false, value: 13, unit: 'l' },
    ])
    expect(ended.response?.equipment).to.deep.equal([unit])
    expect(rig.told().slice(2)).to.deep.equal(['WO-1 Ended'])
    expect(new Set(rig.toldOf('WO-1').map(({ eventId }) => eventId)).size).to.equal(3)
  })

  it('lets a run that ends by itself end its job, also when that happens before its start returns', async () => {
    const rig = jobsRig([quick()])
    for (const id of ['a', 'b', 'c']) await rig.storeAndStart(id, { pipeline: 'quick' })
    await rig.clock.advance(10)
    const wanted = ['a', 'b', 'c'].flatMap((id) => [`${id} AllowedToStart`, `${id} Running`, `${id} Ended`])
    expect(rig.told().toSorted()).to.deep.equal(wanted.toSorted())
    expect(rig.jobs.list(unit).map(({ response }) => response?.result)).to.deep.equal(Array(3).fill('Successful'))
    expect(rig.pipelines.byId('quick')?.state).to.equal('Ready')
  })

  it('follows what an operator does with the pipeline', async () => {
    const rig = jobsRig()
    await rig.storeAndStart('WO-1')
    const pipeline = rig.pipelines.byId('mix')!
    pipeline.suspend({ initiator: 'olga' })
    expect(rig.jobs.find(unit, 'WO-1')).to.deep.include({ state: 'Interrupted' })
    expect(rig.jobs.find(unit, 'WO-1')?.response?.reason).to.equal('suspended by olga')
    pipeline.resume({ initiator: 'olga' })
    expect(rig.stateOf('WO-1')).to.equal('Running')
    pipeline.halt({ initiator: 'olga' })
    expect(rig.jobs.find(unit, 'WO-1')?.response).to.deep.include({ result: 'Unsuccessful', reason: 'halted by olga' })
    expect(rig.told()).to.deep.equal(
      ['AllowedToStart', 'Running', 'Interrupted', 'Running', 'Aborted'].map((state) => `WO-1 ${state}`),
    )
  })

  it('moves the pipeline as the methods say, with their comments as reasons', async () => {
    const rig = jobsRig()
    await rig.storeAndStart('WO-1')
    const pipeline = rig.pipelines.byId('mix')!
    expect(await rig.ask('pause', 'WO-1', 'lunch')).to.equal(done)
    expect([pipeline.state, rig.stateOf('WO-1')]).to.deep.equal(['Suspended', 'Interrupted'])
    expect(rig.jobs.find(unit, 'WO-1')?.response?.reason).to.equal('lunch')
    expect(await rig.ask('resume', 'WO-1')).to.equal(done)
    expect([pipeline.state, rig.stateOf('WO-1')]).to.deep.equal(['Running', 'Running'])
    expect(await rig.ask('abort', 'WO-1', 'leak')).to.equal(done)
    expect([pipeline.state, rig.stateOf('WO-1')]).to.deep.equal(['Halted', 'Aborted'])
    expect(rig.jobs.find(unit, 'WO-1')?.response?.reason).to.equal('leak')
  })

  it('refuses what the state does not allow, and changes nothing then', async () => {
    const rig = jobsRig()
    await rig.store('WO-1')
    const before = rig.changes.length
    for (const request of ['revokeStart', 'pause', 'resume', 'stop', 'clear'] as const) {
      expect(await rig.ask(request, 'WO-1'), request).to.equal(invalidState)
    }
    expect(await rig.ask('start', 'WO-2')).to.equal(unknownJobOrder)
    expect(await rig.store('WO-1')).to.equal(notAccepted | jobStatus.duplicateJobOrder)
    expect(rig.changes.length).to.equal(before)
    expect(rig.stateOf('WO-1')).to.equal('NotAllowedToStart')
    await rig.ask('start', 'WO-1')
    await rig.ask('stop', 'WO-1')
    expect(await rig.ask('stop', 'WO-1')).to.equal(invalidState)
    expect(rig.refusals.at(-1)).to.match(/stop/i)
  })

  it('starts the one of highest priority when the pipeline is ready, one at a time', async () => {
    const rig = jobsRig()
    await rig.storeAndStart('first')
    await rig.storeAndStart('low', { priority: 1 })
    await rig.storeAndStart('high', { priority: 9 })
    await rig.store('not yet', { priority: 99 })
    await rig.ask('stop', 'first')
    await rig.clock.advance(150)
    expect(rig.stateOf('high')).to.equal('Running')
    expect([rig.stateOf('low'), rig.stateOf('not yet')]).to.deep.equal(['AllowedToStart', 'NotAllowedToStart'])
  })

  it('waits for the start time, and for a pipeline that somebody else runs', async () => {
    const rig = jobsRig()
    rig.pipelines.byId('mix')!.start({ initiator: 'olga' })
    await rig.storeAndStart('now')
    await rig.storeAndStart('later', { startTime: epoch + 200_000, priority: 5 })
    await rig.clock.advance(1000)
    expect(rig.stateOf('now')).to.equal('AllowedToStart')
    rig.pipelines.byId('mix')!.stop({ initiator: 'olga' })
    await rig.clock.advance(150)
    expect(rig.stateOf('now')).to.equal('Running')
    await rig.ask('stop', 'now')
    await rig.clock.advance(150)
    expect(rig.stateOf('later')).to.equal('AllowedToStart')
    await rig.clock.advance(200_000)
    expect(rig.stateOf('later')).to.equal('Running')
  })

  it('holds the others after an abort until the pipeline is reset, unless told otherwise', async () => {
    for (const holdsAfterAbort of [true, false]) {
      const rig = jobsRig([mix(), mix('other')], { settings: { holdsAfterAbort } })
      await rig.storeAndStart('bad')
      await rig.ask('abort', 'bad')
      await rig.storeAndStart('same')
      await rig.storeAndStart('beside', { pipeline: 'other' })
      await rig.clock.advance(100)
      expect(rig.stateOf('same')).to.equal('AllowedToStart')
      expect(rig.stateOf('beside')).to.equal(holdsAfterAbort ? 'AllowedToStart' : 'Running')
      rig.pipelines.byId('mix')!.reset({ initiator: 'olga' })
      await rig.clock.advance(100)
      expect([rig.stateOf('same'), rig.stateOf('beside')]).to.deep.equal(['Running', 'Running'])
    }
  })

  it('updates an order that has not begun, which may change its turn', async () => {
    const rig = jobsRig()
    await rig.storeAndStart('first')
    await rig.storeAndStart('a')
    await rig.storeAndStart('b')
    const asked = { initiator: 'mes', comment: 'rush' }
    expect(await rig.jobs.update(unit, order('b', { priority: 7 }), asked)).to.equal(done)
    expect(await rig.jobs.update(unit, order('b', { pipeline: 'x' }), asked)).to.equal(
      notAccepted | jobStatus.unknownWorkMaster,
    )
    expect(await rig.jobs.update(unit, order('first'), asked)).to.equal(invalidState)
    expect(await rig.jobs.update(unit, order('none'), asked)).to.equal(unknownJobOrder)
    expect(rig.jobs.find(unit, 'b')?.order.priority).to.equal(7)
    expect(rig.told().at(-1)).to.equal('b AllowedToStart')
    await rig.ask('stop', 'first')
    await rig.clock.advance(150)
    expect(rig.stateOf('b')).to.equal('Running')
  })

  it('makes room by taking off what ended first, and refuses when there is none', async () => {
    const rig = jobsRig([mix()], { settings: { max: 3 } })
    await rig.store('a')
    await rig.ask('abort', 'a')
    await rig.store('b')
    await rig.ask('abort', 'b')
    await rig.store('c')
    expect(await rig.store('d')).to.equal(done)
    expect(rig.jobs.list(unit).map(({ order: { id } }) => id)).to.deep.equal(['b', 'c', 'd'])
    expect(await rig.store('e')).to.equal(done)
    expect(await rig.store('f')).to.equal(notAccepted | jobStatus.queueFull)
    expect(rig.jobs.list(unit).map(({ order: { id } }) => id)).to.deep.equal(['c', 'd', 'e'])
    expect(await rig.ask('cancel', 'c')).to.equal(done)
    expect(await rig.store('f')).to.equal(done)
  })

  it('never takes more than fits into a message', async () => {
    const rig = jobsRig([mix()], { settings: { max: 10_000 } })
    let count = 0
    while ((await rig.store(`${count}`, { document: { text: 'x'.repeat(100_000) } })) === done) count++
    expect(count).to.be.within(20, 30)
  })

  it('forgets those that are over after their time', async () => {
    const rig = jobsRig([mix()], { settings: { keepMs: 7_200_000 } })
    await rig.store('a')
    await rig.ask('abort', 'a')
    await rig.store('b')
    await rig.clock.advance(7_100_000)
    expect(rig.jobs.list(unit).length).to.equal(2)
    await rig.clock.advance(3_700_000)
    expect(rig.jobs.list(unit).map(({ order: { id } }) => id)).to.deep.equal(['b'])
    expect(rig.changes.at(-1)).to.deep.equal({ kind: 'removed', equipment: unit, id: 'a' })
  })

  it('gives an aborted order that never ran a response of its own', async () => {
    const rig = jobsRig()
    await rig.store('a')
    await rig.ask('abort', 'a', 'not wanted')
    const { response } = rig.jobs.find(unit, 'a')!
    expect(response).to.deep.include({ result: 'Unsuccessful', reason: 'not wanted' })
    expect(response?.startedAt).to.equal(undefined)
    await rig.storeAndStart('b')
    expect(rig.stateOf('b')).to.equal('Running')
  })

  it('starts nothing while a change of the definition waits for its turn', async () => {
    const rig = jobsRig()
    rig.blocked.add('mix')
    await rig.storeAndStart('a')
    await rig.clock.advance(1000)
    expect(rig.stateOf('a')).to.equal('AllowedToStart')
    rig.blocked.clear()
    rig.jobs.pipelinesChanged()
    expect(rig.stateOf('a')).to.equal('Running')
  })
})
