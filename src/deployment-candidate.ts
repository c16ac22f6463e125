import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseSource } from './config/parse-source.ts'
import { isRunnable, type LoadedPlant, loadPlant, type RunnablePlant } from './load-plant.ts'
import type { Finding } from './model/finding.ts'
import { idPattern } from './model/tag.ts'

/** A plant as it would be with another definition of one pipeline, or without it. */
export interface Candidate {
  /** The pipeline that the text names; empty when it names none. */
  readonly pipeline: string
  readonly file: string
  readonly loaded: LoadedPlant
  /** What is wrong or doubtful in the definition, and what it makes wrong elsewhere. */
  readonly findings: readonly Finding[]
}

/** Checks a definition of a pipeline as a part of a plant, in memory. It takes the file of the pipeline of its id, or a new one. */
export async function candidateWith(
  plant: RunnablePlant,
  text: string,
  environment?: NodeJS.ProcessEnv,
): Promise<Candidate> {
  const texts = new Map(plant.files.files.map((source) => [source.file, source.text]))
  const value = parseSource('definition.yaml', text).source.value as { pipeline?: unknown } | null | undefined
  const named = Object(value).pipeline
  const pipeline = typeof named === 'string' && idPattern.test(named) ? named : ''
  const own = plant.definition.pipelines.find(({ id }) => id === pipeline)?.file
  const file = own ?? freeFile(plant.files.folder, pipeline || 'definition', texts)
  texts.set(file, text)
  const loaded = await loadPlant(plant.files.folder, { texts, catalogue: plant.catalogue, environment })
  const foreign = own === undefined && existsSync(file) ? [occupied(file)] : []
  return { pipeline, file, loaded, findings: [...foreign, ...findingsOf(loaded, file), ...asJson(file, text)] }
}

/** Checks a plant without one of its pipelines, in memory. */
export async function candidateWithout(
  plant: RunnablePlant,
  pipeline: string,
  environment?: NodeJS.ProcessEnv,
): Promise<Candidate | undefined> {
  const file = plant.definition.pipelines.find(({ id }) => id === pipeline)?.file
  if (file === undefined) return undefined
  const texts = new Map(plant.files.files.map((source) => [source.file, source.text]))
  texts.delete(file)
  const loaded = await loadPlant(plant.files.folder, { texts, catalogue: plant.catalogue, environment })
  return { pipeline, file, loaded, findings: findingsOf(loaded, file) }
}

/** Whether a candidate may take the place of the plant that runs. */
export function isDeployable(candidate: Candidate): candidate is Candidate & { readonly loaded: RunnablePlant } {
  return isRunnable(candidate.loaded) && candidate.findings.every(({ severity }) => severity !== 'error')
}

/** Doubts about other files are none of this definition's business. */
function findingsOf({ findings }: LoadedPlant, file: string): readonly Finding[] {
  return findings.filter((finding) => finding.severity === 'error' || finding.file === file)
}

function freeFile(folder: string, name: string, texts: ReadonlyMap<string, string>): string {
  let file = join(folder, 'pipelines', `${name}.yaml`)
  for (let count = 2; texts.has(file); count++) file = join(folder, 'pipelines', `${name}-${count}.yaml`)
  return file
}

/** A file that stands in the folder but is not in use is somebody's work that must not be lost. */
function occupied(file: string): Finding {
  const message = `${file} exists, but what it says is not in use`
  return { ...fault(file, 'name-duplicate'), message, remedy: 'mend or remove it first' }
}

function asJson(file: string, text: string): readonly Finding[] {
  if (!file.endsWith('.json')) return []
  try {
    JSON.parse(text)
    return []
  } catch {
    const message = `${file} is written in JSON, and the definition is not`
    return [{ ...fault(file, 'value-invalid'), message, remedy: 'give JSON, or rename the file to .yaml' }]
  }
}

function fault(file: string, code: string): Omit<Finding, 'message' | 'remedy'> {
  return { code, severity: 'error', file, path: [], line: 1, column: 1 }
}
