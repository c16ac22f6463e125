import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../config/duration.ts'
import { dryRun } from '../dry-run.ts'
import { isRunnable, loadPlant, type RunnablePlant } from '../load-plant.ts'
import { systemClock } from '../model/clock.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { packageRoot } from '../package-root.ts'
import { tellRead } from './dry-run-report.ts'
import { ExitCode, type Finish, UsageError } from './exit-code.ts'
import { cellOf } from './kept.ts'
import type { Terminal } from './terminal.ts'
import { printFindings } from './validate.ts'

/** Options of the command. */
export interface DryRunCommandOptions {
  readonly device?: readonly string[]
  readonly tags?: boolean
  readonly json?: boolean
  readonly certificates?: string
  readonly deadline: number
}

/** Adds `millrace dry-run [folder]`: reads every device once and tells what came. */
export function dryRunCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('dry-run')
    .description('read every device of a plant once and tell what came; writes nothing')
    .argument('[folder]', 'folder with plant.yaml', '.')
    .addOption(
      new Option('--device <id>', 'this device only, also when it is disabled; may be repeated').argParser(collected),
    )
    .option('--tags', 'tell the value of every tag')
    .option('--json', 'write JSON for other programs')
    .option('--certificates <folder>', 'folder of the certificates, for devices that need some (MILLRACE_CERTIFICATES)')
    .addOption(
      new Option('--deadline <duration>', 'how long all of it may take').argParser(durationOf).default(60_000, '60s'),
    )
    .addHelpText(
      'after',
      '\nSimulators are started as for run. No pipeline, server or database is touched, nothing is written, no method is called.\nExit code 0 when every device was read, 1 when one was not, 78 when the plant has errors.',
    )
    .action(async (folder: string, options: DryRunCommandOptions) => {
      finish(await dryRunAndTell(folder, options, terminal))
      // A plugin that was told to let go may not do so.
      terminal.endWithin?.(2000)
    })
}

/** Reads the devices of a plant once, prints what came, and tells the exit code. */
export async function dryRunAndTell(
  folder: string,
  options: DryRunCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const plant = await loadPlant(folder, { environment: terminal.environment })
  printFindings(plant, terminal)
  if (!isRunnable(plant)) return ExitCode.configuration
  refuseUnknown(options.device ?? [], plant)
  const reads = await dryRun({
    ...{ plant, devices: options.device, clock: systemClock, deadlineMs: options.deadline },
    certificatesFolder:
      options.certificates || terminal.environment.MILLRACE_CERTIFICATES || join(packageRoot, 'certificates'),
    log: (device) => logOf(device, terminal),
  })
  await terminal.print(tellRead(plant.definition.plant, reads, options))
  return reads.every(({ outcome }) => outcome === 'read') ? ExitCode.ok : ExitCode.failed
}

function refuseUnknown(wanted: readonly string[], { definition }: RunnablePlant): void {
  const ids = definition.devices.map(({ id }) => id)
  const unknown = wanted.find((id) => !ids.includes(id))
  if (unknown === undefined) return
  const meant = didYouMean(unknown, ids)
  throw new UsageError(
    `there is no device ${unknown}; ${meant ? `did you mean ${meant}?` : `known are ${ids.join(', ')}`}`,
  )
}

/** Plugins warn on standard error, and are silent otherwise. */
function logOf(device: string, terminal: Terminal) {
  return {
    debug() {},
    info() {},
    warn: (message: string) => terminal.err(`warning: ${device}: ${cellOf(message, 300)}\n`),
  }
}

function collected(id: string, before: readonly string[] = []): readonly string[] {
  return [...before, id]
}

function durationOf(text: string): number {
  const ms = parseDuration(text)
  if (!ms) throw new InvalidArgumentError('a duration is written 500ms, 30s or 5m.')
  return ms
}
