import type { ParameterDefinition, PipelineDefinition, Source } from '../model/definition.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { DeviceDescription, Port } from '../model/port.ts'
import { ownerTag } from '../model/tag.ts'
import type { CheckedSource } from './checked.ts'
import { nameRemedy, type Path, type Report } from './report.ts'
import type { StepShape } from './step-shape.ts'

/** A source that was found. `port` tells what comes out of it; a literal has none, it is judged by its value. */
export interface Found {
  readonly source: CheckedSource
  readonly port?: Port | undefined
  readonly parameter?: ParameterDefinition | undefined
}

type SourceCode = Extract<ErrorCode, 'wire-unknown' | 'step-unknown'>

/** What the sources of one pipeline may name. */
export interface Names {
  readonly definition: PipelineDefinition
  /** A step whose plugin is unknown stands here as undefined: it has been reported and wires to it are not judged. */
  readonly shapes: ReadonlyMap<string, StepShape | undefined>
  readonly devices: ReadonlyMap<string, DeviceDescription>
  /** Outputs of the other pipelines; undefined for one that could not be told because of its own errors. */
  readonly pipelines: ReadonlyMap<string, readonly Port[] | undefined>
}

/**
 * Finds what the sources of one pipeline name, with the unit that really comes out of it.
 *
 * A port that says it is `like` another takes over unit and range of what is wired there, through any number of steps.
 */
export class Scope {
  readonly names: Names
  readonly #report: Report
  readonly #portByKey = new Map<string, Port>()

  /** Findings about names go into `report`. */
  constructor(names: Names, report: Report) {
    this.names = names
    this.#report = report
  }

