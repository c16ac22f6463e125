import type { DeviceDefinition } from '../model/definition.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { isMillraceError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { DeviceDescription, Port } from '../model/port.ts'
import { idPattern } from '../model/tag.ts'
import { unitOf, units } from '../model/unit.ts'
import type { Catalogue } from '../plugin/catalogue.ts'
import type { DevicePlugin } from '../plugin/define.ts'
import { describeDevice } from '../plugin/describe.ts'
import { checkConfig } from './check-config.ts'
import { choose, fault } from './report.ts'
import type { DocumentPath, PlantFiles } from './source-file.ts'

/** What the check needs to know of the installed plugins. */
export type InstalledPlugins = Pick<Catalogue, 'device' | 'simulator' | 'types'> & Partial<Pick<Catalogue, 'refusal'>>

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
  plugins: InstalledPlugins,
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

function checkDevice(device: DeviceDefinition, plugins: InstalledPlugins, files: PlantFiles): CheckedDevice {
  const { id, file, type } = device
  const plugin = plugins.device(type)
  if (!plugin) {
    const refusal = plugins.refusal?.(type)
    if (refusal !== undefined) return { findings: [refused(file, ['devices', id, 'type'], { type, refusal })] }
    const message = `no device plugin of the type ${type} is installed`
    const remedy = choose(type, plugins.types('device'))
    return { findings: [fault(file, 'plugin-unknown', ['devices', id, 'type'], { message, remedy })] }
  }
  const place = { files, file, path: ['devices', id, 'config'], name: id }
  const { config, findings } = checkConfig(plugin, device.config, place)
  if (!config) return { findings }
  const definition = { ...device, config }
  try {
    const description = describeDevice(definition, plugin)
    return {
      definition,
      description,
      findings: [...findings, ...checkPorts(plugin, definition, description), ...checkVerify(definition, description)],
    }
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return { findings: [...findings, fault(file, error.code, place.path, { message: error.message, atKey: true })] }
  }
}

function checkPorts(
  plugin: DevicePlugin,
  device: DeviceDefinition,
  description: DeviceDescription,
): readonly Finding[] {
  const ports = [...new Map([...description.inputs, ...description.outputs].map((port) => [port.name, port])).values()]
  const found = ports.flatMap((port) => [...checkName(port, device), ...checkUnit(port, device)])
  // A plugin that checks its own configuration knows better which names may stand there twice.
  return plugin.check ? found : [...found, ...checkTwice(device, description)]
}

/** What cannot be read back cannot be verified; a write that only seems to be verified would be worse than one that is not. */
function checkVerify(
  { id, file, verify }: DeviceDefinition,
  { inputs, outputs }: DeviceDescription,
): readonly Finding[] {
  if (!verify) return []
  const read = new Set(outputs.map(({ name }) => name))
  const verifiable = inputs.map(({ name }) => name).filter((name) => read.has(name))
  if (!verify.tags && verifiable.length === 0) {
    const message = `${id} has no tag that is both written and read, so no write can be verified`
    return [
      fault(file, 'value-invalid', ['devices', id, 'verify'], {
        message,
        remedy: 'read the tags that are written, or remove verify',
      }),
    ]
  }
  return Object.keys(verify.tags ?? {})
    .filter((tag) => !verifiable.includes(tag))
    .map((tag) => {
      const message = `${id}.${tag} is not both written and read, so its writes cannot be verified`
      const place = ['devices', id, 'verify', 'tags', tag]
      return fault(file, 'value-invalid', place, { message, remedy: choose(tag, verifiable), atKey: true })
    })
}

function checkName({ name }: Port, device: DeviceDefinition): readonly Finding[] {
  if (idPattern.test(name)) return []
  const message = `${device.id} would have a port called ${JSON.stringify(name)}; letters, digits, _ and -, at most 32 of them, are expected`
  return [fault(device.file, 'name-invalid', placeOfPort(device, name, 'name'), { message })]
}

function checkUnit({ name, unit }: Port, device: DeviceDefinition): readonly Finding[] {
  if (unit === undefined || unitOf(unit)) return []
  const message = `the port ${name} of ${device.id} is in ${unit}, which is not a known unit`
  const meant = didYouMean(
    unit,
    units.map(({ symbol }) => symbol),
  )
  const remark = meant === undefined ? { message } : { message, remedy: `did you mean ${meant}?` }
  return [fault(device.file, 'unit-unknown', placeOfPort(device, name, 'unit'), remark)]
}

/** The part of the configuration's entry that made a port; the whole configuration when it did not come from a list. */
function placeOfPort({ id, config }: DeviceDefinition, name: string, part: string): DocumentPath {
  for (const [key, list] of Object.entries(config)) {
    if (!Array.isArray(list)) continue
    const index = list.findIndex((entry) => (entry as { name?: unknown } | null)?.name === name)
    if (index >= 0) return ['devices', id, 'config', key, index, part]
  }
  return ['devices', id, 'config']
}

/** Two entries of one list that name the same port would hide each other. One to read and one to write may share a name. */
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

/** That a plugin is there and must not be used. */
export function refused(
  file: string,
  path: DocumentPath,
  { type, refusal }: { readonly type: string; readonly refusal: string },
): Finding {
  return fault(file, 'plugin-refused', path, { message: `the plugin ${type} is refused: ${refusal}` })
}
