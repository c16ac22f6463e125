import { expect } from 'chai'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import type { PipelineHost } from '../../src/pipeline/pipeline.ts'
import { call, output, parameter, pipeline, step } from './kit.ts'
import { type Rig, rig, sampleOf } from './rig.ts'

const by = { initiator: 'tester' }

/** The filling of one bottle: home, dose until the target is reached, move; move back whatever happens. */
function fill(rest: Partial<PipelineDefinition> = {}): PipelineDefinition {
  const until = [{ port: 'total', is: 'above', source: { kind: 'parameter', name: 'target' } }] as const
  return pipeline('fill', {
    name: 'Fill one bottle',
    trigger: { kind: 'once' },
    parameters: [parameter('target', { unit: 'l', default: 5, min: 0, max: 50 })],
    steps: [
      call('home', 'plc1.home', {}, { timeoutMs: 10_000 }),
      step('volume', 'totalizer', { value: 'plc1.level' }, { after: ['home'], until, timeoutMs: 60_000 }),
      call('move', 'plc1.move', { position: 90 }, { after: ['volume'] }),
    ],
    outputs: [output('filled', 'volume.total')],
    finally: [call('finally-0', 'plc1.move', { position: 0 })],
    ...rest,
  })
}

const home = 'plc1.home {}'
const move = 'plc1.move {"position":90}'
const back = 'plc1.move {"position":0}'

/** Calls that end when the test says so; those of `finally` end at once. */
function heldCalls(): { readonly call: PipelineHost['call']; readonly end: () => void } {
  let end: () => void = () => {}
  return {
    call: ({ signal, inputs }) => {
      if (inputs.position === 0) return Promise.resolve({ settledAt: 0 })
      return new Promise((resolve, reject) => {
        end = () => resolve({ settledAt: 90 })
        signal.addEventListener('abort', () => reject(new MillraceError('cancelled', 'cancelled')))
      })
    },
    end: () => end(),
  }
}

async function level(made: Rig, value: number): Promise<void> {
  made.pipeline.feed([sampleOf(made, 'plc1.level', value)])
  await made.clock.advance(10)
}

