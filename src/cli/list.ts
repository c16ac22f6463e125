import { relative } from 'node:path'
import { Argument, type Command } from 'commander'
import { units } from '../model/unit.ts'
import { builtInPlugins } from '../package-root.ts'
import type { Catalogue, CatalogueEntry } from '../plugin/catalogue.ts'
import type { Finish } from './exit-code.ts'
import { ExitCode } from './exit-code.ts'
import { installedPlugins } from './installed.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const subjects = ['devices', 'functions', 'simulators', 'units', 'plugins'] as const
type Subject = (typeof subjects)[number]

/** Adds `millrace list [devices|functions|simulators|units|plugins]`: what plant and pipeline files may name. */
export function listCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('list')
    .description('list what plant and pipeline files may name')
    .addArgument(new Argument('[what]', 'what to list').choices(subjects).default('plugins'))
    .option('-p, --plant <folder>', 'plant folder whose own plugins count too', '.')
    .action(async (what: Subject, { plant }: { plant: string }) => {
      terminal.out(what === 'units' ? unitTable() : listed(what, await installedPlugins(plant, terminal)))
      finish(ExitCode.ok)
    })
}

function listed(what: Exclude<Subject, 'units'>, { entries }: Catalogue): string {
  const kinds = {
    devices: ['device'],
    simulators: ['simulator'],
    functions: ['function', 'block', 'operator'],
    plugins: ['device', 'simulator', 'function', 'block', 'operator'],
  }[what]
  const rows = entries
    .filter(({ plugin }) => kinds.includes(plugin.kind))
    .sort(
      (a, b) => kinds.indexOf(a.plugin.kind) - kinds.indexOf(b.plugin.kind) || compare(a.plugin.type, b.plugin.type),
    )
    .map((entry) => [
      entry.plugin.type,
      entry.plugin.kind,
      ...(what === 'plugins' ? [originOf(entry)] : []),
      entry.plugin.description,
    ])
  return rows.length > 0 ? table(rows) : `no ${what} are installed\n`
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en') || (a < b ? -1 : 1)
}

function originOf({ origin }: CatalogueEntry): string {
  const inside = relative(builtInPlugins(), origin)
  return inside.startsWith('..') || inside === origin || !/[/\\]/.test(origin) ? origin : 'built-in'
}

function unitTable(): string {
  return table(units.map(({ symbol, name, dimension, code }) => [symbol, name, dimension, code]))
}
