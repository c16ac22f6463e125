import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { merge, type Observable, Subscription, share } from 'rxjs'
import * as commands from './commands.ts'
import { Devices } from './device/devices.ts'
import type { RunnablePlant } from './load-plant.ts'
import { logEvents } from './log-events.ts'
import { type Clock, systemClock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import type { TagSample } from './model/sample.ts'
import { isGood, statusName } from './model/status.ts'
import type { PlantView } from './opcua/plant-view.ts'
import { startServer } from './opcua/server.ts'
import { Pipelines } from './pipeline/pipelines.ts'
import type { Catalogue } from './plugin/catalogue.ts'
import type { Simulation } from './plugin/define.ts'
import { describeDevice } from './plugin/describe.ts'
import { startSimulators } from './simulators.ts'

/** What a plant needs to run. */
export interface PlantOptions {
  readonly plant: RunnablePlant
  /** TCP port of the OPC UA server; 0 picks a free one. */
  readonly port: number
  readonly certificatesFolder: string
  readonly log: Logger
  readonly clock?: Clock
  /** Watches the certificate folder for files that are moved by hand; on unless a test turns it off. */
  readonly watchCertificates?: boolean
}

/** A plant that runs. */
export interface RunningPlant extends commands.Actors {
  /** Every URL at which clients reach it. */
  readonly urls: readonly string[]
  /** What may be done without a login, one sentence each. */
  readonly access: readonly string[]
  /** Simulators that stand in for devices, by the id of the device. */
  readonly simulationByDevice: ReadonlyMap<string, Simulation>
  /** The samples of all tags, in batches. */
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  /** Trusts a client certificate that was refused, by its thumbprint; false when there is none. */
  trust(thumbprint: string): Promise<boolean>
  /** Lets runs end, with their `finally` steps, and stops everything; calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Starts a plant: the composition root, the only place that knows everybody.
 *
 * Sinks start before sources, so that the first sample is not lost: the server, then the pipelines, then the devices.
 * Rejects with a MillraceError (`port-in-use`, `certificate-unusable`) and leaves nothing running then.
 */
export async function startPlant(options: PlantOptions): Promise<RunningPlant> {
  const { plant, log, clock = systemClock } = options
  const simulators = await startSimulators(plant.simulators, plant.definition.devices, plant.catalogue)
  const devices = devicesOf(simulators.devices, plant.catalogue, { clock, log })
  const wired = wire({ plant, devices, clock, log })
  const view = viewOf(plant, wired)
  const { server: settings } = plant.definition
  const server = await startServer({
    view,
    port: options.port,
    bind: settings.bind,
    name: settings.name,
    nodesets: plant.nodesets,
    certificatesFolder: options.certificatesFolder,
    anonymous: settings.anonymous,
    allowUnsecured: settings.allowUnsecured,
    log: (level, message) => log[level](message),
    ...(options.watchCertificates === undefined ? {} : { watchCertificates: options.watchCertificates }),
  }).catch(async (error: unknown) => {
    await close(wired, simulators.stop)
    throw error
  })
  wired.pipelines.start()
  wired.devices.start()
  let stopping: Promise<void> | undefined
  return {
    ...wired,
    urls: server.urls,
    access: accessOf(settings.anonymous),
    simulationByDevice: simulators.simulationByDevice,
    trust: (thumbprint) => server.trust(thumbprint),
    stop() {
      stopping ??= close(wired, simulators.stop).finally(() => server.stop())
      return stopping
    },
  }
}

interface Wired extends commands.Actors {
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  readonly subscription: Subscription
}

type DeviceEntries = ConstructorParameters<typeof Devices>[0]['entries']

/** The devices, with the settings of simulators where there are some. */
function devicesOf(
  definitions: RunnablePlant['definition']['devices'],
  catalogue: Catalogue,
  { clock, log }: { clock: Clock; log: Logger },
): Devices {
  const entries: DeviceEntries = definitions.flatMap((definition) => {
    const plugin = catalogue.device(definition.type)
    return plugin ? [{ definition, plugin, description: describeDevice(definition, plugin) }] : []
  })
  return new Devices({ entries, clock, log: (device) => logOf(log, device) })
}

function logOf(log: Logger, device: string) {
  const child = log.child({ device })
  return {
    debug: (message: string) => child.debug(message),
    info: (message: string) => child.info(message),
    warn: (message: string) => child.warn(message),
  }
}

/** Introduces devices and pipelines to each other. */
function wire({
  plant,
  devices,
  clock,
  log,
}: {
  plant: RunnablePlant
  devices: Devices
  clock: Clock
  log: Logger
}): Wired {
  const pipelines = new Pipelines(plant.pipelines, {
    clock,
    runId: () => randomUUID(),
    call: ({ device, method, inputs, signal }) =>
      devices.call(device, method, inputs, { initiator: 'pipeline', signal }),
    write: (samples) => {
      for (const { tag, sample } of samples) writeSample(devices, tag, sample.value, log)
    },
  })
  const samples$ = merge(devices.samples$, pipelines.samples$).pipe(share())
  const events$ = merge(devices.events$, pipelines.events$).pipe(share())
  const subscription = new Subscription()
  subscription.add(devices.samples$.subscribe((samples) => pipelines.feed(samples)))
  subscription.add(logEvents(events$, log))
  return { devices, pipelines, samples$, events$, subscription }
}

/** A refused write of a pipeline is told by the device's event; here it must only not go unseen. */
function writeSample(devices: Devices, tag: string, value: TagSample['sample']['value'], log: Logger): void {
  devices.write(tag, value, { initiator: 'pipeline' }).then(
    (status) => {
      if (!isGood(status)) log.debug(`${tag} was not written: ${statusName(status)}`)
    },
    (error: unknown) => log.error(error),
  )
}

/** Pipelines first: their `finally` steps still need the devices. */
async function close({ devices, pipelines, subscription }: Wired, stopSimulators: () => Promise<void>): Promise<void> {
  await pipelines.close(closing)
  await devices.close()
  subscription.unsubscribe()
  await stopSimulators()
}

/** Stopping takes under two seconds in all, so `finally` steps that need longer are cut off. */
const closing = { graceMs: 200, finallyMs: 1000 }

/** What the address space sees of the plant. */
function viewOf({ definition, pipelines: checked }: RunnablePlant, wired: Wired): PlantView {
  const { devices, pipelines, samples$, events$ } = wired
  return {
    id: definition.plant,
    name: definition.server.name,
    equipment: definition.equipment,
    devices: devices.all.map(({ description }) => description),
    pipelines: checked.map(({ description }) => description),
    samples$,
    events$,
    latest: (tag) => devices.latest(tag) ?? pipelines.latest(tag),
    programState: (id) => pipelines.byId(id)?.state ?? 'Halted',
    lastTransition: (id) => pipelines.byId(id)?.lastTransition,
    start: async (id, initiator) => commands.start(wired, id, { initiator }),
    stop: async (id, initiator) => commands.stop(wired, id, { initiator }),
    suspend: async (id, initiator) => commands.suspend(wired, id, { initiator }),
    resume: async (id, initiator) => commands.resume(wired, id, { initiator }),
    halt: async (id, initiator) => commands.halt(wired, id, { initiator }),
    reset: async (id, initiator) => commands.reset(wired, id, { initiator }),
    setParameter: async (pipeline, name, value, initiator) =>
      commands.setParameter(wired, { pipeline, name, value }, { initiator }),
    write: (tag, value, initiator) => commands.write(wired, tag, value, { initiator }),
    call: (device, method, inputs, initiator) => commands.call(wired, { device, method, inputs }, { initiator }),
    connect: async (device) => commands.connect(wired, device),
    disconnect: (device) => commands.disconnect(wired, device),
    resetBreaker: async (device) => commands.resetBreaker(wired, device),
  }
}

function accessOf(anonymous: 'none' | 'observe' | 'operate'): readonly string[] {
  switch (anonymous) {
    case 'none':
      return []
    case 'observe':
      return ['browse, read and subscribe to everything']
    case 'operate':
      return [
        'browse, read and subscribe to everything',
        'start and stop pipelines, call device methods',
        'write parameters and writable tags',
      ]
  }
}
