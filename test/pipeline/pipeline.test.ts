import { expect } from 'chai'
import { isMillraceError } from '../../src/model/errors.ts'
import { type ProgramState, transitionFor } from '../../src/model/program.ts'
import { Status } from '../../src/model/status.ts'
import { call, output, parameter, pipeline, step } from './kit.ts'
import { type Rig, rig, sampleOf } from './rig.ts'

const by = { initiator: 'tester' }
const steps = [step('a', 'scale', { value: 'plc1.level' })]
const outputs = [output('x', 'a.scaled')]
const scan = pipeline('watch', { trigger: { kind: 'every', periodMs: 100 }, steps, outputs })
const onChange = pipeline('watch', { steps, outputs })
const withFinally = { ...scan, finally: [call('last', 'plc1.home')] }
const asked = ['start', 'stop', 'suspend', 'resume', 'halt', 'reset'] as const

/** Brings a pipeline into a state. */
function bring({ pipeline }: Rig, state: ProgramState): void {
  if (state === 'Halted') pipeline.halt(by)
  if (state === 'Running' || state === 'Suspended') pipeline.start(by)
  if (state === 'Suspended') pipeline.suspend(by)
}

describe('Pipeline as a Program', () => {
  for (const state of ['Halted', 'Ready', 'Running', 'Suspended'] as const) {
    for (const cause of asked) {
      const transition = transitionFor(state, cause)
      it(`${transition ? `makes ${transition.name}` : 'refuses'} when asked to ${cause} in ${state}`, () => {
        const made = rig(scan, { held: 'sync' })
        bring(made, state)
        made.told()
        const before = [...made.log]
        if (transition) {
          made.pipeline[cause](by)
          expect(made.pipeline.state).to.equal(transition.to)
          expect(made.told().filter((name) => name.includes('To'))).to.deep.equal([transition.name])
          expect(made.pipeline.lastTransition).to.deep.equal({ name: transition.name, time: made.clock.now() })
          return
        }
        expect(() => made.pipeline[cause](by)).to.throw(`pipeline watch is ${state} and cannot ${cause}`)
        expect(made.pipeline.state).to.equal(state)
        expect(made.told()).to.deep.equal([])
        expect(made.log).to.deep.equal(before)
      })
    }
  }

  it('refuses with the code and status of clients', () => {
    try {
      rig(scan).pipeline.stop(by)
      expect.fail('it accepted')
    } catch (error) {
      expect(isMillraceError(error, 'invalid-state') && error.status).to.equal(Status.BadInvalidState)
    }
  })

  it('makes one run of two starts at once', () => {
    const made = rig(scan, { held: 'async' })
    expect(made.pipeline.start({ ...by, runId: 'job7' })).to.deep.equal({ runId: 'job7' })
    expect(() => made.pipeline.start(by)).to.throw('cannot start')
    expect(made.told()).to.deep.equal(['ReadyToRunning', 'pipelineStarted'])
    expect(made.log.filter((line) => line === 'wave')).to.have.length(1)
  })

  it('tells the end of a run in order: transition first, then what it means', () => {
    const made = rig(scan, { held: 'sync' })
    made.pipeline.start(by)
    made.pipeline.stop({ initiator: 'operator' })
    expect(made.events.map((event) => [event.kind, 'runId' in event && event.runId])).to.deep.equal([
      ['programTransitioned', 'run1'],
      ['pipelineStarted', 'run1'],
      ['programTransitioned', 'run1'],
      ['pipelineCompleted', 'run1'],
    ])
    expect(made.events[2]).to.deep.include({ transition: 'RunningToReady', initiator: 'operator' })
    expect(made.events[3]).to.deep.include({ outcome: 'Stopped', cycles: 1 })
    expect(made.pipeline.latest('watch#lastOutcome')?.value).to.equal('None')
  })

  it('ends the wave before it is Ready when it is stopped, and only halts meanwhile', async () => {
    const made = rig(withFinally, { held: 'async' })
    made.pipeline.start(by)
    made.pipeline.stop(by)
    expect(made.pipeline.state).to.equal('Running')
    for (const cause of ['stop', 'suspend'] as const) expect(() => made.pipeline[cause](by)).to.throw('is stopping')
    made.execution().settle()
    await made.clock.advance(0)
    expect(made.log.slice(-2)).to.deep.equal(['wave completed', 'finally'])
    expect(made.pipeline.state).to.equal('Running')
    made.execution().settle()
    await made.clock.advance(0)
    expect(made.pipeline.state).to.equal('Ready')
    expect(made.told()).to.deep.equal(['ReadyToRunning', 'pipelineStarted', 'RunningToReady', 'pipelineCompleted'])
    expect(made.execution().isClosed).to.equal(true)
  })

  it('cancels at once when it is halted, and cleans up in Halted', async () => {
    const made = rig(withFinally, { held: 'async' })
    made.pipeline.start(by)
    made.pipeline.halt(by)
    expect(made.pipeline.state).to.equal('Halted')
    await made.clock.advance(0)
    expect(made.log.slice(-2)).to.deep.equal(['wave cancelled', 'finally'])
    expect(made.told()).to.deep.equal(['ReadyToRunning', 'pipelineStarted', 'RunningToHalted', 'pipelineCompleted'])
    made.execution().settle()
    await made.clock.advance(0)
    expect(made.log.at(-1)).to.equal('close')
    expect(made.told()).to.deep.equal([])
  })

  it('begins a new run when the one before has cleaned up, never two at once', async () => {
    const made = rig(withFinally, { held: 'async' })
    made.pipeline.start(by)
    made.pipeline.halt(by)
    await made.clock.advance(0)
    const first = made.execution()
    for (let times = 0; times < 2; times++) {
      made.pipeline.reset(by)
      made.pipeline.start(by)
      if (times === 0) made.pipeline.halt(by)
    }
    expect(made.pipeline.state).to.equal('Running')
    expect(made.execution()).to.equal(first)
    first.settle()
    await made.clock.advance(0)
    expect(made.execution()).not.to.equal(first)
    expect(made.pipeline.state).to.equal('Running')
    expect(made.log.slice(-2)).to.deep.equal(['close', 'wave'])
  })

  it('is Halted and Failed when a wave fails, by itself or while it is stopping', async () => {
    for (const isStopping of [false, true]) {
      const made = rig(scan, { held: 'async' })
      made.pipeline.start(by)
      if (isStopping) made.pipeline.stop(by)
      made.told()
      made.execution().settle({ kind: 'failed', step: 'a', status: Status.BadTimeout, message: 'too slow' })
      await made.clock.advance(300)
      expect(made.pipeline.state).to.equal('Halted')
      expect(made.events).to.have.length(3)
      expect(made.events[1]).to.deep.include({ kind: 'pipelineFailed', status: Status.BadTimeout, step: 'a' })
      expect(made.events[2]).to.deep.include({ kind: 'pipelineCompleted', outcome: 'Failed' })
      expect(made.pipeline.latest('watch#lastError')?.value).to.equal('a: too slow')
      expect(made.pipeline.latest('watch#lastOutcome')?.value).to.equal('Failed')
      made.pipeline.reset(by)
      await made.clock.advance(300)
      expect(made.pipeline.latest('watch#lastError')?.value).to.equal('')
    }
  })

  it('lets whoever hears of its start halt it before anything happens', () => {
    const made = rig(scan, { held: 'sync' })
    made.pipeline.events$.subscribe(({ kind }) => {
      if (kind === 'pipelineStarted') made.pipeline.halt(by)
    })
    made.pipeline.start(by)
    expect(made.pipeline.state).to.equal('Halted')
    expect(made.log).to.deep.equal([])
    expect(made.told()).to.deep.equal(['ReadyToRunning', 'pipelineStarted', 'RunningToHalted', 'pipelineCompleted'])
  })
})

