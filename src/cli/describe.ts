import type { Command } from 'commander'
import { didYouMean } from '../model/did-you-mean.ts'
import { describePlugin } from './describe-plugin.ts'
import type { Finish } from './exit-code.ts'
import { ExitCode, UsageError } from './exit-code.ts'
import { installedPlugins } from './installed.ts'
import type { Terminal } from './terminal.ts'

/** Adds `millrace describe <type>`: ports, configuration and an example of a plugin. */
export function describeCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('describe')
    .description('tell ports, units, limits, defaults and an example of a device or function type')
    .argument('<type>', 'type of a plugin; `list` tells them')
    .option('-p, --plant <folder>', 'plant folder whose own plugins count too', '.')
    .action(async (type: string, { plant }: { plant: string }) => {
      const { entries } = await installedPlugins(plant, terminal)
      const found = entries.filter(({ plugin }) => plugin.type === type)
      if (found.length === 0) {
        const meant = didYouMean(type, new Set(entries.map(({ plugin }) => plugin.type)))
        throw new UsageError(`no plugin of the type ${type} is installed${meant ? `; did you mean ${meant}?` : ''}`)
      }
      terminal.out(found.map(({ plugin }) => describePlugin(plugin)).join('\n'))
      finish(ExitCode.ok)
    })
}
