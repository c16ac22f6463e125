import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { Status } from '../../src/model/status.ts'
import { StepEventLimit, stepEventLimits } from '../../src/pipeline/step-event-limit.ts'
import { pipeline, step } from './kit.ts'
import { rig } from './rig.ts'

const { burst, perSecond } = stepEventLimits
const by = { initiator: 'tester' }

function limitOf() {
  const clock = new VirtualClock()
  const told: number[] = []
  const limit = new StepEventLimit(clock, (count) => told.push(count))
  const admitted = (times: number, isFailure: boolean): number => {
    let count = 0
    for (let index = 0; index < times; index++) if (limit.admits({ isFailure })) count++
    return count
  }
  return { clock, told, limit, admitted }
}

describe('limit of step events', () => {
  it('lets a burst pass, keeps a part of it for failures, and counts the rest', () => {
    const { limit, admitted } = limitOf()
    const progress = admitted(1000, false)
    expect(progress).to.be.within(1, burst - 1)
    expect(admitted(1000, true)).to.equal(burst - progress)
    expect(limit.heldBack).to.equal(2000 - burst)
  })

  it('lets so many pass in each second afterwards', async () => {
    const { clock, admitted } = limitOf()
    admitted(burst, true)
    expect(admitted(1, true)).to.equal(0)
    await clock.advance(1000)
    expect(admitted(1000, true)).to.equal(perSecond)
    await clock.advance(3_600_000)
    expect(admitted(1000, true)).to.equal(burst)
  })

  it('tells what was held back once in a second, and nothing when nothing was', async () => {
    const { clock, told, admitted } = limitOf()
    admitted(burst + 5, true)
    expect(told).to.deep.equal([])
    admitted(2, true)
    await clock.advance(1000)
    expect(told).to.deep.equal([7])
    await clock.advance(60_000)
    expect(told).to.deep.equal([7])
    expect(clock.pending).to.equal(0)
  })

  it('tells the rest when it is closed, and leaves no timer', () => {
    const { clock, told, limit, admitted } = limitOf()
    admitted(burst + 1, true)
    limit.close()
    limit.close()
    expect(told).to.deep.equal([1])
    expect(clock.pending).to.equal(0)
  })
})

describe('step events of a Pipeline', () => {
  const scan = pipeline('watch', {
    trigger: { kind: 'every', periodMs: 100 },
    steps: [step('a', 'scale', { value: 'plc1.level' })],
    stepEvents: true,
  })

  it('are held back when they are too many, counted in a diagnostic and told in one event', async () => {
    const made = rig(scan, { held: 'sync' })
    made.pipeline.start(by)
    made.told()
    const { host } = made.execution()
    for (let index = 0; index < burst + 10; index++) {
      host.onStep?.({ kind: 'failed', step: 'a', status: Status.BadTimeout, message: 'late', attempts: 1 })
    }
    expect(made.told().filter((kind) => kind === 'stepFailed')).to.have.length(burst)
    await made.clock.advance(1000)
    const summaries = made.events.filter((event) => event.kind === 'stepEventsHeldBack')
    expect(summaries.map(({ count, runId, message }) => [count, runId, message])).to.deep.equal([
      [10, 'run1', 'watch has had 10 more step events than are told'],
    ])
    expect(made.pipeline.latest('watch#heldBackEventCount')?.value).to.equal(10)
  })

  it('say which wave they belong to', async () => {
    const made = rig(scan, { held: 'async' })
    made.pipeline.start(by)
    const begin = (): void => made.execution().host.onStep?.({ kind: 'started', step: 'a' })
    begin()
    made.execution().settle()
    await made.clock.advance(100)
    begin()
    const started = made.events.filter((event) => event.kind === 'stepStarted')
    expect(started.map(({ cycle }) => cycle)).to.deep.equal([1, 2])
  })
})

describe('diagnostics of a Pipeline before its first run', () => {
  it('tell that the steps are idle and have done nothing', () => {
    const made = rig(pipeline('watch', { steps: [step('a', 'scale', { value: 'plc1.level' })] }))
    for (const [name, value] of Object.entries({
      ...{ state: 'Idle', executionCount: 0, errorCount: 0, lastDuration: 0, lastError: '' },
    })) {
      expect(made.pipeline.latest(`watch/a#${name}`), name).to.include({ value, status: Status.Good })
    }
    expect(made.pipeline.latest('watch#queueDepth')).to.include({ value: 0, status: Status.Good })
  })

  it('count the triggers that wait, where there is a queue', async () => {
    const queued = pipeline('watch', {
      trigger: { kind: 'every', periodMs: 100 },
      overlap: 'queue',
      queueLengthMax: 6,
      steps: [step('a', 'scale', { value: 'plc1.level' })],
    })
    const made = rig(queued, { held: 'async' })
    made.pipeline.start(by)
    await made.clock.advance(750)
    expect(made.valuesOf('watch#queueDepth')).to.deep.equal([2, 4, 6])
    made.execution().settle()
    await made.clock.advance(10)
    made.execution().settle()
    await made.clock.advance(240)
    expect(made.pipeline.latest('watch#queueDepth')?.value).to.be.within(4, 6)
    made.pipeline.stop(by)
    await made.clock.advance(300)
    expect(made.pipeline.latest('watch#queueDepth')?.value).to.equal(0)
  })

  it('refuses everything with BadShutdown, once it is closing', async () => {
    const made = rig(pipeline('watch', { steps: [step('a', 'scale', { value: 'plc1.level' })] }), { held: 'async' })
    made.pipeline.start(by)
    const closing = made.pipeline.close({ graceMs: 100 })
    for (const cause of ['reset', 'start', 'halt'] as const) {
      expect(() => made.pipeline[cause](by))
        .to.throw('is closed')
        .with.property('status', Status.BadShutdown)
    }
    await made.clock.advance(1000)
    await closing
    expect(made.pipeline.state).to.equal('Halted')
  })
})
