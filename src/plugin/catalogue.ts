import { errorTable } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { type Candidate, type CatalogueSources, candidatesOf, type Refused } from './catalogue-sources.ts'
import type { DevicePlugin, Plugin, PluginKind, SimulatorPlugin, StepPlugin } from './define.ts'
import { load } from './load.ts'
import { rememberModule } from './module-of.ts'
import { namesOf } from './pins.ts'

/** A plugin and where it came from: the path of its file, or the name of its package. */
export interface CatalogueEntry {
  readonly plugin: Plugin
  readonly origin: string
  /** Whether it came with Millrace, lies beside the plant file, or came in a package. */
  readonly source?: Candidate['kind'] | undefined
  /** Hash of its module, when it is not one of ours. */
  readonly hash?: string | undefined
  /** Whether the plant allows it by its hash. */
  readonly isPinned?: boolean | undefined
}

/** Kinds of plugins that share one name space: a step is a function, a block or an operator. */
type Shelf = 'device' | 'step' | 'simulator'

function shelfOf(kind: PluginKind): Shelf {
  return kind === 'device' || kind === 'simulator' ? kind : 'step'
}

/** All plugins that are installed, by type. */
export class Catalogue {
  readonly #entries: readonly CatalogueEntry[]
  readonly #pluginByKey: ReadonlyMap<string, Plugin>
  /** Modules that the plant does not allow. */
  readonly refused: readonly Refused[]

  /** Of two plugins of one type the first counts. */
  constructor(entries: readonly CatalogueEntry[], refused: readonly Refused[] = []) {
    this.refused = refused
    const entryByKey = new Map<string, CatalogueEntry>()
    for (const entry of entries) {
      const key = keyOf(entry.plugin)
      if (!entryByKey.has(key)) entryByKey.set(key, entry)
    }
    this.#entries = [...entryByKey.values()]
    this.#pluginByKey = new Map([...entryByKey].map(([key, { plugin }]) => [key, plugin]))
  }

  /** Every plugin, in the order of loading: the built-in ones, those beside the plant file, those of packages. */
  get entries(): readonly CatalogueEntry[] {
    return this.#entries
  }

  /** The device plugin of a type. */
  device(type: string): DevicePlugin | undefined {
    return this.#pluginByKey.get(`device ${type}`) as DevicePlugin | undefined
  }

  /** The function, block or operator of a type. */
  step(type: string): StepPlugin | undefined {
    return this.#pluginByKey.get(`step ${type}`) as StepPlugin | undefined
  }

  /** The simulator of a type. */
  simulator(type: string): SimulatorPlugin | undefined {
    return this.#pluginByKey.get(`simulator ${type}`) as SimulatorPlugin | undefined
  }

  /** Why there is no plugin of a type, when a module that is named after it is refused. */
  refusal(type: string): string | undefined {
    return this.refused.find((each) => namesOf(each).includes(type))?.finding.message
  }

  /** Types in alphabetical order: of all plugins, of one kind, or of everything a step can be. */
  types(kind?: PluginKind | 'step'): string[] {
    const plugins = this.#entries.map(({ plugin }) => plugin)
    const wanted = plugins.filter((each) => kind === undefined || each.kind === kind || shelfOf(each.kind) === kind)
    return wanted.map(({ type }) => type).sort()
  }
}

function keyOf(plugin: Plugin): string {
  return `${shelfOf(plugin.kind)} ${plugin.type}`
}

/**
 * Loads every plugin that can be found. What cannot be loaded is a finding (`plugin-invalid`, `plugin-duplicate`,
 * `plugin-refused`) and leaves the others alone. Nothing of a module that the plant does not allow is run.
 */
export async function loadCatalogue(
  sources: CatalogueSources,
): Promise<{ catalogue: Catalogue; findings: readonly Finding[] }> {
  const { deadlineMs = 10_000 } = sources
  const { modules, refused, unusable } = await candidatesOf(sources)
  const loaded = await Promise.all(modules.map(async (module) => ({ module, ...(await load(module, deadlineMs)) })))
  for (const { module, plugins } of loaded) rememberModule(module, plugins)

  const entries = loaded.flatMap(({ module, plugins }) =>
    plugins.map((plugin) => ({
      ...{ plugin, origin: module.origin, source: module.kind },
      ...(module.hash === undefined ? {} : { hash: module.hash }),
      ...(module.isPinned ? { isPinned: true } : {}),
    })),
  )
  const findings = [
    ...unusable.map(({ origin, message }) => invalid(origin, { message })),
    ...refused.map(({ finding }) => finding),
    ...loaded.flatMap(({ module, complaints }) => complaints.map((complaint) => invalid(module.origin, complaint))),
    ...duplicatesIn(entries),
    ...modules.flatMap(changeOf),
  ]
  return { catalogue: new Catalogue(entries, refused), findings }
}

/** Hashes of the modules as they were loaded first: a module is loaded once, whatever becomes of its file. */
const hashByUrl = new Map<string, string>()

function changeOf({ url, origin, hash }: Candidate): readonly Finding[] {
  if (hash === undefined) return []
  const before = hashByUrl.get(url)
  if (before === undefined) hashByUrl.set(url, hash)
  if (before === undefined || before === hash) return []
  const message = `plugin module ${origin} has changed since the program has loaded it, and goes on as it was`
  const { remedy } = errorTable['plugin-changed']
  return [{ code: 'plugin-changed', severity: 'warning', file: origin, path: [], message, remedy }]
}

function invalid(origin: string, { message, line }: { message: string; line?: number }): Finding {
  return {
    code: 'plugin-invalid',
    severity: 'error',
    file: origin,
    path: [],
    message: `plugin module ${origin} cannot be used: ${message}`,
    remedy: 'mend the module as the message says, or take it out of the folder',
    ...(line === undefined ? {} : { line, column: 1 }),
  }
}

function duplicatesIn(entries: readonly CatalogueEntry[]): readonly Finding[] {
  const originByKey = new Map<string, string>()
  return entries.flatMap(({ plugin, origin }): Finding[] => {
    const key = keyOf(plugin)
    const first = originByKey.get(key)
    if (first === undefined) {
      originByKey.set(key, origin)
      return []
    }
    const message = `the ${shelfOf(plugin.kind)} plugin ${plugin.type} of ${origin} is already in ${first}, which counts`
    const remedy = 'rename or remove one of them'
    return [{ code: 'plugin-duplicate', severity: 'error', file: origin, path: [], message, remedy }]
  })
}
