import { join } from 'node:path'
import type { PipelineDefinition, PlantDefinition } from '../model/definition.ts'
import type { Finding } from '../model/finding.ts'
import { idPattern } from '../model/tag.ts'
import { checkPipelineFile } from './check-pipeline-file.ts'
import { checkLimits, checkPlace, checkPlantFile, checkRenewal } from './check-plant-file.ts'
import { type Breakage, withoutEchoes } from './echo.ts'
import type { Environment } from './environment.ts'
import { parseSource } from './parse-source.ts'
import { pipelineOf } from './pipeline-definition.ts'
import { pipelineFile, type StepEntry } from './pipeline-schema.ts'
import { limitsOf, type PlantPart, plantPartOf, type SimulatorDefinition } from './plant-definition.ts'
import { type PlantFile, plantFile } from './plant-schema.ts'
import { fault } from './report.ts'
import { shapeOf } from './shape.ts'
import { type DocumentPath, type PlantFiles, type SourceFile, valueAt } from './source-file.ts'
import { diskSource, type TextSource } from './text-source.ts'

/** What the plant file says about plugins. */
export interface PluginSources {
  /** npm packages with plugins. */
  readonly packages: readonly string[]
  /** Hashes of the modules that may be loaded; all may when it is absent. */
  readonly allow?: Readonly<Record<string, string>> | undefined
  /** The plant file, or what it says about plugins, cannot be understood: nothing of the plant's own may be loaded then. */
  readonly isUnclear?: true
}

/** What was read of a plant folder. */
export interface PlantReading {
  readonly files: PlantFiles
  /**
   * What the files say, as far as they can be understood; only to be run when no finding is an error. Absent when there is
   * no plant file that can be understood.
   */
  readonly definition?: PlantDefinition | undefined
  /** Simulators that stand in for devices; not yet checked against their plugins. */
  readonly simulators: readonly SimulatorDefinition[]
  readonly plugins: PluginSources
  readonly breakage: Breakage
  /** Not yet located; see `locate`. */
  readonly findings: readonly Finding[]
}

/**
 * Reads a plant folder: `plant.yaml` (or `plant.json`) and `pipelines/*.yaml` (or `*.json`), and checks everything that
 * needs neither plugins nor the graph. Never throws on what stands in the folder; all findings come at once. With another
 * `source` the texts come from there instead of the disk.
 */
export async function readPlant(
  folder: string,
  { environment, source = diskSource }: { readonly environment: Environment; readonly source?: TextSource | undefined },
): Promise<PlantReading> {
  const findings: Finding[] = []
  const owners = new Set<string>()
  const removed = new Map<string, readonly DocumentPath[]>()
  const plantSource = await readPlantFile(folder, { environment, source }, findings)
  const sources = await readPipelineFiles(folder, source, findings)
  const files = { folder, files: [...(plantSource ? [plantSource] : []), ...sources] }
  const reading = { files, breakage: { removed, owners } }
  const plant = plantSource && plantOf(plantSource, reading, findings)
  const pipelines = sources.flatMap((source) => pipelineFrom(source, plant?.declared, reading, findings))
  const unknown: PluginSources = plantSource ? { packages: [], isUnclear: true } : { packages: [] }
  if (!plant) return { ...reading, plugins: unknown, simulators: [], findings }
  const { simulators, plugins, declared: _, ...part } = plant
  return { ...reading, plugins, simulators, findings, definition: { ...part, pipelines } }
}

interface ReadPart extends PlantPart {
  readonly declared: ReadonlySet<string>
  readonly plugins: PluginSources
}

const noBreakage: Breakage = { removed: new Map(), owners: new Set() }

interface Progress {
  readonly files: PlantFiles
  readonly breakage: { readonly removed: Map<string, readonly DocumentPath[]>; readonly owners: Set<string> }
}

function plantOf(source: SourceFile, { files, breakage }: Progress, findings: Finding[]): ReadPart | undefined {
  if (source.value === undefined) return undefined
  const shape = shapeOf(plantFile, source, { plant: 'plant' })
  findings.push(...withoutEchoes(shape.findings, findings, noBreakage, files))
  breakage.removed.set(source.file, shape.removed)
  if (!shape.data) return undefined
  for (const [kind, id] of shape.removed) if (kind === 'devices' && id !== undefined) breakage.owners.add(String(id))
  const part = plantPartOf(shape.data, source.file)
  const declared = new Set(Object.keys(Object(valueAt(source.value, ['equipment']))))
  const checked = [
    ...checkPlantFile(part, declared, source.file),
    ...checkLimits(limitsOf(shape.data.server ?? {}), source.file),
    ...checkRenewal(part.server.certificates, source.file),
  ]
  findings.push(...withoutEchoes(checked, findings, noBreakage, files))
  return { ...part, declared, plugins: pluginsOf(shape.data.plugins, shape.removed) }
}

