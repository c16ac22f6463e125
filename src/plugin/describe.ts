import type { DeviceDefinition } from '../model/definition.ts'
import { MillraceError, messageOf } from '../model/errors.ts'
import type { DeviceDescription, MethodDescription, Port } from '../model/port.ts'
import { unitOf } from '../model/unit.ts'
import type { DataType, Value } from '../model/value.ts'
import { elementOf, kindOf, metaInside } from './anatomy.ts'
import type { DevicePlugin, Methods, Ports } from './define.ts'
import { type Fields, metaOf, type Values } from './field.ts'

export { type ConfigIssue, configJsonSchema, type ParsedConfig, parseConfig } from './config.ts'

/** A field as a port: what becomes an OPC UA variable. */
export function portOf(name: string, field: Fields[string]): Port {
  const meta = metaInside(field)
  const isArray = meta.isArray ?? kindOf(field) === 'array'
  const unit = meta.unit === undefined ? undefined : (unitOf(meta.unit)?.symbol ?? meta.unit)
  return {
    name,
    dataType: meta.dataType ?? plainDataType(elementOf(field) ?? field),
    isArray,
    description: meta.description ?? '',
    ...(unit === undefined ? {} : { unit }),
    ...(meta.range === undefined ? {} : { range: meta.range }),
    ...(meta.choices === undefined ? {} : { choices: meta.choices }),
    ...(meta.default === undefined ? {} : { default: meta.default as Value }),
    ...(meta.optional === undefined ? {} : { optional: meta.optional }),
  }
}

/** Data type of a field that is a plain zod schema. */
function plainDataType(field: Fields[string]): DataType {
  switch (kindOf(field)) {
    case 'number':
      return 'Double'
    case 'boolean':
      return 'Boolean'
    case 'date':
      return 'DateTime'
    default:
      return 'String'
  }
}

/** The fields behind ports that may follow from the configuration. */
export function fieldsOf<C extends Fields, P extends Fields>(
  ports: Ports<C, P> | undefined,
  config: Readonly<Record<string, unknown>>,
): Fields {
  if (ports === undefined) return {}
  return typeof ports === 'function' ? (ports as (config: Values<C>) => P)(config as Values<C>) : ports
}

/** The ports of a plugin with a given configuration, in the order of their declaration. */
export function portsOf<C extends Fields, P extends Fields>(
  ports: Ports<C, P> | undefined,
  config: Readonly<Record<string, unknown>>,
): readonly Port[] {
  return Object.entries(fieldsOf(ports, config)).map(([name, field]) => portOf(name, field))
}

/** Names of the inputs whose unit and range each output takes over (`like`), by the name of the output. */
export function likenessOf(outputs: Fields): Readonly<Record<string, string>> {
  const pairs = Object.entries(outputs).map(([name, field]) => [name, metaOf(field).like] as const)
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

/**
 * A device as the address space and the pipelines see it.
 *
 * Throws `plugin-invalid` when the plugin cannot name its ports for this configuration.
 */
export function describeDevice(definition: DeviceDefinition, plugin: DevicePlugin): DeviceDescription {
  const { id, name, description, type, equipment, config, nameplate, breaker, allowsFaults } = definition
  try {
    return {
      id,
      name,
      description: description || plugin.description,
      type,
      equipment,
      outputs: portsOf(plugin.outputs, config),
      inputs: portsOf(plugin.inputs, config),
      methods: methodDescriptions(plugin, config),
      configuration: shownConfig(plugin.config ?? {}, config),
      ...(nameplate ? { nameplate } : {}),
      ...(breaker ? { breaker: { failures: breaker.failures } } : {}),
      ...(allowsFaults ? { allowsFaults } : {}),
    }
  } catch (cause) {
    const reason = messageOf(cause)
    throw new MillraceError('plugin-invalid', `plugin ${type} cannot name the ports of ${id}: ${reason}`, { cause })
  }
}

/** The methods of a device plugin, which may follow from the configuration. */
export function methodsOf(
  { methods }: Pick<DevicePlugin, 'methods'>,
  config: Readonly<Record<string, unknown>>,
): Methods {
  if (methods === undefined) return {}
  return typeof methods === 'function' ? methods(config as Values<Fields>) : methods
}

function methodDescriptions(
  plugin: DevicePlugin,
  config: Readonly<Record<string, unknown>>,
): readonly MethodDescription[] {
  return Object.entries(methodsOf(plugin, config)).map(([name, { description, inputs, outputs, timeoutMs }]) => ({
    name,
    description,
    inputs: portsOf(inputs, {}),
    outputs: portsOf(outputs, {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }))
}

/** What of a configuration may be shown: single values and lists of them, and nothing that is secret. */
function shownConfig(fields: Fields, config: Readonly<Record<string, unknown>>): Readonly<Record<string, Value>> {
  const shown = Object.entries(config).filter(([name, value]) => {
    const field = fields[name]
    return field !== undefined && !metaInside(field).secret && isPlain(value)
  })
  return Object.fromEntries(shown) as Record<string, Value>
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => typeof item !== 'object')
  return ['string', 'number', 'boolean'].includes(typeof value)
}
