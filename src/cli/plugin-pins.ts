import { readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import type { Command } from 'commander'
import { formatFindings } from '../config/format-findings.ts'
import { locate } from '../config/locate.ts'
import { withPluginEntries } from '../config/plugin-entries.ts'
import { type PlantReading, readPlant } from '../config/read-plant.ts'
import { writeWhole } from '../files/write-whole.ts'
import { MillraceError, messageOf } from '../model/errors.ts'
import { builtInPlugins } from '../package-root.ts'
import { loadCatalogue } from '../plugin/catalogue.ts'
import { complaintsAbout } from '../plugin/conformance.ts'
import { load, modulesIn, packageSource } from '../plugin/load.ts'
import { hashOf, judge, namesOf, type Pinnable, type Pins } from '../plugin/pins.ts'
import { ExitCode, type Finish, UsageError } from './exit-code.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Adds `millrace plugin list`, `plugin pin` and `plugin add`. */
export function pinCommands(plugin: Command, terminal: Terminal, finish: Finish): void {
  plugin
    .command('list')
    .description("list a plant's own plugins with their hashes, and whether the plant allows them")
    .argument('[folder]', 'plant folder', '.')
    .action(async (folder: string) => finish(await list(folder, terminal)))
  plugin
    .command('pin')
    .description('write the hashes of plugins into the plant file: from then on nothing else is loaded')
    .argument('[folder]', 'plant folder', '.')
    .argument('[types...]', 'types, files or packages; all of the plant when absent')
    .action(async (folder: string, types: readonly string[]) => finish(await pin(folder, types, terminal)))
  plugin
    .command('add')
    .description('name an installed npm package in the plant file, once it is known to load and to conform')
    .argument('<package>', 'name of the package; install it with npm first')
    .option('-p, --plant <folder>', 'plant folder', '.')
    .action(async (name: string, { plant }: { plant: string }) => finish(await add(name, plant, terminal)))
}

/** A module of a plant with its hash. */
interface Module extends Pinnable {
  readonly hash: string
}

async function list(folder: string, terminal: Terminal): Promise<ExitCode> {
  const reading = await readable(folder, terminal)
  const { packages, allow } = reading.plugins
  const { catalogue, findings } = await loadCatalogue({
    ...{ builtIn: builtInPlugins(), plantFolder: folder },
    packages,
    allow,
  })
  const modules = await modulesOf(folder, reading)
  const rows = modules.flatMap((module) => {
    const state = stateOf(module, allow)
    const own = catalogue.entries.filter(({ origin, source }) => origin === module.origin && source !== 'built-in')
    const kinds = own.map(({ plugin }) => [plugin.type, plugin.kind])
    return (kinds.length > 0 ? kinds : [['-', '-']]).map((kind) => [...kind, shownOf(module), module.hash, state])
  })
  const others = findings.filter(({ code }) => code !== 'plugin-refused')
  if (others.length > 0) terminal.err(`${formatFindings(locate(others, reading.files), reading.files)}\n`)
  terminal.out(rows.length > 0 ? table(rows) : 'the plant has no plugins of its own\n')
  if (rows.length > 0 && allow === undefined) {
    terminal.out(
      `\nAll of them may be loaded, whatever becomes of their files; \`${terminal.invocation} plugin pin\` pins them.\n`,
    )
  }
  return ExitCode.ok
}

function stateOf(module: Module, allow: Pins | undefined): string {
  return allow === undefined
    ? 'not pinned'
    : { pinned: 'pinned', unpinned: 'not pinned', changed: 'changed' }[judge(module, module.hash, allow).kind]
}

async function pin(folder: string, types: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const reading = await readable(folder, terminal)
  const { packages, allow: before = {} } = reading.plugins
  const modules = await modulesOf(folder, reading)
  const chosen =
    types.length === 0 ? modules.map((module) => ({ module, as: undefined })) : await chosenOf(types, modules)
  const pins = chosen.map(({ module, as }) => [keyOf(module, before, as), module] as const)
  const fresh = Object.fromEntries(pins.map(([key, { hash }]) => [key, hash]))
  const allow = types.length === 0 ? fresh : { ...before, ...fresh }
  await write(reading, { packages, allow })
  const lines = pins.map(([key, { hash }]) => [wordOf(before[key], hash), key, hash])
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(allow, key))
  const all = [...lines, ...gone.map((key) => ['removed', key, before[key] ?? ''])]
  terminal.out(all.length > 0 ? table(all) : 'the plant has no plugins of its own; from now on it takes none\n')
  return ExitCode.ok
}

