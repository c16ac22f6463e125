import type { Finding } from '../model/finding.ts'
import { type DocumentPath, fileOf, type PlantFiles, pathKey, valueAt } from './source-file.ts'

/** What is broken in a plant, so that findings about what refers to it can be told from real ones. */
export interface Breakage {
  /** Parts of files that were taken out since their shape is wrong, by file. */
  readonly removed: ReadonlyMap<string, readonly DocumentPath[]>
  /** Ids of devices and pipelines that could not be described because of their own errors. */
  readonly owners: ReadonlySet<string>
}

/**
 * Leaves out findings that only echo another one: the same place was reported before, it lies in or around a part that was
 * taken out, or it names something that is broken itself.
 */
export function withoutEchoes(
  findings: readonly Finding[],
  told: readonly Finding[],
  breakage: Breakage,
  files: PlantFiles,
): readonly Finding[] {
  const places = new Set(told.map(placeKey))
  return findings.filter((finding) => !places.has(placeKey(finding)) && !isEcho(finding, breakage, files))
}

function placeKey({ file, path }: Finding): string {
  return `${file}\n${pathKey(path)}`
}

function isEcho(finding: Finding, { removed, owners }: Breakage, files: PlantFiles): boolean {
  const { file, path, severity, code } = finding
  const parts = removed.get(file) ?? []
  // In a file that is not whole, nobody can tell what is unused.
  if (severity === 'warning' && parts.length > 0) return true
  if (parts.some((part) => begins(path, part) || (code.endsWith('-missing') && begins(part, path)))) return true
  const steps = parts.filter((part) => part[0] === 'steps' && part.length === 2).map((part) => String(part[1]))
  const parameters = parts.filter((part) => part[0] === 'parameters' && part.length === 2).map((part) => `$${part[1]}`)
  const broken = new Set([...owners, ...steps, ...parameters])
  return namesAt(finding, files).some((name) => broken.has(name))
}

function begins(path: DocumentPath, start: DocumentPath): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index])
}

/** What stands at a finding's place, or in its key, and names an owner: `plc1` of `plc1.level`, a step under `after`, `$limit`. */
function namesAt({ file, path }: Finding, files: PlantFiles): readonly string[] {
  const value = valueAt(fileOf(files, file)?.value, path)
  const call = (value as { readonly do?: unknown } | null | undefined)?.do
  return [value, call, ...path].flatMap((text) =>
    typeof text === 'string' && isReference(text, path) ? [ownerOf(text)] : [],
  )
}

/** A key such as `plc1.setpoint` refers to something; a plain key is its own name. */
function isReference(text: string, path: DocumentPath): boolean {
  return text.includes('.') || text.startsWith('$') || !path.includes(text)
}

function ownerOf(text: string): string {
  return text.startsWith('$') ? text : (text.split('.')[0] ?? text)
}
