import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PipelineDefinition, PlantDefinition } from '../model/definition.ts'
import type { Finding } from '../model/finding.ts'
import { checkNames } from './check-names.ts'
import { checkPipelineFile } from './check-pipeline-file.ts'
import { checkPlace, checkPlantFile } from './check-plant-file.ts'
import type { Environment } from './environment.ts'
import { parseSource } from './parse-source.ts'
import { pipelineOf } from './pipeline-definition.ts'
import { pipelineFile } from './pipeline-schema.ts'
import { type PlantPart, plantPartOf, type SimulatorDefinition } from './plant-definition.ts'
import { plantFile } from './plant-schema.ts'
import { readSource, reasonOf } from './read-source.ts'
import { fault } from './report.ts'
import { shapeOf } from './shape.ts'
import { type PlantFiles, type SourceFile, valueAt } from './source-file.ts'

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
  /** npm packages with plugins that the plant file names. */
  readonly plugins: readonly string[]
  /** Ids of pipelines that are not in the definition, since their files have errors: a wire to one of them is not to blame. */
  readonly broken: ReadonlySet<string>
  /** Not yet located; see `locate`. */
  readonly findings: readonly Finding[]
}

/**
 * Reads a plant folder: `plant.yaml` (or `plant.json`) and `pipelines/*.yaml` (or `*.json`), and checks everything that
 * needs neither plugins nor the graph. Never throws on what stands in the folder; all findings come at once.
 */
export async function readPlant(folder: string, options: { readonly environment: Environment }): Promise<PlantReading> {
  const findings: Finding[] = []
  const plantSource = await readPlantFile(folder, options.environment, findings)
  const sources = await readPipelineFiles(folder, findings)
  const files = { folder, files: [...(plantSource ? [plantSource] : []), ...sources] }
  const shape = plantSource && plantSource.value !== undefined ? shapeOf(plantFile, plantSource) : undefined
  findings.push(...(shape?.findings ?? []))
  const part = plantSource && shape?.data && plantPartOf(shape.data, plantSource.file)
  if (part && plantSource) findings.push(...checkPlantFile(part, plantSource.file))
  const broken = new Set<string>()
  const pipelines = sources.flatMap((source) => pipelineFrom(source, part, broken, findings))
  findings.push(...checkNames(part?.devices ?? [], pipelines))
  const plugins = shape?.data?.plugins ?? []
  const reading = { files, plugins, broken, findings, simulators: part?.simulators ?? [] }
  if (!part) return reading
  const { plant, server, equipment, devices } = part
  return { ...reading, definition: { plant, server, equipment, devices, pipelines } }
}

async function readPlantFile(
  folder: string,
  environment: Environment,
  findings: Finding[],
): Promise<SourceFile | undefined> {
  const names = await namesIn(folder)
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
  return readFile(join(folder, name), findings, environment)
}

async function readPipelineFiles(folder: string, findings: Finding[]): Promise<readonly SourceFile[]> {
  const pipelinesFolder = join(folder, 'pipelines')
  const names = await namesIn(pipelinesFolder)
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
    const source = await readFile(join(pipelinesFolder, name), findings)
    if (source) sources.push(source)
  }
  return sources
}

async function readFile(file: string, findings: Finding[], environment?: Environment): Promise<SourceFile | undefined> {
  const reading = await readSource(file)
  if ('finding' in reading) {
    findings.push(reading.finding)
    return undefined
  }
  const { source, findings: found } = parseSource(file, reading.text, environment)
  findings.push(...found)
  return source
}

/** Names in a folder, or the reason why it cannot be read. */
async function namesIn(folder: string): Promise<readonly string[] | string> {
  try {
    return await readdir(folder)
  } catch (error) {
    return reasonOf(error)
  }
}

function pipelineFrom(
  source: SourceFile,
  plant: PlantPart | undefined,
  broken: Set<string>,
  findings: Finding[],
): PipelineDefinition[] {
  const shape = source.value === undefined ? undefined : shapeOf(pipelineFile, source)
  findings.push(...(shape?.findings ?? []))
  if (!shape?.data) {
    const id = valueAt(source.value, ['pipeline'])
    broken.add(typeof id === 'string' ? id : stemOf(source.file))
    return []
  }
  findings.push(...checkPipelineFile(shape.data, source.file))
  if (plant) {
    const known = new Map(plant.equipment.map((equipment) => [equipment.path, equipment]))
    findings.push(...checkPlace(shape.data.equipment, known, source.file, ['equipment']))
  }
  return [pipelineOf(shape.data, source.file)]
}

/** The name of a file without folder and ending: what its pipeline is most likely called. */
function stemOf(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.[a-z]+$/, '')
}
