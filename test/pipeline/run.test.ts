import { expect } from 'chai'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import type { PipelineHost } from '../../src/pipeline/pipeline.ts'
import { call, output, pipeline, step } from './kit.ts'
import { type Rig, rig, sampleOf } from './rig.ts'

const by = { initiator: 'tester' }
const steps = [step('a', 'scale', { value: 'plc1.level' })]
const outputs = [output('x', 'a.scaled')]
const scan = pipeline('watch', { trigger: { kind: 'every', periodMs: 100 }, steps, outputs })

/** Two methods, one right after the other. */
const twoCalls = pipeline('move', {
  trigger: { kind: 'once' },
  steps: [call('first', 'plc1.home'), call('second', 'plc1.home', {}, { after: ['first'] })],
})

/** A pipeline whose methods end when the test says so. */
function heldRig(definition: PipelineDefinition): { readonly made: Rig; readonly end: () => Promise<void> } {
  let end: () => void = () => {}
  const held: PipelineHost['call'] = () =>
    new Promise((resolve) => {
      end = () => resolve({})
    })
  const made = rig(definition, { call: held })
  return {
    made,
    end: async () => {
      end()
      await made.clock.advance(10)
    },
  }
}

describe('a run of two methods', () => {
  it('does not call the second while it is suspended', async () => {
    const { made, end } = heldRig(twoCalls)
    made.pipeline.start(by)
    await made.clock.advance(10)
    made.pipeline.suspend(by)
    await end()
    expect(made.calls).to.have.length(1)
    made.pipeline.resume(by)
    await made.clock.advance(10)
    expect(made.calls).to.have.length(2)
  })

  it('never calls the second once it is stopped, and sees the first complete', async () => {
    const { made, end } = heldRig(twoCalls)
    made.pipeline.start(by)
    await made.clock.advance(10)
    made.pipeline.stop(by)
    await end()
    expect(made.calls).to.have.length(1)
    expect(made.pipeline.state).to.equal('Ready')
    const completed = made.events.filter(({ kind }) => kind === 'stepCompleted')
    expect(completed.map((event) => 'step' in event && event.step)).to.deep.equal(['first'])
    await made.clock.advance(1000)
    expect(made.clock.pending).to.equal(0)
  })

  it('is Completed when the last one ends although it was asked to stop', async () => {
    const { made, end } = heldRig(twoCalls)
    made.pipeline.start(by)
    await made.clock.advance(10)
    await end()
    made.pipeline.stop(by)
    await end()
    expect(made.events.at(-1)).to.deep.include({ kind: 'pipelineCompleted', outcome: 'Completed' })
  })

  it('ends what is called by its deadline when it is stopped in Suspended', async () => {
    const [first, second] = twoCalls.steps.map((each) => ({ ...each, timeoutMs: 1000 }))
    const { made } = heldRig({ ...twoCalls, steps: [first!, second!] })
    made.pipeline.start(by)
    await made.clock.advance(10)
    made.pipeline.suspend(by)
    made.pipeline.stop(by)
    await made.clock.advance(2000)
    expect(made.pipeline.state).to.equal('Halted')
    expect(made.calls).to.have.length(1)
  })

  it('is cancelled while the second waits for the end of a suspension', async () => {
    const { made, end } = heldRig(twoCalls)
    made.pipeline.start(by)
    await made.clock.advance(10)
    made.pipeline.suspend(by)
    await end()
    made.pipeline.halt(by)
    await made.clock.advance(1000)
    expect(made.calls).to.have.length(1)
    expect(made.pipeline.state).to.equal('Halted')
    expect(made.clock.pending).to.equal(0)
  })
})

describe('the time of a run', () => {
  it('goes on for the finally steps of a run that was halted in Suspended', async () => {
    let count = 0
    const retry = { attempts: 2, delayMs: 500, factor: 1, jitter: 0, maxDelayMs: 500 }
    const made = rig(
      { ...scan, finally: [call('last', 'plc1.home', {}, { retry })] },
      {
        call: async () => {
          if (count++ === 0) throw new MillraceError('not-connected', 'not yet')
          return {}
        },
      },
    )
    made.pipeline.start(by)
    made.pipeline.suspend(by)
    made.pipeline.halt(by)
    await made.clock.advance(1000)
    expect(made.calls).to.have.length(2)
    expect(made.clock.pending).to.equal(0)
  })

  it('stands still between waves while it is suspended, and not before the wave has ended', async () => {
    const made = rig(scan, { held: 'async' })
    made.pipeline.start(by)
    const { clock } = made.execution().host
    made.pipeline.suspend(by)
    await made.clock.advance(70)
    expect(clock.monotonic()).to.equal(70)
    made.execution().settle()
    await made.clock.advance(500)
    expect(clock.monotonic()).to.equal(70)
    made.pipeline.resume(by)
    await made.clock.advance(50)
    expect(clock.monotonic()).to.equal(120)
  })
})

describe('what a run computes', () => {
  it('is doubtful when it comes after the pipeline was suspended, and good again when it goes on', async () => {
    const slow = pipeline('watch', {
      steps: [step('s', 'slow', { value: 'plc1.level' })],
      outputs: [output('x', 's.value')],
    })
    const made = rig(slow)
    made.pipeline.start(by)
    await made.clock.advance(0)
    made.pipeline.feed([sampleOf(made, 'plc1.level', 5)])
    made.pipeline.suspend(by)
    await made.clock.advance(0)
    expect(made.pipeline.latest('watch.x')).to.include({ value: 5, status: Status.UncertainLastUsableValue })
    made.pipeline.resume(by)
    await made.clock.advance(0)
    expect(made.pipeline.latest('watch.x')).to.include({ value: 5, status: Status.Good })
  })

  it('is written to devices, but no more once it was halted', async () => {
    const made = rig(scan, { held: 'async' })
    made.pipeline.start(by)
    made.execution().due = [sampleOf(made, 'plc1.setpoint', 1)]
    made.execution().settle()
    await made.clock.advance(100)
    expect(made.writes.map(({ sample }) => sample.value)).to.deep.equal([1])
    made.execution().due = [sampleOf(made, 'plc1.setpoint', 2)]
    made.pipeline.halt(by)
    await made.clock.advance(100)
    expect(made.writes).to.have.length(1)
  })

  it('reaches a device through the engine on each change', async () => {
    const from = { kind: 'wire', owner: 'a', port: 'scaled' } as const
    const small = [step('a', 'scale', { value: 'plc1.count' })]
    const made = rig(
      pipeline('drive', { steps: small, writes: [{ owner: 'plc1', port: 'setpoint', from, on: 'change' }] }),
    )
    made.pipeline.start(by)
    for (const value of [3, 3, 4]) made.pipeline.feed([sampleOf(made, 'plc1.count', value)])
    expect(made.writes.map(({ tag, sample }) => [tag, sample.value])).to.deep.equal([
      ['plc1.setpoint', 3],
      ['plc1.setpoint', 4],
    ])
  })

  it('waits for its first value before the first run', () => {
    const made = rig(scan)
    for (const tag of ['watch.x', 'watch/a.scaled', 'watch/a:value']) {
      expect(made.pipeline.latest(tag)?.status, tag).to.equal(Status.BadWaitingForInitialData)
    }
    expect(made.pipeline.finalResult).to.deep.equal([])
  })
})
