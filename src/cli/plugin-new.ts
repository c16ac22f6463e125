import { type Command, Option } from 'commander'
import type { Finish } from './exit-code.ts'
import { ExitCode } from './exit-code.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const kinds = ['device', 'function', 'block', 'operator'] as const

/** Adds `millrace plugin new <type>`: writes a first plugin with its test beside a plant. */
export function pluginCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('plugin')
    .description('write plugins')
    .command('new')
    .description('write a first plugin with its test, ready to be changed')
    .argument('<type>', 'what plant and pipeline files will call it, such as my-meter')
    .addOption(new Option('-k, --kind <kind>', 'what it is').choices(kinds).default('device'))
    .option('-p, --plant <folder>', 'plant folder; the plugin goes into its plugins/', '.')
    .action(async (type: string, { kind, plant }: { kind: (typeof kinds)[number]; plant: string }) => {
      const { scaffoldPlugin } = await import('../plugin/scaffold.ts')
      const written: readonly string[] = await scaffoldPlugin({ type, kind, folder: plant })
      const next = [
        [
          `${terminal.invocation} describe ${type}${plant === '.' ? '' : ` --plant ${plant}`}`,
          'see it as its users do',
        ],
      ]
      terminal.out(`${written.map((file: string) => `wrote ${file}\n`).join('')}\nNext, type\n${table(next, '  ')}`)
      finish(ExitCode.ok)
    })
}
