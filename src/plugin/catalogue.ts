import { join } from 'node:path'
import type { Finding } from '../model/finding.ts'
import type { DevicePlugin, Plugin, PluginKind, SimulatorPlugin, StepPlugin } from './define.ts'
import { load, modulesIn, namesIn, packageSource, type Source } from './load.ts'
import { rememberModule } from './module-of.ts'

/** A plugin and where it came from: the path of its file, or the name of its package. */
export interface CatalogueEntry {
  readonly plugin: Plugin
  readonly origin: string
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

  /** Of two plugins of one type the first counts. */
  constructor(entries: readonly CatalogueEntry[]) {
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

/** Where plugins are looked for. */
export interface CatalogueSources {
  /** Folder whose subfolders (`devices`, `functions`, ...) hold the plugins that come with Millrace. */
  readonly builtIn: string
  /** Folder of the plant file; its subfolder `plugins` is read. */
  readonly plantFolder?: string | undefined
  /** npm packages that the plant file names. */
  readonly packages?: readonly string[] | undefined
  /** How long a module may take to load; 10 000 ms when absent. */
  readonly deadlineMs?: number | undefined
}

/**
 * Loads every plugin that can be found. What cannot be loaded is a finding (`plugin-invalid`, `plugin-duplicate`) and leaves the
 * others alone.
 */
export async function loadCatalogue(
  sources: CatalogueSources,
): Promise<{ catalogue: Catalogue; findings: readonly Finding[] }> {
  const { plantFolder = '.', packages = [], deadlineMs = 10_000 } = sources
  const found = await Promise.all([
    ...(await namesIn(sources.builtIn)).map((name) => modulesIn(join(sources.builtIn, name))),
    ...(sources.plantFolder === undefined ? [] : [modulesIn(join(sources.plantFolder, 'plugins'))]),
  ])
  const named = packages.map((name) => packageSource(name, plantFolder) ?? name)
  const modules = [...found.flat(), ...named.filter((each): each is Source => typeof each !== 'string')]
  const loaded = await Promise.all(modules.map(async (module) => ({ module, ...(await load(module, deadlineMs)) })))
  for (const { module, plugins } of loaded) rememberModule(module, plugins)

  const entries = loaded.flatMap(({ module, plugins }) => plugins.map((plugin) => ({ plugin, origin: module.origin })))
  const findings = [
    ...named
      .filter((each) => typeof each === 'string')
      .map((name) => invalid(name, { message: 'it is not a package name' })),
    ...loaded.flatMap(({ module, complaints }) => complaints.map((complaint) => invalid(module.origin, complaint))),
    ...duplicatesIn(entries),
  ]
  return { catalogue: new Catalogue(entries), findings }
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