function wordOf(before: string | undefined, hash: string): string {
  if (before === undefined) return 'pinned'
  return before === hash ? 'unchanged' : `changed from ${before} to`
}

/** The modules that types, files or packages name. Code is run only to find a type that no file is named after. */
async function chosenOf(
  types: readonly string[],
  modules: readonly Module[],
): Promise<{ module: Module; as: string }[]> {
  const chosen: { module: Module; as: string }[] = []
  for (const type of types) {
    const named = modules.find((module) => namesOf(module).includes(type)) ?? (await providerOf(type, modules))
    if (!named) {
      const known = modules.map(shownOf).join(', ') || 'none'
      throw new UsageError(`no module of the plant brings ${type}; its modules are: ${known}`)
    }
    chosen.push({ module: named, as: type })
  }
  return chosen
}

async function providerOf(type: string, modules: readonly Module[]): Promise<Module | undefined> {
  for (const module of modules) {
    const source =
      module.kind === 'file'
        ? (await modulesIn(join(module.origin, '..'))).find(({ origin }) => origin === module.origin)
        : undefined
    const loaded = source && (await load(source, 10_000))
    if (loaded?.plugins.some((plugin) => plugin.type === type)) return module
  }
  return undefined
}

/** The pin that there is already keeps its name. */
function keyOf(module: Module, before: Pins, as: string | undefined): string {
  const names = namesOf(module)
  const known = Object.keys(before).find((key) => names.includes(key) || key === as)
  return known ?? Object.keys(before).find((key) => before[key] === module.hash) ?? names[0] ?? module.origin
}

async function add(name: string, folder: string, terminal: Terminal): Promise<ExitCode> {
  const reading = await readable(folder, terminal)
  const { packages, allow } = reading.plugins
  const source = packageSource(name, folder)
  if (!source || !/^(@[^/]+\/)?[^/]+$/.test(name)) throw new UsageError(`${name} is not the name of an npm package`)
  const { plugins, complaints } = await load(source, 10_000)
  const found = await Promise.all(
    plugins.map(async (plugin) => (await complaintsAbout(plugin)).map((complaint) => `${plugin.type}: ${complaint}`)),
  )
  const wrong = [...complaints.map(({ message }) => message), ...found.flat()]
  if (wrong.length > 0 || plugins.length === 0) {
    terminal.err(
      `${name} is not added:\n${(wrong.length > 0 ? wrong : ['it brings no plugins']).map((line) => `  - ${line}\n`).join('')}`,
    )
    return ExitCode.failed
  }
  const pins = allow && { ...allow, [name]: await hashOf({ kind: 'package', origin: name }, folder) }
  const isListed = packages.includes(name)
  await write(reading, { packages: isListed ? packages : [...packages, name], allow: pins })
  const types = plugins.map(({ type }) => type).join(', ')
  terminal.out(`${name} is ${isListed ? 'listed already' : 'added'}${pins ? ', and pinned' : ''}; it brings ${types}\n`)
  return ExitCode.ok
}

/** A plant whose file can be understood; everything else is for `validate` to say. */
async function readable(folder: string, terminal: Terminal): Promise<PlantReading> {
  const reading = await readPlant(folder, { environment: terminal.environment })
  const [file] = reading.files.files
  if (file && reading.definition && !reading.plugins.isUnclear) return reading
  const message = `the plant in ${folder} cannot be read; see what \`${terminal.invocation} validate ${folder}\` says`
  throw new MillraceError(file ? 'value-invalid' : 'file-unreadable', message)
}

async function modulesOf(folder: string, { plugins }: PlantReading): Promise<readonly Module[]> {
  const files = (await modulesIn(join(folder, 'plugins'))).map(({ origin }) => ({ kind: 'file' as const, origin }))
  const packages = plugins.packages.map((origin) => ({ kind: 'package' as const, origin }))
  return Promise.all([...files, ...packages].map(async (each) => ({ ...each, hash: await hashed(each, folder) })))
}

async function hashed(module: Pinnable, folder: string): Promise<string> {
  try {
    return await hashOf(module, folder)
  } catch (cause) {
    const message = `${module.origin} cannot be read: ${messageOf(cause)}`
    throw new MillraceError('file-unreadable', message, { cause })
  }
}

async function write(
  { files }: PlantReading,
  entries: { readonly packages: readonly string[]; readonly allow: Pins | undefined },
): Promise<void> {
  const file = files.files[0]?.file ?? ''
  await writeWhole(file, withPluginEntries(await readFile(file, 'utf8'), entries))
}

function shownOf({ kind, origin }: Pinnable): string {
  return kind === 'file' ? relative(join(origin, '..', '..'), origin) || basename(origin) : origin
}
