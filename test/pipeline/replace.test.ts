import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import { good } from '../../src/model/sample.ts'
import type { Value } from '../../src/model/value.ts'
import { Pipelines } from '../../src/pipeline/pipelines.ts'
import { call, check, output, pipeline, step } from './kit.ts'
import { epoch } from './rig.ts'

const limits = { initiator: 'Ada', graceMs: 100, finallyMs: 100 }

const unanswered = ({ signal }: { signal: AbortSignal }) =>
  new Promise<Record<string, Value>>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('cancelled')))
  })

function checked(...definitions: PipelineDefinition[]) {
  const { pipelines, findings } = check(...definitions)
  if (pipelines.length < definitions.length) throw new Error(findings.map(({ message }) => message).join('; '))
  return pipelines
}

function plant(...definitions: PipelineDefinition[]) {
  const clock = new VirtualClock(epoch)
  const pipelines = new Pipelines(checked(...definitions), { clock, call: unanswered, runId: () => 'run' })
  const values: [string, Value][] = []
  const events: PlantEvent[] = []
  pipelines.samples$.subscribe((batch) =>
    values.push(...batch.map(({ tag, sample }): [string, Value] => [tag, sample.value])),
  )
  pipelines.events$.subscribe((event) => events.push(event))
  const feed = (value: Value) => pipelines.feed([{ tag: 'plc1.count', sample: good(value, clock.now()) }])
  const of = (tag: string) => values.filter(([each, value]) => each === tag && value !== null).map(([, value]) => value)
  return { clock, pipelines, values, events, feed, of }
}

const one = pipeline('one', {
  steps: [step('s', 'scale', { value: 'plc1.count' })],
  outputs: [output('x', 's.scaled')],
})
const two = pipeline('two', {
  steps: [step('t', 'add', { a: 'one.x', b: 'plc1.count' })],
  outputs: [output('y', 't.sum')],
})
/** Calls a method that answers when it is cancelled. */
const slow = pipeline('slow', {
  trigger: { kind: 'every', periodMs: 1000 },
  steps: [call('c', 'plc1.home')],
})
const renamed: PipelineDefinition = { ...one, name: 'One again' }

describe('pipelines that are replaced', () => {
  it('end and begin again, while the others stay the same', async () => {
    const { pipelines, feed, of, events } = plant(one, two)
    pipelines.start()
    feed(1)
    const [before, other] = [pipelines.byId('one'), pipelines.byId('two')]
    const running = await pipelines.end(['one'], limits)
    expect([...running]).to.deep.equal(['one'])
    pipelines.replace(checked(renamed, two), { changed: running, latest: () => good(7, epoch) })
    expect([pipelines.byId('one') === before, pipelines.byId('two') === other]).to.deep.equal([false, true])
    expect(pipelines.byId('one')?.lastTransition?.name).to.equal('RunningToReady')
    pipelines.byId('one')?.start({ initiator: 'Ada' })
    feed(2)
    expect(of('one.x')).to.include.members([1, 7, 2])
    expect(of('two.y').at(-1)).to.equal(4)
    const started = events.filter(({ kind }) => kind === 'pipelineStarted')
    expect(started.map((event) => 'initiator' in event && event.initiator)).to.deep.equal(['auto', 'auto', 'Ada'])
    await pipelines.close()
  })

  it('keep the state in which they were, and are not started for it', async () => {
    const { pipelines } = plant(one, two)
    pipelines.start()
    pipelines.byId('one')?.halt({ initiator: 'Ada' })
    const running = await pipelines.end(['one'], limits)
    pipelines.replace(checked(renamed, two), { changed: new Set(['one']), latest: () => undefined })
    expect([running.size, pipelines.byId('one')?.state]).to.deep.equal([0, 'Halted'])
    await pipelines.close()
  })

  it('count on, and leave no timer and no follower behind', async () => {
    const { pipelines, clock, values } = plant(one)
    for (let round = 0; round < 5; round++) {
      pipelines.start()
      const running = await pipelines.end(['one'], limits)
      pipelines.replace(checked(renamed), { changed: running, latest: () => undefined })
    }
    pipelines.start()
    await clock.advance(1000)
    expect(values.findLast(([tag]) => tag === 'one#runCount')?.[1] ?? pipelines.latest('one#runCount')?.value).to.equal(
      6,
    )
    await pipelines.close()
    expect(clock.pending).to.equal(0)
  })

  it('go, when they are in the plant no more', async () => {
    const { pipelines, feed, of } = plant(one, two)
    pipelines.start()
    await pipelines.end(['two'], limits)
    pipelines.replace(checked(one), { changed: new Set(), latest: () => undefined })
    feed(3)
    expect([pipelines.byId('two'), pipelines.all.length]).to.deep.equal([undefined, 1])
    expect([of('one.x'), of('two.y')]).to.deep.equal([[3], []])
    await pipelines.close()
  })

  it('are cancelled, when a wave does not end, and run again all the same', async () => {
    const { pipelines, clock, events } = plant(slow)
    pipelines.start()
    const ending = pipelines.end(['slow'], limits)
    await clock.advance(90)
    expect(pipelines.byId('slow')?.state).to.equal('Running')
    await clock.advance(200)
    expect([...(await ending)]).to.deep.equal(['slow'])
    const made = events.flatMap((event) => (event.kind === 'programTransitioned' ? event.transition : []))
    expect(made).to.deep.equal(['ReadyToRunning', 'RunningToHalted', 'HaltedToReady'])
    await pipelines.close()
    expect(clock.pending).to.equal(0)
  })

  it('are not started again, when somebody else has stopped them meanwhile', async () => {
    const { pipelines, clock } = plant(slow)
    pipelines.start()
    pipelines.byId('slow')?.stop({ initiator: 'Bob' })
    const ending = pipelines.end(['slow'], limits)
    await clock.advance(300)
    expect((await ending).size).to.equal(0)
    await pipelines.close()
  })
})