describe('a pipeline that runs once', () => {
  it('runs its steps in their order to their end, then finally, and is Ready', async () => {
    const made = rig(fill())
    const { runId } = made.pipeline.start(by)
    await level(made, 3)
    expect(made.calls).to.deep.equal([home])
    await level(made, 4)
    expect(made.calls).to.deep.equal([home, move, back])
    expect(made.pipeline.state).to.equal('Ready')
    expect(made.events.every((event) => 'runId' in event && event.runId === runId)).to.equal(true)
    expect(made.events.at(-1)).to.deep.include({ kind: 'pipelineCompleted', outcome: 'Completed' })
    expect(made.pipeline.finalResult.map(({ tag, sample }) => [tag, sample.value, sample.status])).to.deep.equal([
      ['fill.filled', 7, Status.Good],
    ])
    expect(made.pipeline.latest('fill.filled')).to.include({ value: 7, status: Status.UncertainLastUsableValue })
    expect(made.told().filter((kind) => kind === 'stepCompleted')).to.have.length(4)
  })

  it('calls nothing and lets no time pass while it is suspended', async () => {
    const calls = heldCalls()
    const made = rig(fill(), calls)
    made.pipeline.start(by)
    await made.clock.advance(9000)
    made.pipeline.suspend(by)
    await made.clock.advance(60_000)
    expect(made.pipeline.state).to.equal('Suspended')
    calls.end()
    await level(made, 9)
    await made.clock.advance(120_000)
    expect(made.calls).to.deep.equal([home])
    made.pipeline.resume(by)
    await made.clock.advance(10)
    expect(made.calls).to.deep.equal([home, move])
    calls.end()
    await made.clock.advance(10)
    expect(made.events.at(-1)).to.deep.include({ kind: 'pipelineCompleted', outcome: 'Completed' })
  })

  it('can be suspended at its very start', async () => {
    const made = rig(fill())
    const suspending = made.pipeline.events$.subscribe(({ kind }) => {
      if (kind === 'pipelineStarted') made.pipeline.suspend(by)
    })
    made.pipeline.start(by)
    suspending.unsubscribe()
    await level(made, 9)
    expect(made.calls).to.deep.equal([])
    made.pipeline.resume(by)
    await made.clock.advance(10)
    expect(made.calls).to.deep.equal([home, move, back])
  })

  it('lets the method that is called end when it is stopped, and starts no other', async () => {
    const calls = heldCalls()
    const made = rig(fill(), calls)
    made.pipeline.start(by)
    await made.clock.advance(100)
    made.pipeline.stop(by)
    await made.clock.advance(100)
    expect(made.pipeline.state).to.equal('Running')
    calls.end()
    await made.clock.advance(100)
    expect(made.pipeline.state).to.equal('Ready')
    expect(made.calls).to.deep.equal([home, back])
    expect(made.events.at(-1)).to.deep.include({ outcome: 'Stopped' })
  })

  it('does not wait for a completion condition when it is stopped', async () => {
    const made = rig(fill())
    made.pipeline.start(by)
    await level(made, 1)
    made.pipeline.stop(by)
    await made.clock.advance(10)
    expect(made.pipeline.state).to.equal('Ready')
    expect(made.calls).to.deep.equal([home, back])
  })

  it('can be stopped and halted while it is suspended', async () => {
    for (const [cause, state] of [
      ['stop', 'Ready'],
      ['halt', 'Halted'],
    ] as const) {
      const made = rig(fill())
      made.pipeline.start(by)
      await level(made, 1)
      made.pipeline.suspend(by)
      made.pipeline[cause](by)
      await made.clock.advance(10)
      expect(made.pipeline.state).to.equal(state)
      expect(made.calls).to.deep.equal([home, back])
      await made.clock.advance(1000)
      expect(made.clock.pending).to.equal(0)
    }
  })

  it('cancels the method that is called when it is halted, and runs finally', async () => {
    const made = rig(fill(), heldCalls())
    made.pipeline.start(by)
    await made.clock.advance(100)
    made.pipeline.halt(by)
    expect(made.pipeline.state).to.equal('Halted')
    await made.clock.advance(10)
    expect(made.calls).to.deep.equal([home, back])
    expect(made.events.filter(({ kind }) => kind === 'pipelineCompleted')).to.have.length(1)
  })

  it('fails with the step that failed, and runs finally', async () => {
    const made = rig(fill(), {
      call: async ({ method }) => {
        if (method === 'home') throw new MillraceError('timed-out', 'no reference', { status: Status.BadTimeout })
        return { settledAt: 0 }
      },
    })
    made.pipeline.start(by)
    await made.clock.advance(1000)
    expect(made.pipeline.state).to.equal('Halted')
    expect(made.calls.at(-1)).to.equal(back)
    const failed = made.events.filter(({ kind }) => kind === 'pipelineFailed' || kind === 'stepFailed')
    expect(failed.map((event) => 'step' in event && [event.kind, event.step])).to.deep.equal([
      ['stepFailed', 'home'],
      ['pipelineFailed', 'home'],
    ])
    expect(String(made.pipeline.latest('fill#lastError')?.value)).to.match(/home: .*no reference/)
  })

  it('is Failed when only a finally step fails: the safe state was not reached', async () => {
    const made = rig(fill(), {
      call: async ({ inputs }) => {
        if (inputs.position === 0) throw new MillraceError('not-connected', 'unplugged')
        return { settledAt: 90 }
      },
    })
    made.pipeline.start(by)
    await level(made, 9)
    await made.clock.advance(1000)
    expect(made.pipeline.state).to.equal('Halted')
    expect(made.events.at(-1)).to.deep.include({ outcome: 'Failed' })
  })

  it('takes its target from the parameter at the time, and fails when its time is over', async () => {
    const made = rig(fill())
    expect(made.pipeline.setParameter('target', 20, 'tester')).to.equal(Status.Good)
    made.pipeline.start(by)
    await level(made, 9)
    expect(made.pipeline.state).to.equal('Running')
    expect(made.pipeline.setParameter('target', 8, 'tester')).to.equal(Status.Good)
    await made.clock.advance(10)
    expect(made.pipeline.state).to.equal('Ready')
    made.pipeline.setParameter('target', 50, 'tester')
    made.pipeline.start(by)
    await made.clock.advance(61_000)
    expect(made.pipeline.state).to.equal('Halted')
    const ends = made.events.filter(({ kind }) => kind === 'pipelineCompleted')
    expect(ends.map((event) => 'outcome' in event && event.outcome)).to.deep.equal(['Completed', 'Failed'])
  })
})

describe('close of a pipeline that runs once', () => {
  it('gives what is called a second, cancels it, runs finally, and leaves no timer', async () => {
    const made = rig(fill(), heldCalls())
    made.pipeline.start(by)
    await made.clock.advance(100)
    let isClosed = false
    const closing = made.pipeline.close().then(() => {
      isClosed = true
    })
    expect(made.pipeline.state).to.equal('Halted')
    await made.clock.advance(990)
    expect(isClosed).to.equal(false)
    await made.clock.advance(20)
    await closing
    expect(made.calls).to.deep.equal([home, back])
    expect(made.clock.pending).to.equal(0)
    await made.pipeline.close()
  })

  it('gives up finally steps that never end', async () => {
    const made = rig(fill(), { call: () => new Promise(() => {}) })
    made.pipeline.start(by)
    await made.clock.advance(100)
    const closing = made.pipeline.close({ graceMs: 100, finallyMs: 200 })
    await made.clock.advance(500)
    await closing
    expect(made.clock.pending).to.equal(0)
  })
})
