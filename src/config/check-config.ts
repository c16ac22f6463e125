import { messageOf } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { DevicePlugin, SimulatorPlugin } from '../plugin/define.ts'
import { parseConfig } from '../plugin/describe.ts'
import { fault } from './report.ts'
import { retypeAll } from './shape.ts'
import { type DocumentPath, fileOf, type PlantFiles } from './source-file.ts'

/** Where a configuration stands, and whose it is. */
export interface ConfigPlace {
  readonly files: PlantFiles
  readonly file: string
  readonly path: DocumentPath
  readonly name: string
}

/** Checks a configuration of the plant file against its plugin. `config` is what the plugin receives; absent when it does not fit. */
export function checkConfig(
  plugin: DevicePlugin | SimulatorPlugin,
  written: Readonly<Record<string, unknown>>,
  place: ConfigPlace,
): { readonly config?: Readonly<Record<string, unknown>>; readonly findings: readonly Finding[] } {
  const { file, path, name } = place
  const parsed = parseRetyped(plugin, written, place)
  if (parsed.issues) {
    const findings = parsed.issues.map(({ code, path: inside, ...remark }) =>
      fault(file, code, [...path, ...inside], { ...remark, message: `${name}: ${remark.message}` }),
    )
    return { findings }
  }
  const complaints = complaintsOf(plugin, parsed.values, place.files.folder)
  const findings = complaints.map((complaint) =>
    fault(file, 'value-invalid', [...path, ...placeOf(complaint, parsed.values)], {
      message: `${name}: ${complaint}`,
      remedy: 'correct the configuration as the message says',
    }),
  )
  return complaints.length > 0 ? { findings } : { config: parsed.values, findings }
}

/** Texts from the environment become numbers and truth values where the plugin wants those. */
function parseRetyped(
  { config: fields }: DevicePlugin | SimulatorPlugin,
  written: Readonly<Record<string, unknown>>,
  { files, file, path }: ConfigPlace,
) {
  const parsed = parseConfig(fields, written)
  const substituted = fileOf(files, file)?.substituted
  if (!parsed.issues || !substituted) return parsed
  const config = structuredClone(written)
  return retypeAll(config, parsed.issues, substituted, path) ? parseConfig(fields, config) : parsed
}

function complaintsOf(
  plugin: DevicePlugin | SimulatorPlugin,
  values: Record<string, unknown>,
  folder: string,
): readonly string[] {
  if (!('check' in plugin) || !plugin.check) return []
  try {
    return plugin.check(values as never, { folder })
  } catch (error) {
    return [`the plugin ${plugin.type} cannot check it: ${messageOf(error)}`]
  }
}

/** The entry of a list that a complaint names in quotes; the last one, since of two of the same name that is one too many. */
function placeOf(complaint: string, values: Readonly<Record<string, unknown>>): DocumentPath {
  const name = /'([^']+)'/.exec(complaint)?.[1]
  for (const [key, list] of Object.entries(values)) {
    const index = Array.isArray(list)
      ? list.findLastIndex((entry) => (entry as { name?: unknown } | null)?.name === name)
      : -1
    if (name !== undefined && index >= 0) return [key, index, 'name']
  }
  return []
}
