import type { DeviceEntry } from './device/devices.ts'
import { type ReadOnce, readOnce } from './device/read-once.ts'
import type { RunnablePlant } from './load-plant.ts'
import type { Clock } from './model/clock.ts'
import { MillraceError } from './model/errors.ts'
import { entriesOf } from './plant-parts.ts'
import type { Logger } from './plugin/define.ts'
import { Simulators, startSimulators } from './simulators.ts'

/** What a dry run needs. */
export interface DryRunOptions {
  readonly plant: RunnablePlant
  /** Ids of the devices to read; those that are enabled when it is absent. */
  readonly devices?: readonly string[] | undefined
  readonly clock: Clock
  readonly log: (device: string) => Logger
  readonly certificatesFolder?: string | undefined
  /** How long all of it may take. */
  readonly deadlineMs: number
}

/** A device that was read once, or could not be. */
export interface DryRead extends ReadOnce {
  readonly entry: DeviceEntry
  readonly isSimulated: boolean
}

/** Lines that are tried at the same time. */
const atOnceMax = 16

/**
 * Reads devices of a plant once, in the order of the plant file. Simulators are started as they are for a run; everything else
 * stays as it is: no pipeline, no server, no database, no write.
 *
 * Devices on one line are read one after the other, so that one that is silent costs the others nothing of their time.
 */
export async function dryRun({
  plant,
  devices,
  clock,
  log,
  certificatesFolder,
  deadlineMs,
}: DryRunOptions): Promise<readonly DryRead[]> {
  const isWanted = wantedOf(plant, devices)
  const simulators = new Simulators()
  const controller = new AbortController()
  // The clock's timers let the process end, but a plugin that waits for nothing must not end it.
  const keepAlive = setInterval(() => {}, 60_000)
  const cancelDeadline = clock.after(deadlineMs, () => controller.abort(late(deadlineMs)))
  try {
    await simulators.adopt(await started(plant, isWanted))
    const entries = entriesOf(plant, simulators).filter(({ definition }) => isWanted(definition.id))
    const readById = new Map<string, DryRead>()
    const context = { clock, certificatesFolder, signal: controller.signal }
    const lines = [...Map.groupBy(entries, lineOf).values()]
    const work = async (): Promise<void> => {
      for (let line = lines.shift(); line; line = lines.shift()) {
        for (const entry of line) {
          const { id } = entry.definition
          const read = await readOnce(entry, { ...context, log: log(id) })
          readById.set(id, { ...read, entry, isSimulated: simulators.byDevice.has(id) })
        }
      }
    }
    await Promise.all(Array.from({ length: atOnceMax }, work))
    return entries.flatMap(({ definition }) => readById.get(definition.id) ?? [])
  } finally {
    cancelDeadline()
    clearInterval(keepAlive)
    await simulators.stop()
  }
}

function wantedOf({ definition }: RunnablePlant, devices: readonly string[] | undefined): (id: string) => boolean {
  const ids = devices ?? definition.devices.filter(({ enabled }) => enabled).map(({ id }) => id)
  const wanted = new Set(ids)
  return (id) => wanted.has(id)
}

async function started({ simulators, catalogue }: RunnablePlant, isWanted: (id: string) => boolean) {
  const definitions = simulators.filter(({ device }) => isWanted(device))
  try {
    return await startSimulators(definitions, catalogue)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new MillraceError('port-in-use', 'the port of a simulator is in use; does the plant run already?', { cause })
  }
}

/** What devices that share a line have in common, as far as their configuration tells: host and port, or a serial port. */
function lineOf({ definition: { id, config } }: DeviceEntry): string {
  const { host, port, path } = config
  if (typeof path === 'string' && path !== '') return path
  return typeof host === 'string' ? `${host}:${port}` : `#${id}`
}

function late(deadlineMs: number): MillraceError {
  return new MillraceError('timed-out', `the dry run did not end within ${deadlineMs / 1000} s`)
}
