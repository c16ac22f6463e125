import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Logger } from 'pino'
import type { Observable } from 'rxjs'
import { writeSchemas } from '../config/write-schemas.ts'
import { isRunnable, loadPlant, type RunnablePlant } from '../load-plant.ts'
import { createLog, type LogLevel, logLevels } from '../log.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/errors.ts'
import { demoFolder, packageRoot } from '../package-root.ts'
import { bannerOf } from './banner.ts'
import type { Finish } from './exit-code.ts'
import { ExitCode, UsageError } from './exit-code.ts'
import { type Net, spreadNet } from './last-net.ts'
import { onHangup, stopSignal } from './stop-signal.ts'
import type { Terminal } from './terminal.ts'
import { printFindings } from './validate.ts'

/** What a plant needs to run. */
export interface PlantStart {
  readonly folder: string
  /** Checked: devices, pipelines and simulators may run as they are. */
  readonly plant: RunnablePlant
  /** TCP port; 0 picks a free one. */
  readonly port: number
  readonly dataFolder: string
  readonly certificatesFolder: string
  /** The environment whose variables the plant file may name. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether changes of the plant's files are applied as they are saved. */
  readonly watchFiles: boolean
  /** One value for each rejection that nobody took. */
  readonly rejections$?: Observable<unknown>
  readonly log: Logger
}

/** A plant that runs. */
export interface StartedPlant {
  /** Every address at which clients reach it. */
  readonly urls: readonly string[]
  /** What may be done without a login, one sentence each. */
  readonly access: readonly string[]
  /** The administrator that this start has made; absent when there were users already. */
  readonly firstLogin?: { readonly user: string; readonly password: string } | undefined
  /** Applies the plant's files as they are now; what was found, and what was changed, stands in the log. */
  reload(initiator: string): Promise<unknown>
  /** Drains and stops everything; calling it again changes nothing. */
  stop(): Promise<void>
}

/** Starts a plant; rejects with a MillraceError when it cannot. */
export type StartPlant = (start: PlantStart) => Promise<StartedPlant>

/** Options of the command, with the environment already taken in. */
export interface RunOptions {
  readonly port?: number
  readonly data?: string
  readonly certificates?: string
  /** Whether changes of the plant's files are applied as they are saved; they are unless it is false. */
  readonly watch?: boolean
  /** Whether somebody starts the program anew when it crashes. */
  readonly supervise?: boolean
  readonly logLevel: LogLevel
}

/** Adds `millrace [run] [folder]`, which is also what happens without a command. */
export function runCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('run', { isDefault: true })
    .description('run a plant folder; without one, the built-in demo plant')
    .argument('[folder]', 'folder with plant.yaml and pipelines/')
    .addOption(
      new Option('--port <port>', 'TCP port of the OPC UA server; 0 picks a free one (MILLRACE_PORT)').argParser(
        portOf,
      ),
    )
    .option('--data <folder>', 'folder of the database (MILLRACE_DATA)')
    .option('--certificates <folder>', 'folder of the certificates (MILLRACE_CERTIFICATES)')
    .option('--supervise', 'start the plant anew by itself after a crash')
    .option('--no-watch', 'apply changed files on SIGHUP only, not as they are saved')
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(logLevels).default('info'))
    .action(async (folder: string | undefined, options: RunOptions, { args }: Command) => {
      if (folder !== undefined) refuseMisspelling(folder, program)
      if (options.supervise && !terminal.environment.MILLRACE_SUPERVISED)
        throw new UsageError('--supervise works with the command millrace or npm start only')
      if (args.length > 1)
        throw new UsageError(`run takes one folder, but ${args.length} were given: ${args.join(', ')}`)
      const { startPlant } = await withPlant()
      finish(
        await run(folder, withEnvironment(options, terminal), terminal, {
          ...{ startPlant, stopped: stopSignal, onHangup, spreadNet },
        }),
      )
    })
}

/** The composition root brings the OPC UA stack with it, which only this command needs. */
async function withPlant(): Promise<{ startPlant: StartPlant }> {
  return { startPlant: async (start) => (await import('../plant.ts')).startPlant(start) }
}

