import { systemClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import type { ProgramState } from '../../src/model/program.ts'
import { good } from '../../src/model/sample.ts'
import type { Value } from '../../src/model/value.ts'
import type { PlantView } from '../../src/opcua/plant-view.ts'
import type { ServerOptions } from '../../src/opcua/server-options.ts'
import type { Pipeline } from '../../src/pipeline/pipeline.ts'
import type { PipelineHost } from '../../src/pipeline/pipeline-host.ts'
import { Pipelines } from '../../src/pipeline/pipelines.ts'
import { check } from '../pipeline/kit.ts'
import { type Bench, startBench } from './bench.ts'
import { HandMadePlant } from './hand-made-plant.ts'

/** A served plant whose pipelines are the product's own, under the machine's clock. */
export interface RealPrograms {
  readonly bench: Bench
  readonly pipelines: Pipelines
  pipeline(id: string): Pipeline
  /** Brings a pipeline into a state, whatever its state is. */
  bring(id: string, state: ProgramState): void
  /** Lets the device plc1 measure something. */
  measure(port: string, value: Value): void
  stop(): Promise<void>
}

const by = { initiator: 'test' }

/** Serves pipelines that read the device `plc1`, where anonymous clients may operate; its methods answer at once unless `call` says otherwise. */
export async function startPrograms(
  definitions: readonly PipelineDefinition[],
  { call = async () => ({}), ...options }: Partial<ServerOptions & Pick<PipelineHost, 'call'>> = {},
): Promise<RealPrograms> {
  const { pipelines: checked, findings } = check(...definitions)
  if (checked.length < definitions.length) throw new Error(findings.map(({ message }) => message).join('; '))
  let runs = 0
  const pipelines = new Pipelines(checked, {
    clock: systemClock,
    call,
    runId: () => `run${++runs}`,
  })
  const pipeline = (id: string): Pipeline => {
    const found = pipelines.byId(id)
    if (!found) throw new Error(`there is no pipeline ${id}`)
    return found
  }
  const descriptions = checked.map(({ description }) => description)
  const bench = await startBench({ ...options, view: viewOf(new HandMadePlant(), pipelines, descriptions, pipeline) })
  return {
    bench,
    pipelines,
    pipeline,
    bring(id, state) {
      const program = pipeline(id)
      if (program.state !== 'Halted') program.halt(by)
      if (state === 'Halted') return
      program.reset(by)
      if (state !== 'Ready') program.start(by)
      if (state === 'Suspended') program.suspend(by)
    },
    measure: (port, value) => pipelines.feed([{ tag: `plc1.${port}`, sample: good(value, systemClock.now()) }]),
    async stop() {
      await pipelines.close({ graceMs: 10, finallyMs: 100 })
      await bench.stop()
    },
  }
}

/** The hand-made plant with other pipelines. */
function viewOf(
  plant: HandMadePlant,
  pipelines: Pipelines,
  descriptions: PlantView['pipelines'],
  pipeline: (id: string) => Pipeline,
): PlantView {
  const ask =
    (what: 'stop' | 'suspend' | 'resume' | 'halt' | 'reset') =>
    async (id: string, initiator: string): Promise<void> =>
      pipeline(id)[what]({ initiator })
  return {
    ...{ id: plant.id, name: plant.name, equipment: plant.equipment, devices: plant.devices, pipelines: descriptions },
    ...{ samples$: pipelines.samples$, events$: pipelines.events$, latest: (tag) => pipelines.latest(tag) },
    programState: (id) => pipeline(id).state,
    lastTransition: (id) => pipeline(id).lastTransition,
    start: async (id, initiator) => pipeline(id).start({ initiator }),
    ...{ stop: ask('stop'), suspend: ask('suspend'), resume: ask('resume'), halt: ask('halt'), reset: ask('reset') },
    setParameter: async (id, name, value, initiator) => pipeline(id).setParameter(name, value, initiator),
    write: (tag, value, initiator) => plant.write(tag, value, initiator),
    call: (device, method, inputs, initiator) => plant.call(device, method, inputs, initiator),
    connect: (device, initiator) => plant.connect(device, initiator),
    disconnect: (device, initiator) => plant.disconnect(device, initiator),
    resetBreaker: (device, initiator) => plant.resetBreaker(device, initiator),
    injectFault: (device, order, initiator) => plant.injectFault(device, order, initiator),
    clearFaults: (device, initiator) => plant.clearFaults(device, initiator),
  }
}
