import { AssertionError } from 'node:assert'
import { messageOf } from '../model/errors.ts'
import { idPattern } from '../model/tag.ts'
import { unitOf } from '../model/unit.ts'
import { bare, elementOf, kindOf, metaInside, shapeOf } from './anatomy.ts'
import { behaviourOf } from './behaviour.ts'
import { usable } from './bench.ts'
import type { DevicePlugin, Methods, Plugin } from './define.ts'
import { fieldsOf, methodsOf } from './describe.ts'
import { type Field, type Fields, metaOf } from './field.ts'
import { sampleConfig } from './samples.ts'
import { complaintsAboutShape } from './shape.ts'

/** What a conformance check may need to know. */
export interface ConformanceOptions {
  /** A raw configuration that works; without it defaults and typical values are taken. */
  readonly config?: unknown
  /** For devices: whether a device (or its simulator) answers at `config`, so that it can be connected, read and closed. */
  readonly connect?: boolean
  /** How long a device may take to connect, read, close, or give up; 5000 ms when absent. */
  readonly deadlineMs?: number
}

/** Checks that a plugin keeps to the interface. Throws an AssertionError that lists everything that is wrong. */
export async function conformance(plugin: unknown, options: ConformanceOptions = {}): Promise<void> {
  const complaints = await complaintsAbout(plugin, options)
  if (complaints.length === 0) return
  const type = (plugin as { type?: unknown } | null)?.type ?? 'plugin'
  throw new AssertionError({
    message: [`${type} does not conform:`, ...complaints].join('\n  - '),
    operator: 'conformance',
  })
}

/** Everything in which a plugin does not keep to the interface; none when all is well. */
export async function complaintsAbout(
  candidate: unknown,
  options: ConformanceOptions = {},
): Promise<readonly string[]> {
  const shape = complaintsAboutShape(candidate)
  if (shape.length > 0) return shape
  const plugin = candidate as Plugin
  const ofConfig = complaintsAboutFields('config', plugin.config ?? {})
  let config: Record<string, unknown>
  let ports: { inputs: Fields; outputs: Fields }
  let methods: Methods
  try {
    config = usable(plugin, options.config ?? sampleConfig(plugin.config))
    ports = portFieldsOf(plugin, config)
    methods = plugin.kind === 'device' ? methodsOf(plugin, config) : {}
  } catch (error) {
    const advice = options.config === undefined ? '; tell conformance a config that works' : ''
    return [...ofConfig, `${messageOf(error)}${advice}`]
  }
  const ofPorts = complaintsAboutAllPorts(plugin, ports)
  const needsOutput = plugin.kind !== 'device' && plugin.kind !== 'simulator'
  if (needsOutput && Object.keys(ports.outputs).length === 0) ofPorts.push('it has no outputs')
  const ofExamples = plugin.kind === 'device' ? complaintsAboutExamples(plugin) : []
  const found = [...ofConfig, ...ofPorts, ...complaintsAboutMethods(plugin, methods), ...ofExamples]
  const reach = { isReachable: options.connect ?? false, deadlineMs: options.deadlineMs ?? 5000 }
  return found.length > 0 ? found : behaviourOf(plugin, { config, ...ports, ...reach })
}

function complaintsAboutExamples(plugin: DevicePlugin): string[] {
  return (plugin.examples ?? []).flatMap(({ title, devices }) =>
    Object.values(devices).flatMap(({ config: example }) => {
      try {
        portFieldsOf(plugin, usable(plugin, example))
        return []
      } catch (error) {
        return [`the example '${title}': ${messageOf(error)}`]
      }
    }),
  )
}

function complaintsAboutAllPorts(plugin: Plugin, ports: { inputs: Fields; outputs: Fields }): string[] {
  return (['inputs', 'outputs'] as const).flatMap((side) => {
    // Ports that follow from the configuration are named, and described or not, by the author of the plant file.
    const isOpen = plugin.kind === 'device' && typeof plugin[side] === 'function'
    const complaints = complaintsAboutPorts(side, ports[side], ports)
    return isOpen ? complaints.filter((complaint) => !complaint.endsWith(noDescription)) : complaints
  })
}

const noDescription = 'has no description'

function portFieldsOf(plugin: Plugin, config: Record<string, unknown>): { inputs: Fields; outputs: Fields } {
  if (plugin.kind === 'simulator') return { inputs: {}, outputs: {} }
  return { inputs: fieldsOf(plugin.inputs, config), outputs: fieldsOf(plugin.outputs, config) }
}

function complaintsAboutMethods(plugin: Plugin, methods: Methods): string[] {
  const isOpen = plugin.kind === 'device' && typeof plugin.methods === 'function'
  const complaints = Object.entries(methods).flatMap(([name, { description, inputs = {}, outputs = {} }]) => [
    ...(idPattern.test(name) ? [] : [`methods.${name}: a name is up to 32 letters, digits, _ and -`]),
    ...(description.trim() === '' ? [`methods.${name} has no description`] : []),
    ...complaintsAboutPorts(`methods.${name}.inputs`, inputs, { inputs }),
    ...complaintsAboutPorts(`methods.${name}.outputs`, outputs, { inputs }),
  ])
  return isOpen ? complaints.filter((complaint) => !complaint.endsWith(noDescription)) : complaints
}

function complaintsAboutPorts(place: string, fields: Fields, { inputs }: { inputs: Fields }): string[] {
  const ofPorts = Object.entries(fields).flatMap(([name, field]) => {
    const { like } = metaOf(field)
    const kind = kindOf(elementOf(field) ?? field)
    return [
      ...(kind === 'object' || kind === 'array'
        ? [`${place}.${name} is a record or a list of lists; a port is a value or a list of values`]
        : []),
      ...(like === undefined || like in inputs ? [] : [`${place}.${name} is like ${like}, which is not an input`]),
    ]
  })
  return [...complaintsAboutFields(place, fields), ...ofPorts]
}

function complaintsAboutFields(place: string, fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const nested = shapeOf(elementOf(field) ?? field)
    return [
      ...(idPattern.test(name) ? [] : [`${place}.${name}: a name is up to 32 letters, digits, _ and -`]),
      ...complaintsAboutField(field).map((complaint) => `${place}.${name} ${complaint}`),
      ...(nested ? complaintsAboutFields(`${place}.${name}`, nested) : []),
    ]
  })
}

function complaintsAboutField(field: Field): string[] {
  const meta = metaInside(field)
  const description = meta.description ?? field.description ?? ''
  const [low, high] = meta.range ?? [0, 1]
  return [
    ...(description.trim() === '' ? [noDescription] : []),
    ...(meta.unit === undefined || unitOf(meta.unit)
      ? []
      : [`has the unit ${meta.unit}, which is not in the units table`]),
    ...(low <= high ? [] : [`has a range from ${low} to ${high}`]),
    ...(meta.default === undefined || bare(field).safeParse(meta.default).success
      ? []
      : [`has the default ${JSON.stringify(meta.default)}, which is not allowed by the field itself`]),
  ]
}
