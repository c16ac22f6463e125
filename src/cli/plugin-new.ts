import { type Command, Option } from 'commander'
import type { Finish } from './exit-code.ts'
import { ExitCode } from './exit-code.ts'
import { pinCommands } from './plugin-pins.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const kinds = ['device', 'function', 'block', 'operator'] as const

/** Adds `millrace plugin new <type>`, which writes a first plugin with its test beside a plant, and `millrace plugin test`, which runs those tests. */
export function pluginCommand(program: Command, terminal: Terminal, finish: Finish): void {
  const plugin = program.command('plugin').description('write, test, list, pin and add plugins')
  pinCommands(plugin, terminal, finish)
  plugin
    .command('test')
    .description("run the tests of a plant's plugins (plugins/*.test.ts)")
    .option('-p, --plant <folder>', 'plant folder', '.')
    .option('-r, --report <file>', 'file for the report; standard output when absent')
    .action(async ({ plant, report }: { plant: string; report?: string }) => {
      const { runPluginTests } = await import('../plugin/run-tests.ts')
      finish((await runPluginTests({ folder: plant, ...(report && { report }) })) === 0 ? ExitCode.ok : ExitCode.failed)
    })
  plugin
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
        [`${terminal.invocation} plugin test${plant === '.' ? '' : ` --plant ${plant}`}`, 'run its test'],
      ]
      terminal.out(`${written.map((file: string) => `wrote ${file}\n`).join('')}\nNext, type\n${table(next, '  ')}`)
      finish(ExitCode.ok)
    })
}
