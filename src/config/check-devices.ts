import type { DeviceDefinition } from '../model/definition.ts'
import { isMillraceError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { DeviceDescription } from '../model/port.ts'
import { idPattern } from '../model/tag.ts'
import type { DevicePlugin } from '../plugin/define.ts'
import { describeDevice, parseConfig } from '../plugin/describe.ts'
import { choose, fault } from './report.ts'
import { retypeAll } from './shape.ts'
import { type DocumentPath, fileOf, type PlantFiles } from './source-file.ts'

/** What the check needs to know of the installed plugins. */
export interface DevicePlugins {
  readonly types: readonly string[]
  device(type: string): DevicePlugin | undefined
}

/** Devices whose plugin is known and whose configuration fits it, and what is wrong with the others. */
export interface CheckedDevices {
  /** With the configuration as the plugin receives it: defaults filled in, units converted. */
  readonly definitions: readonly DeviceDefinition[]
  /** In the same order. */
  readonly descriptions: readonly DeviceDescription[]
  /** Ids of the devices that are left out. */
  readonly broken: ReadonlySet<string>
  readonly findings: readonly Finding[]
}

/** Checks each device against its plugin: the type is installed, the configuration fits, the ports have usable names. */
export function checkDevices(
  devices: readonly DeviceDefinition[],
  plugins: DevicePlugins,
  files: PlantFiles,
): CheckedDevices {
  const definitions: DeviceDefinition[] = []
  const descriptions: DeviceDescription[] = []
  const broken = new Set<string>()
  const findings: Finding[] = []
  for (const device of devices) {
    const checked = checkDevice(device, plugins, files)
    findings.push(...checked.findings)
    if (checked.definition && checked.description) {
      definitions.push(checked.definition)
      descriptions.push(checked.description)
    } else {
      broken.add(device.id)
    }
  }
  return { definitions, descriptions, broken, findings }
}

interface CheckedDevice {
  readonly definition?: DeviceDefinition
  readonly description?: DeviceDescription
  readonly findings: readonly Finding[]
}

function checkDevice(device: DeviceDefinition, plugins: DevicePlugins, files: PlantFiles): CheckedDevice {
  const { id, file, type } = device
  const plugin = plugins.device(type)
  if (!plugin) {
    const message = `no device plugin of the type ${type} is installed`
    return {
      findings: [
        fault(file, 'plugin-unknown', ['devices', id, 'type'], { message, remedy: choose(type, plugins.types) }),
      ],
    }
  }
  const path = ['devices', id, 'config']
  const parsed = parseRetyped(device, plugin, files, path)
  if (parsed.issues) {
    const inside = (part: DocumentPath) => (part.length > 0 ? [...path, ...part] : path)
    return {
      findings: parsed.issues.map(({ code, path: part, ...remark }) =>
        fault(file, code, inside(part), { ...remark, message: `${id}: ${remark.message}` }),
      ),
    }
  }
  const definition = { ...device, config: parsed.values }
  try {
    const description = describeDevice(definition, plugin)
    return {
      definition,
      description,
      findings: [...checkPortNames(description, file), ...checkTwice(device, description)],
    }
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return { findings: [fault(file, error.code, path, { message: error.message, atKey: true })] }
  }
}

/** Texts from the environment become numbers and truth values where the plugin wants those. */
function parseRetyped(device: DeviceDefinition, plugin: DevicePlugin, files: PlantFiles, path: DocumentPath) {
  const parsed = parseConfig(plugin.config, device.config)
  const substituted = fileOf(files, device.file)?.substituted
  if (!parsed.issues || !substituted) return parsed
  const config = structuredClone(device.config)
  return retypeAll(config, parsed.issues, substituted, path) ? parseConfig(plugin.config, config) : parsed
}

function checkPortNames({ id, outputs, inputs }: DeviceDescription, file: string): readonly Finding[] {
  return [...outputs, ...inputs]
    .filter(({ name }) => !idPattern.test(name))
    .map(({ name }) => {
      const message = `${id} would have a port called ${JSON.stringify(name)}; letters, digits, _ and -, at most 32 of them, are expected`
      return fault(file, 'name-invalid', ['devices', id, 'config'], { message, atKey: true })
    })
}

/** Two entries of one list in the configuration that name the same port would hide each other. An entry to read and one to write may share a name. */
function checkTwice(
  { id, file, config }: DeviceDefinition,
  { outputs, inputs }: DeviceDescription,
): readonly Finding[] {
  const allowed = new Map<string, number>()
  for (const { name } of [...outputs, ...inputs]) allowed.set(name, (allowed.get(name) ?? 0) + 1)
  return Object.entries(config).flatMap(([key, list]) => {
    const left = new Map(allowed)
    return (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
      const name = typeof entry === 'object' && entry !== null && 'name' in entry ? String(entry.name) : undefined
      const count = name === undefined ? undefined : left.get(name)
      if (name === undefined || count === undefined) return []
      left.set(name, count - 1)
      if (count > 0) return []
      const message = `${id} has two ports called ${name}`
      return [fault(file, 'name-duplicate', ['devices', id, 'config', key, index, 'name'], { message })]
    })
  })
}
