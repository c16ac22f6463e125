import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { isRunnable, loadPlant } from '../load-plant.ts'
import { systemClock } from '../model/clock.ts'
import { MillraceError } from '../model/errors.ts'
import { ExitCode, type Finish } from './exit-code.ts'
import type { Terminal } from './terminal.ts'
import { printFindings } from './validate.ts'

/** Adds `millrace export nodeset [folder]`: the address space of a plant for engineering tools. */
export function exportCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('export')
    .description('write what other tools need to know of a plant')
    .command('nodeset')
    .description('write the instances of a plant as a NodeSet2 file')
    .argument('[folder]', 'folder with plant.yaml and pipelines/', '.')
    .option('-o, --output <file>', 'file to write; standard output without it')
    .addHelpText(
      'after',
      '\nA server or an engineering tool that loads the file needs nodesets/Millrace.NodeSet2.xml and the NodeSets that it requires.',
    )
    .action(async (folder: string, { output }: { output?: string }) => {
      finish(await exportPlant(folder, output, terminal))
    })
}

/** Writes the NodeSet of a plant to a file or to standard output, and tells the exit code. */
export async function exportPlant(folder: string, output: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const plant = await loadPlant(folder, { environment: terminal.environment })
  printFindings(plant, terminal)
  if (!isRunnable(plant)) return ExitCode.configuration
  const { definition, devices, pipelines, nodesets } = plant
  const { exportNodeset } = await import('../opcua/export-nodeset.ts')
  const xml = await exportNodeset(
    {
      id: definition.plant,
      name: definition.server.name,
      equipment: definition.equipment,
      devices,
      pipelines: pipelines.map(({ description }) => description),
      jobs: definition.jobs,
    },
    {
      date: new Date(systemClock.now()),
      anonymous: definition.server.anonymous,
      limits: definition.server.limits,
      nodesets,
    },
  )
  if (output === undefined) terminal.out(`${xml}\n`)
  else await write(output, xml)
  return ExitCode.ok
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, `${text}\n`)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new MillraceError('file-unreadable', `${file} cannot be written: ${reason}; choose another with --output`, {
      cause,
    })
  }
}
