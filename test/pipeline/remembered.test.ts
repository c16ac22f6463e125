import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import { good } from '../../src/model/sample.ts'
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