/** What running needs besides: how to start, and a promise that resolves when it is to stop. */
export interface RunSurroundings {
  readonly startPlant: StartPlant
  stopped(): Promise<void>
  /** Calls back whenever the files are to be read again, until what it returns is called. */
  onHangup?(callback: () => void): () => void
  /** Catches what nobody else does, from before the plant is loaded until it has stopped. */
  spreadNet?(log: Logger): Net
}

/** Runs a plant until it is told to stop, and tells the exit code. */
export async function run(
  folder: string | undefined,
  options: RunOptions,
  terminal: Terminal,
  surroundings: RunSurroundings,
): Promise<ExitCode> {
  const isDemo = folder === undefined
  const plantFolder = folder ?? demoFolder()
  const plant = await loadPlant(plantFolder, { environment: terminal.environment })
  if (plant.definition) await writeSchemas(plantFolder, plant.catalogue)
  printFindings(plant, terminal)
  if (!isRunnable(plant)) return ExitCode.configuration
  const port = options.port ?? plant.definition.server.port
  const log = createLog({ level: options.logLevel })
  const net = surroundings.spreadNet?.(log)
  const stopped = surroundings.stopped()
  const starts = starting(port, () =>
    surroundings.startPlant({
      folder: plantFolder,
      plant,
      port,
      dataFolder: options.data ?? join(isDemo ? packageRoot : plantFolder, 'data'),
      certificatesFolder: options.certificates ?? join(packageRoot, 'certificates'),
      environment: terminal.environment,
      watchFiles: options.watch ?? true,
      ...(net && { rejections$: net.rejections$ }),
      log,
    }),
  )
  try {
    const started = await (net ? Promise.race([starts, net.broken]) : starts)
    if (!started) {
      terminal.endWithin?.(brokenStopMs)
      return ExitCode.software
    }
    const forgetHangup = surroundings.onHangup?.(() => {
      started.reload('SIGHUP').catch((error: unknown) => log.error(error))
    })
    terminal.out(bannerOf({ plant: plant.definition.plant, isDemo, ...started }, terminal))
    const code = await endOf(stopped, net)
    forgetHangup?.()
    // A plant that is broken may not come to its end by itself.
    if (code !== ExitCode.ok) terminal.endWithin?.(brokenStopMs)
    await started.stop()
    return code
  } finally {
    net?.remove()
  }
}

/** How long a plant may take to stop when something in it is broken, in milliseconds. */
const brokenStopMs = 10_000

/** Waits until the plant is to stop, and tells with which exit code. */
function endOf(stopped: Promise<void>, net: Net | undefined): Promise<ExitCode> {
  const asWanted = stopped.then(() => ExitCode.ok)
  return net ? Promise.race([asWanted, net.broken.then(() => ExitCode.software)]) : asWanted
}

/** Tells a port in use by its code, also when the operating system's own error comes through. */
async function starting(port: number, start: () => Promise<StartedPlant>): Promise<StartedPlant> {
  try {
    return await start()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new MillraceError('port-in-use', `port ${port} is in use`, { cause })
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new InvalidArgumentError('a port is a number from 0 to 65535.')
  return port
}

/** Options after the precedence flag, environment; the file and the default come behind. */
function withEnvironment(options: RunOptions, { environment }: Terminal): RunOptions {
  const { MILLRACE_PORT: port, MILLRACE_DATA: data, MILLRACE_CERTIFICATES: certificates } = environment
  const ofEnvironment = {
    ...(port ? { port: environmentPort(port) } : {}),
    ...(data ? { data } : {}),
    ...(certificates ? { certificates } : {}),
  }
  return { ...ofEnvironment, ...options }
}

function environmentPort(text: string): number {
  try {
    return portOf(text)
  } catch {
    throw new UsageError(`MILLRACE_PORT is '${text}'; a port is a number from 0 to 65535`)
  }
}

/** `millrace valdate` is a misspelt command rather than a folder that is missing. */
function refuseMisspelling(folder: string, program: Command): void {
  if (existsSync(folder) || /[/\\.]/.test(folder)) return
  const meant = didYouMean(
    folder,
    program.commands.map((command) => command.name()),
  )
  throw new UsageError(`'${folder}' is neither a command nor a folder${meant ? `; did you mean ${meant}?` : ''}`)
}
