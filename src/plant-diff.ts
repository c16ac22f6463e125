import { isDeepStrictEqual } from 'node:util'
import type { SimulatorDefinition } from './config/plant-definition.ts'
import type { LoadedPlant, RunnablePlant } from './load-plant.ts'
import type { DeviceDefinition } from './model/definition.ts'
import type { Port } from './model/port.ts'
import type { CheckedPipeline, CheckedStep } from './pipeline/checked.ts'

/** What happened to things that have an id. Each id stands in one list at most. */
export interface PartDiff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Changed in place. */
  readonly changed: readonly string[]
  /** Of another type than before: for clients, another thing under the same id. */
  readonly retyped: readonly string[]
}

/** What is different inside a pipeline that is in both definitions. */
export interface PipelineDiff {
  readonly steps: PartDiff
  /** Inputs and outputs of steps that are in both, as `step.Inputs.name` and `step.Outputs.name`. */
  readonly ports: PartDiff
  readonly parameters: PartDiff
  readonly outputs: PartDiff
  readonly writes: PartDiff
  /** Whether trigger, overlap, queue or start with the plant is another. */
  readonly hasOtherTrigger: boolean
}

/** What is different between two checked plants. */
export interface PlantDiff {
  readonly isEmpty: boolean
  readonly equipment: PartDiff
  readonly devices: PartDiff
  /** Devices among the changed ones whose connection has to be made anew: more than name and place is different. */
  readonly reconnected: ReadonlySet<string>
  readonly pipelines: PartDiff
  /** By the id of each changed pipeline. */
  readonly insideById: ReadonlyMap<string, PipelineDiff>
  /** Settings that take effect with the next start only, such as `server.port`. */
  readonly atNextStart: readonly string[]
  /** Whether it is another plant, which cannot take the place of one that runs. */
  readonly isOtherPlant: boolean
}

/** Compares two checked plants. Where files stand and in which order makes no difference. */
export function diffPlants(before: RunnablePlant, after: RunnablePlant): PlantDiff {
  const equipment = partDiff(before.definition.equipment, after.definition.equipment, ({ path }) => path)
  const devices = diffDevices(before, after)
  const pipelines = partDiff(before.pipelines.map(factsOf), after.pipelines.map(factsOf), ({ id }) => id)
  const atNextStart = settingsAtNextStart(before, after)
  const changes = [equipment, devices.parts, pipelines].flatMap((part) => Object.values(part) as readonly string[][])
  return {
    isEmpty: changes.every((ids) => ids.length === 0) && atNextStart.length === 0,
    equipment,
    devices: devices.parts,
    reconnected: devices.reconnected,
    pipelines,
    insideById: new Map(pipelines.changed.map((id) => [id, insideOf(byId(before, id), byId(after, id))])),
    atNextStart,
    isOtherPlant: before.definition.plant !== after.definition.plant,
  }
}

/** Compares two lists of things. `kindOf` tells their type, when they have one that cannot change in place. */
export function partDiff<T>(
  before: readonly T[],
  after: readonly T[],
  idOf: (each: T) => string,
  kindOf: (each: T) => unknown = () => undefined,
): PartDiff {
  const old = new Map(before.map((each) => [idOf(each), each]))
  const now = new Map(after.map((each) => [idOf(each), each]))
  const both = [...now].flatMap(([id, each]) => {
    const was = old.get(id)
    return was === undefined || isDeepStrictEqual(was, each) ? [] : [{ id, was, each }]
  })
  const isRetyped = ({ was, each }: { was: T; each: T }) => !isDeepStrictEqual(kindOf(was), kindOf(each))
  return {
    added: [...now.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !now.has(id)),
    changed: both.filter((pair) => !isRetyped(pair)).map(({ id }) => id),
    retyped: both.filter(isRetyped).map(({ id }) => id),
  }
}

function diffDevices(before: RunnablePlant, after: RunnablePlant) {
  const parts = partDiff(
    deviceFactsOf(before),
    deviceFactsOf(after),
    ({ id }) => id,
    ({ type }) => type,
  )
  const old = new Map(deviceFactsOf(before).map((each) => [each.id, each]))
  const now = new Map(deviceFactsOf(after).map((each) => [each.id, each]))
  const isOther = (id: string) => !isDeepStrictEqual(old.get(id)?.connection, now.get(id)?.connection)
  return { parts, reconnected: new Set([...parts.retyped, ...parts.changed.filter(isOther)]) }
}