describe('parameters of a Pipeline', () => {
  const parameters = [
    parameter('gain', { min: 0, max: 10, default: 2 }),
    parameter('mode', { dataType: 'String', default: 'a', fixed: true }),
  ]
  it('answers each write with its status, and applies it with the next wave', () => {
    const made = rig({ ...onChange, parameters }, { held: 'sync' })
    const set = (name: string, value: Parameters<Rig['pipeline']['setParameter']>[1]): number =>
      made.pipeline.setParameter(name, value, 'tester')
    expect(set('gian', 1)).to.equal(Status.BadNotFound)
    expect(set('gain', 'much')).to.equal(Status.BadTypeMismatch)
    expect(set('gain', 11)).to.equal(Status.BadOutOfRange)
    expect(set('mode', 'b')).to.equal(Status.Good)
    made.pipeline.start(by)
    expect(set('mode', 'c')).to.equal(Status.BadInvalidState)
    made.log.length = 0
    expect(set('gain', 3)).to.equal(Status.Good)
    expect(made.log).to.deep.equal(['set gain=3', 'wave of changes'])
    expect(made.pipeline.latest('watch$gain')?.value).to.equal(3)
    expect(made.events.filter(({ kind }) => kind === 'parameterChanged').at(-1)).to.deep.include({
      parameter: 'gain',
      oldValue: 2,
      newValue: 3,
      initiator: 'tester',
      runId: 'run1',
    })
  })

  it('keeps parameters and what was fed for the next run', () => {
    const made = rig({ ...onChange, parameters }, { held: 'sync' })
    made.pipeline.setParameter('gain', 5, 'tester')
    made.pipeline.feed([sampleOf(made, 'plc1.level', 7), sampleOf(made, 'plc1.count', 1)])
    expect(made.log).to.deep.equal([])
    made.pipeline.start(by)
    expect(made.log).to.deep.equal(['set gain=5', 'set mode=a', 'feed plc1.level=7', 'wave'])
  })
})
