import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import { bad, good, type Sample, type TagSample } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import { Pipelines } from '../../src/pipeline/pipelines.ts'
import { beginningOf, type RememberedPipeline } from '../../src/pipeline/remembered.ts'
import { check, output, parameter, pipeline, step } from './kit.ts'

const steps = [step('s', 'scale', { value: 'plc1.count' })]
const watch = pipeline('watch', {
  steps,
  outputs: [output('x', 's.scaled')],
  parameters: [parameter('limit', { default: 5, max: 100 })],
})

function plant(definition: PipelineDefinition, remembered: Partial<RememberedPipeline>) {
  const { pipelines: checked, findings } = check(definition)
  expect(findings.filter(({ severity }) => severity === 'error')).to.deep.equal([])
  const host = { clock: new VirtualClock(1000), call: async () => ({}), runId: () => 'run' }
  const pipelines = new Pipelines(
    checked,
    host,
    new Map([[definition.id, { parameters: new Map(), ...remembered } satisfies RememberedPipeline]]),
  )
  const told: string[] = []
  pipelines.events$.subscribe((event: PlantEvent) => {
    if (event.kind === 'programTransitioned') told.push(`${event.transition} ${event.initiator}`)
  })
  return { pipelines, told }
}

describe('how a pipeline begins', () => {
  it('follows its file when nothing is known of it', () => {
    expect(beginningOf(watch, undefined)).to.deep.equal({ state: 'Running', initiator: 'auto' })
    expect(beginningOf({ ...watch, autoStart: false }, undefined).state).to.equal('Ready')
  })

  it('stays stopped when somebody has stopped it, unless every run of it ends so', () => {
    expect(beginningOf(watch, 'Ready').state).to.equal('Ready')
    expect(beginningOf({ ...watch, trigger: { kind: 'once' } }, 'Ready').state).to.equal('Running')
    expect(beginningOf({ ...watch, trigger: { kind: 'once' }, autoStart: false }, 'Ready').state).to.equal('Ready')
  })

  it('goes on from where it was', () => {
    const running = plant(watch, { state: 'Running' })
    running.pipelines.start()
    expect(running.told).to.deep.equal(['ReadyToRunning restart'])
    const suspended = plant(watch, { state: 'Suspended' })
    suspended.pipelines.start()
    expect(suspended.told).to.deep.equal(['ReadyToRunning restart', 'RunningToSuspended restart'])
  })

  it('waits for a start or a reset where its policy says so', () => {
    const ready = plant({ ...watch, restart: 'ready' }, { state: 'Running' })
    const halted = plant({ ...watch, restart: 'halted' }, { state: 'Running' })
    for (const { pipelines } of [ready, halted]) pipelines.start()
    expect([...ready.told, ...halted.told]).to.deep.equal([])
    expect(ready.pipelines.byId('watch')?.state).to.equal('Ready')
    expect(halted.pipelines.byId('watch')?.state).to.equal('Halted')
    halted.pipelines.byId('watch')?.reset({ initiator: 'ada' })
    expect(halted.told).to.deep.equal(['HaltedToReady ada'])
  })

  it('has the parameters again that still fit', () => {
    const remembering = (value: number) => {
      const { pipelines } = plant(watch, { parameters: new Map([['limit', good(value, 500)]]) })
      return pipelines.latest('watch$limit')
    }
    expect(remembering(42)).to.deep.include({ value: 42, sourceTime: 500 })
    expect(remembering(101)).to.deep.include({ value: 5, sourceTime: 1000 })
  })

  it('begins afresh when it was removed and is there again', async () => {
    const { pipelines } = plant(watch, { state: 'Halted', parameters: new Map([['limit', good(42, 500)]]) })
    pipelines.start()
    const { pipelines: checked } = check(watch)
    await pipelines.end(['watch'], { initiator: 'ada', graceMs: 0, finallyMs: 0 })
    pipelines.replace([], { changed: new Set(), latest: () => undefined })
    pipelines.replace(checked, { changed: new Set(), latest: () => undefined })
    expect(pipelines.byId('watch')?.state).to.equal('Ready')
  })
})

describe('what a pipeline showed before the program was started', () => {
  const samples = new Map<string, Sample>([
    ['watch.x', good(7, 500)],
    ['watch/s.scaled', bad(Status.BadNoCommunication, 400, 'plc1')],
    ['watch/s:value', good(1, 400)],
    ['watch#cycleCount', good(9, 400)],
    ['watch.gone', good(9, 400)],
  ])

  it('is shown as uncertain, or as bad as it was; inputs and diagnostics begin anew', () => {
    const { pipelines } = plant(watch, { samples })
    const latest = (tag: string) => pipelines.latest(tag)
    expect(latest('watch.x')).to.deep.equal({ ...good(7, 500), status: Status.UncertainLastUsableValue })
    expect(latest('watch/s.scaled')).to.deep.equal(samples.get('watch/s.scaled'))
    expect(latest('watch/s:value')?.status).to.equal(Status.BadWaitingForInitialData)
    expect(latest('watch#cycleCount')?.value).to.equal(0)
    expect(latest('watch.gone')).to.equal(undefined)
  })

  it('is published to nobody, and stays until something newer is computed', () => {
    const { pipelines } = plant(watch, { samples })
    const published: TagSample[] = []
    pipelines.samples$.subscribe((batch) => published.push(...batch.filter(({ tag }) => tag === 'watch.x')))
    pipelines.start()
    expect(pipelines.latest('watch.x')?.value).to.equal(null)
    expect(published.map(({ sample }) => sample.value)).to.deep.equal([null])
    pipelines.byId('watch')?.halt({ initiator: 'test' })
    expect(pipelines.latest('watch.x')?.value).to.equal(null)
  })

  it('is not shown where it does not fit the port any more', () => {
    for (const value of ['text', [1], null, 5n, true]) {
      const { pipelines } = plant(watch, { samples: new Map([['watch.x', good(value as never, 500)]]) })
      expect(pipelines.latest('watch.x')?.status).to.equal(Status.BadWaitingForInitialData)
    }
  })

  it('comes with the result, the outcome and the count of its runs; the error only where nobody has reset it', () => {
    const results = [
      { tag: 'watch.x', sample: good(8, 600) },
      { tag: 'watch.gone', sample: good(9, 600) },
    ]
    const runs = { count: 41, lastOutcome: 'Failed', lastError: 's: broken', results } as const
    for (const [state, error] of [
      ['Halted', 's: broken'],
      ['Ready', ''],
    ] as const) {
      const { pipelines } = plant(watch, { state, runs })
      const latest = (tag: string) => pipelines.latest(tag)?.value
      expect(latest('watch#result.x')).to.equal(8)
      expect(latest('watch#result.gone')).to.equal(undefined)
      expect(latest('watch#runCount')).to.equal(41)
      expect(latest('watch#lastOutcome')).to.equal('Failed')
      expect(latest('watch#lastError')).to.equal(error)
      expect(pipelines.byId('watch')?.finalResult).to.deep.equal(results.slice(0, 1))
    }
  })
})
