import type { FunctionStepDefinition, MethodStepDefinition, StepDefinition } from '../model/definition.ts'
import type { ErrorCode } from '../model/errors.ts'
import { messageOf } from '../model/errors.ts'
import type { DeviceDescription, MethodDescription, Port } from '../model/port.ts'
import type { StepPlugin } from '../plugin/define.ts'
import { fieldsOf, likenessOf, parseConfig, portsOf } from '../plugin/describe.ts'
import { nameRemedy, type Path, type Report } from './report.ts'

/** What pipelines are checked against: the devices that there are and the plugins that are installed. */
export interface Surroundings {
  readonly devices: ReadonlyMap<string, DeviceDescription>
  step(type: string): StepPlugin | undefined
  /** Why a plugin of this type must not be used, when there is one that the plant does not allow. */
  refusal?(type: string): string | undefined
  /** The types of all plugins of steps, for suggestions. */
  readonly stepTypes: readonly string[]
}

/** The port whose unit a port takes over, by the name of the port that does. */
type Likeness = Readonly<Record<string, string>>

interface Ports {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly like: Likeness
}

/** A step whose plugin or method is known, with the ports it declares; nothing is said yet about its wires. */
export type StepShape = Ports &
  (
    | {
        readonly kind: 'function'
        readonly definition: FunctionStepDefinition
        readonly plugin: StepPlugin
        readonly config: Readonly<Record<string, unknown>>
      }
    | { readonly kind: 'method'; readonly definition: MethodStepDefinition; readonly method: MethodDescription }
  )

/** Finds the plugin or method of a step and asks it for its ports; reports and returns undefined when it cannot. */
export function shapeOf(
  definition: StepDefinition,
  path: Path,
  surroundings: Surroundings,
  report: Report,
): StepShape | undefined {
  return definition.kind === 'function'
    ? functionShape(definition, path, surroundings, report)
    : methodShape(definition, path, surroundings, report)
}

function functionShape(
  definition: FunctionStepDefinition,
  path: Path,
  surroundings: Surroundings,
  report: Report,
): StepShape | undefined {
  const { step, stepTypes } = surroundings
  const type = definition.function
  const plugin = step(type)
  const refusal = plugin ? undefined : surroundings.refusal?.(type)
  if (refusal !== undefined) {
    report.error('plugin-refused', [...path, 'function'], {
      message: `step ${definition.id} asks for the function ${type}, which is refused: ${refusal}`,
    })
    return undefined
  }
  if (!plugin) {
    report.error('plugin-unknown', [...path, 'function'], {
      message: `step ${definition.id} asks for the function ${type}, which is not installed`,
      remedy: nameRemedy(type, stepTypes),
    })
    return undefined
  }
  const config = configOf(definition, plugin, path, report)
  if (!config) return undefined
  try {
    const inputs = fieldsOf(plugin.inputs, config)
    const outputs = fieldsOf(plugin.outputs, config)
    const like = { ...likenessOf(inputs), ...likenessOf(outputs) }
    return {
      kind: 'function',
      definition,
      plugin,
      config,
      inputs: portsOf(inputs, config),
      outputs: portsOf(outputs, config),
      like,
    }
  } catch (cause) {
    report.error('plugin-invalid', [...path, 'function'], {
      message: `plugin ${type} cannot name the ports of step ${definition.id}: ${messageOf(cause)}`,
    })
    return undefined
  }
}

function configOf(
  { id, function: type, config }: FunctionStepDefinition,
  plugin: StepPlugin,
  path: Path,
  report: Report,
): Readonly<Record<string, unknown>> | undefined {
  const parsed = parseConfig(plugin.config ?? {}, config)
  if (parsed.issues) {
    for (const { code, path: inside, message, remedy, atKey } of parsed.issues) {
      report.error(code, [...path, 'config', ...inside], { message: `step ${id}: ${message}`, remedy, atKey })
    }
    return undefined
  }
  const remarks = [...remarksOf(plugin, parsed.values), ...crossingRemarks(plugin, parsed.values)]
  const code: ErrorCode = type === 'expression' ? 'expression-invalid' : 'value-invalid'
  for (const message of remarks) report.error(code, [...path, 'config'], { message: `step ${id}: ${message}` })
  return remarks.length === 0 ? parsed.values : undefined
}

function remarksOf(plugin: StepPlugin, config: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    return plugin.check?.(config) ?? []
  } catch (cause) {
    return [messageOf(cause)]
  }
}

/** The configuration of an isolated plugin goes into its thread, where functions and the like cannot follow. */
function crossingRemarks({ isolated, type }: StepPlugin, config: Readonly<Record<string, unknown>>): readonly string[] {
  if (!isolated) return []
  try {
    structuredClone(config)
    return []
  } catch (cause) {
    return [
      `its configuration cannot go into the thread of ${type}, because it is more than plain data: ${messageOf(cause)}`,
    ]
  }
}

function methodShape(
  definition: MethodStepDefinition,
  path: Path,
  { devices }: Surroundings,
  report: Report,
): StepShape | undefined {
  const device = devices.get(definition.device)
  if (!device) {
    report.error('device-unknown', [...path, 'do'], {
      message: `step ${definition.id} calls ${definition.device}.${definition.method}, but there is no device ${definition.device}`,
      remedy: nameRemedy(definition.device, devices.keys()),
    })
    return undefined
  }
  const method = device.methods.find(({ name }) => name === definition.method)
  if (method) {
    return { kind: 'method', definition, method, inputs: method.inputs, outputs: method.outputs, like: {} }
  }
  report.error('method-unknown', [...path, 'do'], {
    message: `step ${definition.id} calls ${definition.method}, but ${device.id} has no such method`,
    remedy: nameRemedy(
      definition.method,
      device.methods.map(({ name }) => name),
    ),
  })
  return undefined
}
