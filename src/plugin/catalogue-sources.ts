import { join } from 'node:path'
import { messageOf } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { modulesIn, namesIn, packageSource, type Source } from './load.ts'
import { hashOf, judge, type Pinnable, type Pins, refusalOf } from './pins.ts'

/** Where plugins are looked for. */
export interface CatalogueSources {
  /** Folder whose subfolders (`devices`, `functions`, ...) hold the plugins that come with Millrace. */
  readonly builtIn: string
  /** Folder of the plant file; its subfolder `plugins` is read. */
  readonly plantFolder?: string | undefined
  /** npm packages that the plant file names. */
  readonly packages?: readonly string[] | undefined
  /** What of the plant's own plugins may be loaded; everything when absent. */
  readonly allow?: Pins | undefined
  /** Plant file, for findings about its pins. */
  readonly plantFile?: string | undefined
  /** How long a module may take to load; 10 000 ms when absent. */
  readonly deadlineMs?: number | undefined
}

/** A module of the plant, with its hash when it has been looked at. */
export interface Candidate extends Source {
  readonly kind: 'built-in' | 'file' | 'package'
  readonly hash?: string | undefined
  readonly isPinned?: boolean | undefined
}

/** A module that is not loaded. */
export interface Refused extends Pinnable {
  readonly hash: string
  readonly finding: Finding
}

/** The modules to load, those that are refused, and what is wrong with names of packages. */
export interface Candidates {
  readonly modules: readonly Candidate[]
  readonly refused: readonly Refused[]
  /** Names that are no package names, and modules that cannot be read. */
  readonly unusable: readonly { readonly origin: string; readonly message: string }[]
}

/** Finds the modules, and judges those of the plant before any of their code has run. */
export async function candidatesOf(sources: CatalogueSources): Promise<Candidates> {
  const { builtIn, plantFolder, packages = [] } = sources
  const own = await Promise.all((await namesIn(builtIn)).map((name) => modulesIn(join(builtIn, name))))
  const files = plantFolder === undefined ? [] : await modulesIn(join(plantFolder, 'plugins'))
  const named = packages.map((name) => ({ name, source: packageSource(name, plantFolder ?? '.') }))
  const modules: Candidate[] = own.flat().map((source) => ({ ...source, kind: 'built-in' }))
  const refused: Refused[] = []
  const unusable = named
    .filter(({ source }) => source === undefined)
    .map(({ name }) => ({ origin: name, message: 'it is not a package name' }))
  const foreign: readonly Candidate[] = [
    ...files.map((source) => ({ ...source, kind: 'file' as const })),
    ...named.flatMap(({ source }) => (source ? [{ ...source, kind: 'package' as const }] : [])),
  ]
  for (const candidate of foreign) {
    try {
      const judged = await judgedOf(candidate, sources)
      if ('finding' in judged) refused.push(judged)
      else modules.push(judged)
    } catch (error) {
      unusable.push({ origin: candidate.origin, message: messageOf(error) })
    }
  }
  return { modules, refused, unusable }
}

async function judgedOf(
  candidate: Candidate,
  { plantFolder = '.', allow, plantFile }: CatalogueSources,
): Promise<Candidate | Refused> {
  const pinnable = { kind: candidate.kind as Pinnable['kind'], origin: candidate.origin }
  // A package may be large, and is not asked for its hash unless it matters.
  if (allow === undefined && candidate.kind === 'package') return candidate
  const hash = await hashOf(pinnable, plantFolder)
  if (allow === undefined) return { ...candidate, hash }
  const judgement = judge(pinnable, hash, allow)
  const refusal = refusalOf(pinnable, hash, judgement)
  if (!refusal) return { ...candidate, hash, isPinned: true }
  const isAtPin = judgement.kind === 'changed' && plantFile !== undefined
  const finding: Finding = {
    ...{ code: 'plugin-refused', severity: 'warning', ...refusal },
    file: isAtPin ? plantFile : candidate.origin,
    path: isAtPin ? ['plugins', 'allow', judgement.key] : [],
  }
  return { ...pinnable, hash, finding }
}
