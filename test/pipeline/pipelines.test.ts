import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import { good, type TagSample } from '../../src/model/sample.ts'
import { Status, statusName } from '../../src/model/status.ts'
import type { Value } from '../../src/model/value.ts'
import { Pipelines } from '../../src/pipeline/pipelines.ts'
import { check, output, pipeline, step } from './kit.ts'
import { epoch } from './rig.ts'

function plant(...definitions: PipelineDefinition[]) {
  const { pipelines: checked, findings } = check(...definitions)
  if (checked.length < definitions.length) throw new Error(findings.map(({ message }) => message).join('; '))
  const clock = new VirtualClock(epoch)
  const pipelines = new Pipelines(checked, { clock, call: async () => ({}), runId: () => 'run' })
  const samples: TagSample[] = []
  pipelines.samples$.subscribe((batch) => samples.push(...batch))
  const feed = (values: Record<string, Value>): void =>
    pipelines.feed(Object.entries(values).map(([tag, value]) => ({ tag, sample: good(value, clock.now()) })))
  const valuesOf = (tag: string): Value[] =>
    samples.filter((each) => each.tag === tag && each.sample.status === Status.Good).map(({ sample }) => sample.value)
  return { clock, pipelines, samples, feed, valuesOf }
}

/** One reads the device, two reads one and the device. */
const one = pipeline('one', {
  steps: [step('s', 'scale', { value: 'plc1.count' })],
  outputs: [output('x', 's.scaled')],
})
const two = pipeline('two', {
  steps: [step('t', 'add', { a: 'one.x', b: 'plc1.count' })],
  outputs: [output('y', 't.sum')],
})

describe('Pipelines', () => {
  it('makes one consistent wave of a device and a pipeline that reads it', () => {
    const made = plant(two, one)
    made.pipelines.start()
    made.feed({ 'plc1.count': 1 })
    made.feed({ 'plc1.count': 2 })
    expect(made.valuesOf('two.y')).to.deep.equal([2, 4])
    const order = made.samples.filter(({ tag, sample }) => /\.[xy]$/.test(tag) && sample.value !== null)
    expect(order.map(({ tag }) => tag)).to.deep.equal(['one.x', 'two.y', 'one.x', 'two.y'])
  })

  it('starts those that start with the plant, upstream first', () => {
    const made = plant(
      two,
      one,
      pipeline('three', { ...one, id: 'three', autoStart: false, outputs: [output('z', 's.scaled')] }),
    )
    const started: string[] = []
    made.pipelines.events$.subscribe((event) => {
      if (event.kind === 'pipelineStarted') started.push(`${event.pipeline} ${event.initiator}`)
    })
    made.pipelines.start()
    made.pipelines.start()
    expect(started).to.deep.equal(['one auto', 'two auto'])
    expect(made.pipelines.byId('three')?.state).to.equal('Ready')
    expect(made.pipelines.byId('four')).to.equal(undefined)
  })

  it('tells the newest sample of any tag', async () => {
    const made = plant(one)
    expect(statusName(made.pipelines.latest('one.x')?.status ?? 0)).to.equal('BadWaitingForInitialData')
    made.pipelines.start()
    made.feed({ 'plc1.count': 5 })
    for (const tag of ['one.x', 'one/s.scaled', 'one/s:value'])
      expect(made.pipelines.latest(tag)?.value, tag).to.equal(5)
    await made.clock.advance(250)
    expect(made.pipelines.latest('one#runCount')?.value).to.equal(1)
    expect(made.pipelines.latest('nobody.x')).to.equal(undefined)
    expect(made.pipelines.latest('')).to.equal(undefined)
  })

  it('carries the doubt of a pipeline that does not run to those that read it', () => {
    const made = plant(one, two)
    made.pipelines.start()
    made.feed({ 'plc1.count': 5 })
    made.pipelines.byId('one')?.suspend({ initiator: 'tester' })
    expect(made.pipelines.latest('one.x')).to.include({ value: 5, status: Status.UncertainLastUsableValue })
    expect(statusName(made.pipelines.latest('two.y')?.status ?? 0)).to.match(/^Uncertain/)
    made.pipelines.byId('one')?.resume({ initiator: 'tester' })
    expect(made.pipelines.latest('one.x')?.status).to.equal(Status.Good)
    expect(made.pipelines.latest('two.y')?.status).to.equal(Status.Good)
  })

  it('publishes diagnostics at most four times a second, however fast it runs', async () => {
    const made = plant({ ...one, trigger: { kind: 'every', periodMs: 10 } })
    made.pipelines.start()
    made.feed({ 'plc1.count': 5 })
    await made.clock.advance(1000)
    const counts = made.samples.filter(({ tag }) => tag === 'one#cycleCount')
    expect(counts.length).to.be.within(3, 5)
    expect(made.samples.filter(({ tag }) => tag === 'one/s#executionCount').length).to.be.within(3, 5)
    await made.clock.advance(240)
    expect(Number(counts.at(-1)?.sample.value)).to.be.greaterThan(70)
  })

  it('stops all of them, those that read others first, and leaves no timer', async () => {
    const made = plant({ ...one, trigger: { kind: 'every', periodMs: 10 } }, two)
    const halted: string[] = []
    made.pipelines.events$.subscribe((event) => {
      if (event.kind === 'programTransitioned' && event.to === 'Halted') halted.push(event.pipeline)
    })
    made.pipelines.start()
    await made.clock.advance(95)
    let isComplete = false
    made.pipelines.samples$.subscribe({ complete: () => (isComplete = true) })
    await made.pipelines.close()
    expect(halted).to.deep.equal(['two', 'one'])
    expect(made.clock.pending).to.equal(0)
    expect(isComplete).to.equal(true)
    expect(() => made.pipelines.byId('one')?.start({ initiator: 'tester' })).to.throw('is closed')
  })
})
