import type { Command } from 'commander'
import { formatFindings } from '../config/format-findings.ts'
import { writeSchemas } from '../config/write-schemas.ts'
import { isRunnable, type LoadedPlant, loadPlant } from '../load-plant.ts'
import type { Finish } from './exit-code.ts'
import { ExitCode } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** Adds `millrace validate [folder]`: checks a plant without starting anything. */
export function validateCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('validate')
    .description('check a plant folder: every finding with its place and remedy')
    .argument('[folder]', 'folder with plant.yaml and pipelines/', '.')
    .addHelpText(
      'after',
      '\nWrites .millrace/*.schema.json beside the plant, so that editors complete and check its files.\nExit code 0 when it may run (warnings are told), 78 when not.',
    )
    .action(async (folder: string) => finish(await validate(folder, terminal)))
}

/** Checks a plant folder, prints what was found, and tells the exit code. */
export async function validate(folder: string, terminal: Terminal): Promise<ExitCode> {
  const plant = await loadPlant(folder, { environment: terminal.environment })
  if (plant.definition) await writeSchemas(folder, plant.catalogue)
  printFindings(plant, terminal)
  if (!isRunnable(plant)) return ExitCode.configuration
  const { definition } = plant
  const counts = [
    counted(definition.equipment.length, 'piece of equipment', 'pieces of equipment'),
    counted(definition.devices.length, 'device'),
    counted(definition.pipelines.length, 'pipeline'),
  ]
  terminal.out(`${folder} may run: plant ${definition.plant} with ${counts.join(', ')}\n`)
  return ExitCode.ok
}

/** Prints findings to standard error, the worst news last: how many there are. */
export function printFindings({ findings, files }: LoadedPlant, terminal: Terminal): void {
  if (findings.length === 0) return
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const summary = [errors && counted(errors, 'error'), warnings && counted(warnings, 'warning')].filter(Boolean)
  terminal.err(`${formatFindings(findings, files, { color: terminal.isColored })}\n${summary.join(', ')}\n`)
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
