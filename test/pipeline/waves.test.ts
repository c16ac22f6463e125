import { expect } from 'chai'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import { output, pipeline, step } from './kit.ts'
import { type Rig, rig, sampleOf } from './rig.ts'

const by = { initiator: 'tester' }
const steps = [step('a', 'scale', { value: 'plc1.level' })]
const outputs = [output('x', 'a.scaled')]
const scan = (rest: Partial<PipelineDefinition> = {}) =>
  pipeline('watch', { trigger: { kind: 'every', periodMs: 100 }, steps, outputs, ...rest })
const onChange = (rest: Partial<PipelineDefinition> = {}) => pipeline('watch', { steps, outputs, ...rest })

function begun(definition: PipelineDefinition, held: 'sync' | 'async' = 'async'): Rig {
  const made = rig(definition, { held })
  made.pipeline.start(by)
  return made
}

async function missed({ clock, pipeline }: Rig): Promise<unknown> {
  await clock.advance(250)
  return pipeline.latest('watch#missedCycleCount')?.value
}

describe('overlap', () => {
  it('skips what fires while a wave is under way, and counts it', async () => {
    const made = begun(scan({ overlap: 'skip' }))
    await made.clock.advance(250)
    expect(made.log).to.deep.equal(['wave'])
    made.execution().settle()
    await made.clock.advance(50)
    expect(made.log).to.deep.equal(['wave', 'wave completed', 'wave'])
    made.pipeline.suspend(by)
    expect(await missed(made)).to.equal(2)
  })

  it('queues up to its bound, drops the rest, and counts the drops', async () => {
    const made = begun(scan({ overlap: 'queue', queueLengthMax: 2 }))
    await made.clock.advance(450)
    made.pipeline.suspend(by)
    made.execution().settle()
    await made.clock.advance(0)
    expect(made.log).to.deep.equal(['wave', 'wave completed'])
    expect(await missed(made)).to.equal(2)
    made.log.length = 0
    made.pipeline.stop(by)
    expect(made.pipeline.state).to.equal('Ready')
    expect(made.log).to.deep.equal(['close'])
  })

  it('works the queue off one by one', async () => {
    const made = begun(scan({ overlap: 'queue', queueLengthMax: 2 }))
    await made.clock.advance(250)
    made.execution().settle()
    await made.clock.advance(0)
    made.execution().settle()
    await made.clock.advance(0)
    made.execution().settle()
    await made.clock.advance(0)
    expect(made.log.filter((line) => line === 'wave')).to.have.length(3)
    expect(made.pipeline.latest('watch#missedCycleCount')?.value).to.equal(0)
  })

  it('cancels the wave that is under way for the new one', async () => {
    const made = begun(scan({ overlap: 'cancel' }))
    await made.clock.advance(150)
    expect(made.log).to.deep.equal(['wave', 'wave cancelled', 'wave'])
    made.execution().settle()
    await made.clock.advance(10)
    made.pipeline.stop(by)
    expect(made.events.at(-1)).to.deep.include({ outcome: 'Stopped', cycles: 1 })
  })

  it('gives each queued wave the samples that caused it, and drops none of them', async () => {
    const made = begun(onChange({ overlap: 'queue', queueLengthMax: 2 }))
    for (const value of [1, 2, 3, 4]) made.pipeline.feed([sampleOf(made, 'plc1.level', value)])
    for (let wave = 0; wave < 3; wave++) {
      made.execution().settle()
      await made.clock.advance(0)
    }
    const feeds = ['feed plc1.level=1', 'wave of changes', 'wave completed', 'feed plc1.level=4', 'wave of changes']
    expect(made.log).to.deep.equal(['wave', 'wave completed', ...feeds, 'wave completed'])
    expect(await missed(made)).to.equal(2)
  })

  it('keeps what comes in during a wave for the next one', async () => {
    const made = begun(scan({ overlap: 'skip' }))
    made.pipeline.feed([sampleOf(made, 'plc1.level', 1)])
    made.pipeline.feed([sampleOf(made, 'plc1.level', 2)])
    made.execution().settle()
    await made.clock.advance(100)
    expect(made.log).to.deep.equal(['wave', 'wave completed', 'feed plc1.level=2', 'wave'])
  })
})

describe('on change', () => {
  it('makes one wave of a batch, and none of samples that are the same', () => {
    const reads = [step('a', 'add', { a: 'plc1.level', b: 'plc1.count' })]
    const made = begun(onChange({ steps: reads, outputs: [output('x', 'a.sum')] }), 'sync')
    made.log.length = 0
    made.pipeline.feed([sampleOf(made, 'plc1.level', 1), sampleOf(made, 'plc1.count', 2)])
    expect(made.log).to.deep.equal(['feed plc1.level=1', 'feed plc1.count=2', 'wave of changes'])
    made.pipeline.feed([sampleOf(made, 'plc1.level', 1)])
    made.pipeline.feed([sampleOf(made, 'plc1.mode', 'auto')])
    expect(made.log.filter((line) => line.startsWith('wave'))).to.have.length(1)
    made.pipeline.feed([{ tag: 'plc1.level', sample: { value: 1, status: 0x408f0000, sourceTime: 0 } }])
    expect(made.log.filter((line) => line.startsWith('wave'))).to.have.length(2)
  })

  it('compares arrays by their elements', () => {
    const reads = [step('a', 'takes', { list: 'plc1.spectrum' })]
    const made = begun(onChange({ steps: reads, outputs: [output('x', 'a.done')] }), 'sync')
    made.log.length = 0
    for (const value of [[1, 2], [1, 2], [1, 3], [1]]) made.pipeline.feed([sampleOf(made, 'plc1.spectrum', value)])
    expect(made.log.filter((line) => line.startsWith('wave'))).to.have.length(3)
  })

  it('makes a wave when a step asks for one, after the wave that is under way', async () => {
    const made = begun(onChange())
    made.execution().host.onWake()
    made.execution().host.onWake()
    expect(made.log).to.deep.equal(['wave'])
    made.execution().settle()
    await made.clock.advance(0)
    expect(made.log).to.deep.equal(['wave', 'wave completed', 'wave of changes'])
  })
})

describe('suspend and resume of waves', () => {
  it('start no wave in between, and take in what came meanwhile', async () => {
    const made = begun(scan(), 'sync')
    await made.clock.advance(150)
    made.pipeline.suspend(by)
    made.log.length = 0
    made.pipeline.feed([sampleOf(made, 'plc1.level', 5)])
    made.execution().host.onWake()
    await made.clock.advance(1000)
    expect(made.log).to.deep.equal([])
    made.pipeline.resume(by)
    expect(made.log).to.deep.equal(['feed plc1.level=5', 'wave'])
    await made.clock.advance(100)
    expect(made.log).to.deep.equal(['feed plc1.level=5', 'wave', 'wave'])
  })

  it('makes one wave of all that changed while an on-change pipeline was suspended', () => {
    const made = begun(onChange(), 'sync')
    made.pipeline.suspend(by)
    made.log.length = 0
    for (const value of [1, 2, 3]) made.pipeline.feed([sampleOf(made, 'plc1.level', value)])
    expect(made.log).to.deep.equal([])
    made.pipeline.resume(by)
    expect(made.log).to.deep.equal(['feed plc1.level=3', 'wave of changes'])
  })
})