/** A device without its file; name and place apart from what its connection is made of. */
function deviceFactsOf({ definition, simulators, devices }: RunnablePlant) {
  const simulatorByDevice = new Map(simulators.map((each) => [each.device, each]))
  const portsById = new Map(devices.map(({ id, inputs, outputs, methods }) => [id, { inputs, outputs, methods }]))
  return definition.devices.map((device) => ({
    id: device.id,
    type: device.type,
    shown: shownOf(device),
    connection: {
      ...connectionOf(device),
      ports: portsById.get(device.id),
      simulator: simulatorOf(simulatorByDevice.get(device.id)),
    },
  }))
}

function shownOf({ name, description, equipment, nameplate }: DeviceDefinition) {
  return { name, description, equipment, nameplate }
}

function connectionOf(device: DeviceDefinition) {
  const { name: _, description: _d, equipment: _e, nameplate: _n, file: _f, ...connection } = device
  return connection
}

function simulatorOf(simulator: SimulatorDefinition | undefined) {
  return simulator && { type: simulator.type, config: simulator.config }
}

/** All that a pipeline does, without where it is written. Wires count with the conversions that devices bring about. */
function factsOf({ definition, description, steps, outputs, writes, finally: last }: CheckedPipeline) {
  const { file: _, ...rest } = definition
  return {
    id: definition.id,
    rest,
    description,
    steps: steps.map(stepFactsOf),
    outputs,
    writes,
    last: last.map(stepFactsOf),
  }
}

/** Plugins are told apart by their type: their modules do not change while the program runs. */
function stepFactsOf(step: CheckedStep) {
  return step.kind === 'function' ? { ...step, plugin: step.plugin.type } : step
}

function byId({ pipelines }: LoadedPlant, id: string): CheckedPipeline {
  const found = pipelines.find(({ definition }) => definition.id === id)
  if (!found) throw new Error(`pipeline ${id} is not in the plant`)
  return found
}

function insideOf(before: CheckedPipeline, after: CheckedPipeline): PipelineDiff {
  const steps = partDiff(before.steps.map(stepFactsOf), after.steps.map(stepFactsOf), ({ id }) => id)
  const kept = new Set(after.steps.map(({ id }) => id).filter((id) => before.steps.some((step) => step.id === id)))
  const { trigger, overlap, queueLengthMax, autoStart, restart } = before.definition
  const timing = { trigger, overlap, queueLengthMax, autoStart, restart }
  const { definition } = after
  return {
    steps,
    ports: partDiff(
      portsOf(before, kept),
      portsOf(after, kept),
      ({ id }) => id,
      ({ port }) => kindOf(port),
    ),
    parameters: partDiff(before.description.parameters, after.description.parameters, ({ name }) => name, kindOf),
    outputs: partDiff(before.description.outputs, after.description.outputs, ({ name }) => name, kindOf),
    writes: partDiff(before.writes, after.writes, ({ tag }) => tag),
    hasOtherTrigger: !isDeepStrictEqual(timing, {
      trigger: definition.trigger,
      overlap: definition.overlap,
      queueLengthMax: definition.queueLengthMax,
      autoStart: definition.autoStart,
      restart: definition.restart,
    }),
  }
}

function portsOf({ description }: CheckedPipeline, kept: ReadonlySet<string>) {
  return description.steps
    .filter(({ id }) => kept.has(id))
    .flatMap(({ id, inputs, outputs }) => [
      ...inputs.map((port) => ({ id: `${id}.Inputs.${port.name}`, port: port as Port })),
      ...outputs.map((port) => ({ id: `${id}.Outputs.${port.name}`, port })),
    ])
}

/** What a client's view of a variable stands on: with another one of these it is another variable (information-model 5.9). */
function kindOf({ dataType, isArray, choices }: Port) {
  return { dataType, isArray, isChoice: choices !== undefined }
}

function settingsAtNextStart(before: RunnablePlant, after: RunnablePlant): readonly string[] {
  const old = before.definition.server as unknown as Readonly<Record<string, unknown>>
  const now = after.definition.server as unknown as Readonly<Record<string, unknown>>
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
  return names.filter((name) => !isDeepStrictEqual(old[name], now[name])).map((name) => `server.${name}`)
}
