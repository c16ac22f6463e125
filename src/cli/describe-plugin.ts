import { stringify } from 'yaml'
import type { Port } from '../model/port.ts'
import type { Plugin } from '../plugin/define.ts'
import { configJsonSchema, methodsOf, parseConfig, portsOf } from '../plugin/describe.ts'
import { sampleOf, settingsOf } from './settings.ts'
import { table } from './table.ts'

/** A plugin for people: what it is, its configuration and ports, and an example to copy. */
export function describePlugin(plugin: Plugin): string {
  const { type, kind, description } = plugin
  return [
    `${type} (${kind})\n  ${description}\n`,
    ...('isolated' in plugin && plugin.isolated ? ['  It runs in a thread of its own.\n'] : []),
    ...section('Configuration', settingsOf(configJsonSchema(plugin.config))),
    ...portSections(plugin),
    ...(plugin.kind === 'device' ? methodSections(plugin) : []),
    ...examplesOf(plugin).map(({ title, entries }) => `\n${title}\n${stringify(entries).replace(/^(?=.)/gm, '  ')}`),
  ].join('')
}

interface Example {
  readonly title: string
  readonly entries: Readonly<Record<string, unknown>>
}

/** The examples of a plugin, or the least that may be written where it has none of its own. */
export function examplesOf(plugin: Plugin): readonly Example[] {
  if (plugin.kind !== 'device' || !plugin.examples?.length) return [{ title: 'Example', entries: exampleOf(plugin) }]
  return plugin.examples.map(({ title, devices }) => {
    const entries = Object.entries(devices).map(([id, entry]) => [
      id,
      { type: plugin.type, equipment: 'Acme/Line1', ...entry },
    ])
    return { title: `Example: ${title}`, entries: { devices: Object.fromEntries(entries) } }
  })
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`\n${title}\n${table(rows, '  ')}`]
}

function portSections(plugin: Plugin): string[] {
  if (plugin.kind === 'simulator') return []
  return [...portSection('Inputs', plugin, plugin.inputs), ...portSection('Outputs', plugin, plugin.outputs)]
}

type AnyPorts = Parameters<typeof portsOf>[0]

/** Ports that follow from the configuration are told for the one of the example. */
function portSection(title: string, plugin: Plugin, ports: AnyPorts): string[] {
  if (ports === undefined) return []
  const isFixed = typeof ports !== 'function'
  const config = parseConfig(plugin.config, sampleOf(configJsonSchema(plugin.config)))
  try {
    const rows = portsOf(ports, config.values ?? {}).map(rowOf)
    return section(isFixed ? title : `${title} (they follow from the configuration; these are the example's)`, rows)
  } catch {
    return [`\n${title}\n  they follow from the configuration\n`]
  }
}

function methodSections(plugin: Plugin & { kind: 'device' }): string[] {
  if (typeof plugin.methods === 'function') return ['\nMethods\n  they follow from the configuration\n']
  return Object.entries(methodsOf(plugin, {})).flatMap(([name, { description, inputs, outputs }]) => [
    `\nMethod ${name}\n  ${description}\n`,
    table(
      portsOf(inputs, {}).map((port) => ['in', ...rowOf(port)]),
      '  ',
    ),
    table(
      portsOf(outputs, {}).map((port) => ['out', ...rowOf(port)]),
      '  ',
    ),
  ])
}

function rowOf({
  name,
  dataType,
  isArray,
  unit,
  range,
  choices,
  default: preset,
  optional,
  description,
}: Port): string[] {
  const facts = [
    ...(range ? [`${range[0]} to ${range[1]}`] : []),
    ...(choices ? [choices.join(', ')] : []),
    ...(preset === undefined ? [] : [`default ${preset}`]),
    ...(optional ? ['optional'] : []),
  ]
  return [name, `${dataType}${isArray ? '[]' : ''}`, unit ?? '', facts.join('; '), description]
}

/** How the plugin stands in a file, with everything that must be there. */
export function exampleOf(plugin: Plugin): Record<string, unknown> {
  const config = sampleOf(configJsonSchema(plugin.config)) as Record<string, unknown>
  const configured = Object.keys(config).length > 0 ? { config } : {}
  switch (plugin.kind) {
    case 'device':
      return { devices: { device1: { type: plugin.type, equipment: 'Acme/Line1', every: '1s', ...configured } } }
    case 'simulator':
      return { devices: { device1: { simulator: { type: plugin.type, ...configured } } } }
    default:
      return { steps: { step1: { function: plugin.type, in: wiresOf(plugin, config), ...configured } } }
  }
}

function wiresOf(
  plugin: Exclude<Plugin, { kind: 'device' | 'simulator' }>,
  config: Record<string, unknown>,
): Record<string, string> {
  const { values } = parseConfig(plugin.config, config)
  try {
    const wired = portsOf(plugin.inputs as AnyPorts, values ?? {}).filter(
      ({ optional, default: preset }) => !optional && preset === undefined,
    )
    return Object.fromEntries(wired.map(({ name }) => [name, `device1.${name}`]))
  } catch {
    return {}
  }
}