  /** Finds a source; reports under `code` what does not exist and returns undefined then. `what` names its user. */
  find(source: Source, { code, path, what }: { code: SourceCode; path: Path; what: string }): Found | undefined {
    if (source.kind === 'literal') return { source: { kind: 'literal', value: source.value } }
    if (source.kind === 'parameter') return this.#parameter(source.name, path, what)
    const miss = (message: string, remedy: string | undefined): undefined => {
      this.#report.error(code, path, {
        message: `${what} comes from ${source.owner}.${source.port}, but ${message}`,
        remedy,
      })
    }
    const { definition, shapes, devices, pipelines } = this.names
    const { owner, port: name } = source
    if (shapes.has(owner)) return this.#stepOutput(owner, name, miss)
    const device = devices.get(owner)
    if (device) return this.#deviceTag(device, name, miss)
    if (owner === definition.id)
      return miss('a pipeline cannot read its own outputs', 'name the step that the output comes from')
    if (pipelines.has(owner)) return pipelineOutput(owner, name, pipelines.get(owner), miss)
    const owners = [...shapes.keys(), ...devices.keys(), ...[...pipelines.keys()].filter((id) => id !== definition.id)]
    return miss(`there is no device, step or pipeline ${owner}`, nameRemedy(owner, owners))
  }

  /** An output of a step with the unit and range that it takes over; undefined when there is no such output. */
  outputOf(step: string, name: string): Port | undefined {
    const port = this.names.shapes.get(step)?.outputs.find((each) => each.name === name)
    return port && this.#effective(step, port, new Set())
  }

  /** An input of a step with the unit that it takes over from the input it is `like`. */
  inputOf(step: string, port: Port): Port {
    const { unit } = this.#effective(step, port, new Set())
    return unit === undefined ? port : { ...port, unit }
  }

  #parameter(name: string, path: Path, what: string): Found | undefined {
    const { parameters } = this.names.definition
    const parameter = parameters.find((each) => each.name === name)
    if (parameter) return { source: { kind: 'parameter', name }, port: parameterPort(parameter), parameter }
    this.#report.error('parameter-unknown', path, {
      message: `${what} comes from $${name}, which is not among the parameters`,
      remedy: nameRemedy(
        name,
        parameters.map((each) => each.name),
      ),
    })
    return undefined
  }

  #stepOutput(
    step: string,
    name: string,
    miss: (message: string, remedy: string | undefined) => undefined,
  ): Found | undefined {
    const shape = this.names.shapes.get(step)
    if (!shape) return undefined
    const port = this.outputOf(step, name)
    if (port) return { source: { kind: 'step', step, port: name }, port }
    return miss(`step ${step} has no output ${name}`, nameRemedy(name, namesOf(shape.outputs)))
  }

  #deviceTag(
    device: DeviceDescription,
    name: string,
    miss: (message: string, remedy: string | undefined) => undefined,
  ): Found | undefined {
    const port = device.outputs.find((each) => each.name === name)
    if (port) return { source: { kind: 'external', tag: ownerTag(device.id, name) }, port }
    const isWritten = device.inputs.some((each) => each.name === name)
    return isWritten
      ? miss(`${device.id} only takes ${name} and does not measure it`, nameRemedy('', namesOf(device.outputs)))
      : miss(`${device.id} has no tag ${name}`, nameRemedy(name, namesOf(device.outputs)))
  }

  #effective(step: string, port: Port, visited: Set<string>): Port {
    const key = `${step}/${port.name}`
    const known = this.#portByKey.get(key)
    if (known) return known
    const model = this.#likeOf(step, port, visited)
    const result: Port = {
      ...port,
      ...(port.unit === undefined && model?.unit !== undefined ? { unit: model.unit } : {}),
      ...(port.range === undefined && port.unit === undefined && model?.range !== undefined
        ? { range: model.range }
        : {}),
    }
    this.#portByKey.set(key, result)
    return result
  }

  /** What the port that this one is `like` carries. A ring of likenesses (through a delay) has no unit of its own. */
  #likeOf(step: string, port: Port, visited: Set<string>): Port | undefined {
    const shape = this.names.shapes.get(step)
    const like = shape?.like[port.name]
    const key = `${step}/${port.name}`
    if (!shape || like === undefined || port.unit !== undefined || visited.has(key)) return undefined
    visited.add(key)
    const input = shape.inputs.find(({ name }) => name === like)
    if (!input) return undefined
    return input.unit === undefined ? this.#comingInto(step, input, visited) : input
  }

  #comingInto(step: string, input: Port, visited: Set<string>): Port | undefined {
    const shape = this.names.shapes.get(step)
    const source = shape?.definition.in[input.name]
    if (source?.kind === 'parameter') {
      const parameter = this.names.definition.parameters.find(({ name }) => name === source.name)
      return parameter && parameterPort(parameter)
    }
    if (source?.kind !== 'wire')
      return shape?.like[input.name] === undefined ? undefined : this.#likeOf(step, input, visited)
    const upstream = this.names.shapes.get(source.owner)?.outputs.find(({ name }) => name === source.port)
    if (upstream) return this.#effective(source.owner, upstream, visited)
    const outputs = this.names.devices.get(source.owner)?.outputs ?? this.names.pipelines.get(source.owner)
    return outputs?.find(({ name }) => name === source.port)
  }
}

function pipelineOutput(
  id: string,
  name: string,
  outputs: readonly Port[] | undefined,
  miss: (message: string, remedy: string | undefined) => undefined,
): Found | undefined {
  if (!outputs) return undefined
  const port = outputs.find((each) => each.name === name)
  if (port) return { source: { kind: 'external', tag: ownerTag(id, name) }, port }
  return miss(`pipeline ${id} has no output ${name}`, nameRemedy(name, namesOf(outputs)))
}

function namesOf(ports: readonly Port[]): readonly string[] {
  return ports.map(({ name }) => name)
}

/** A parameter as a port: its limits are the range of what comes out of it. */
export function parameterPort({
  name,
  dataType,
  unit,
  min,
  max,
  default: value,
  description,
}: ParameterDefinition): Port {
  return {
    name,
    dataType,
    isArray: false,
    description,
    default: value,
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined || max === undefined ? {} : { range: [min, max] as const }),
    ...(min !== undefined && max === undefined ? { limit: { min } } : {}),
    ...(max !== undefined && min === undefined ? { limit: { max } } : {}),
  }
}