function pluginsOf(entry: PlantFile['plugins'] = [], removed: readonly DocumentPath[]): PluginSources {
  // A pin that is misspelt must not open the door that it was to keep shut.
  if (removed.some(([part]) => part === 'plugins')) return { packages: [], isUnclear: true }
  if ('length' in entry) return { packages: entry }
  const { packages = [], allow } = entry
  return allow === undefined ? { packages } : { packages, allow }
}

async function readPlantFile(
  folder: string,
  { environment, source }: { readonly environment: Environment; readonly source: TextSource },
  findings: Finding[],
): Promise<SourceFile | undefined> {
  const names = await source.names(folder)
  if (typeof names === 'string') {
    findings.push(
      fault(folder, 'file-unreadable', [], { message: `the plant folder ${folder} cannot be read: ${names}` }),
    )
    return undefined
  }
  const [name, second] = ['plant.yaml', 'plant.yml', 'plant.json'].filter((candidate) => names.includes(candidate))
  if (name === undefined) {
    const message = `there is no plant.yaml in ${folder}`
    const remedy = `write one, or let \`millrace init ${folder}\` do it`
    findings.push(fault(join(folder, 'plant.yaml'), 'file-unreadable', [], { message, remedy }))
    return undefined
  }
  if (second !== undefined) {
    const message = `${name} and ${second} both describe the plant`
    findings.push(fault(join(folder, second), 'name-duplicate', [], { message, remedy: 'remove one of them' }))
  }
  return readFile(join(folder, name), source, findings, environment)
}

async function readPipelineFiles(
  folder: string,
  from: TextSource,
  findings: Finding[],
): Promise<readonly SourceFile[]> {
  const pipelinesFolder = join(folder, 'pipelines')
  const names = await from.names(pipelinesFolder)
  if (typeof names === 'string') {
    if (names !== 'it does not exist') {
      const message = `${pipelinesFolder} cannot be read: ${names}`
      findings.push(fault(pipelinesFolder, 'file-unreadable', [], { message }))
    }
    return []
  }
  // Files of user tests (fill.test.yaml) and hidden files of editors are no pipelines.
  const isPipeline = (name: string) => /^[^.].*\.(yaml|yml|json)$/.test(name) && !/\.test\.(yaml|yml|json)$/.test(name)
  const sources: SourceFile[] = []
  for (const name of names.filter(isPipeline).sort()) {
    const source = await readFile(join(pipelinesFolder, name), from, findings)
    if (source) sources.push(source)
  }
  return sources
}

async function readFile(
  file: string,
  from: TextSource,
  findings: Finding[],
  environment?: Environment,
): Promise<SourceFile | undefined> {
  const reading = await from.read(file)
  if ('finding' in reading) {
    findings.push(reading.finding)
    return undefined
  }
  const { source, findings: found } = parseSource(file, reading.text, environment)
  findings.push(...found)
  return source
}

function pipelineFrom(
  source: SourceFile,
  declared: ReadonlySet<string> | undefined,
  { files, breakage }: Progress,
  findings: Finding[],
): PipelineDefinition[] {
  const { file } = source
  const stem = stemOf(file)
  const placeholders = { pipeline: idPattern.test(stem) ? stem : 'pipeline', equipment: '-', steps: {} }
  const shape = source.value === undefined ? undefined : shapeOf(pipelineFile, source, placeholders)
  breakage.removed.set(file, shape?.removed ?? [])
  findings.push(...(shape?.findings ?? []))
  if (!shape?.data) {
    breakage.owners.add(stem)
    return []
  }
  const { data, removed } = shape
  const found = [
    ...checkPipelineFile(data, file),
    ...(declared ? checkPlace(data.equipment, declared, file, ['equipment']) : []),
  ]
  findings.push(...withoutEchoes(found, findings, { removed: new Map([[file, removed]]), owners: new Set() }, files))
  // Outputs that were taken out make wires from other pipelines fail, without their fault.
  if (removed.some(([part]) => part === 'outputs' || part === 'pipeline')) breakage.owners.add(data.pipeline)
  const isWhole = (step: StepEntry) => step.function !== undefined || step.do !== undefined
  const steps = Object.fromEntries(Object.entries(data.steps).filter(([, step]) => isWhole(step)))
  const dropped = Object.keys(data.steps).filter((id) => !Object.hasOwn(steps, id))
  breakage.removed.set(file, [...removed, ...dropped.map((id) => ['steps', id])])
  return [pipelineOf({ ...data, steps }, file)]
}

/** The name of a file without folder and ending: what its pipeline is most likely called. */
function stemOf(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.[a-z]+$/, '')
}
