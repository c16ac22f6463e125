import { join } from 'node:path'
import type { Logger } from 'pino'
import { merge, type Observable, ReplaySubject } from 'rxjs'
import { accessOf } from './anonymous-access.ts'
import type { Actors } from './commands.ts'
import { Deployment } from './deployment.ts'
import { DurableState } from './durable-state.ts'
import { EventHistory } from './event-history.ts'
import { warnOfExposedFiles } from './exposed-files.ts'
import { Historian } from './historian.ts'
import type { Jobs } from './jobs/jobs.ts'
import { logEvents } from './log-events.ts'
import { type Clock, systemClock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import type { Finding } from './model/finding.ts'
import type { TagSample } from './model/sample.ts'
import type { RunningServer } from './opcua/server.ts'
import { endHungMsOf, PlantHealth } from './plant-health.ts'
import { plantJobs } from './plant-jobs.ts'
import type { PlantOptions } from './plant-options.ts'
import { PlantParts } from './plant-parts.ts'
import { firstOf, usersOf } from './plant-users.ts'
import type { Simulation } from './plugin/define.ts'
import { servePlant } from './serve-plant.ts'
import { lockFolder } from './sqlite/folder-lock.ts'
import type { FirstLogin } from './users/users.ts'
import { memoryVersionStore } from './version-store.ts'
import { type PlantWatch, watchPlant } from './watch-plant.ts'

/** Events that wait for the server to start. */
const earlyMax = 1000

/** A plant that runs. */
export interface RunningPlant extends Actors {
  /** Every URL at which clients reach it. */
  readonly urls: readonly string[]
  /** What may be done without a login, one sentence each. */
  readonly access: readonly string[]
  /** Simulators that stand in for devices, by the id of the device. */
  readonly simulationByDevice: ReadonlyMap<string, Simulation>
  /** The samples of all tags, in batches. */
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  /** The administrator that this start has made, because there was no user: to be shown once, and to nobody else. */
  readonly firstLogin: FirstLogin | undefined
  /** Changes of the definition while it runs. */
  readonly deployment: Deployment
  /** Applies the plant's files as they are now, and tells what was found; with an error among it nothing changes. */
  reload(initiator: string): Promise<readonly Finding[]>
  /** Trusts a client certificate that was refused, by its thumbprint; false when there is none. */
  trust(thumbprint: string): Promise<boolean>
  /** Lets runs end, with their `finally` steps, and stops everything; calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Starts a plant: the composition root, the only place that knows everybody.
 *
 * Sinks start before sources, so that the first sample is not lost: the server, then the pipelines, then the devices.
 * Rejects with a MillraceError (`port-in-use`, `certificate-unusable`, `database-locked` and the like) and leaves nothing running then.
 */
export async function startPlant(options: PlantOptions): Promise<RunningPlant> {
  const { plant, log, clock = systemClock } = options
  // Before anything is read: what another program writes there would be taken for what a crash has left.
  const unlock = options.dataFolder === undefined ? async () => undefined : await lockFolder(options.dataFolder)
  const state = await stateOf(options, clock).catch(async (error) => {
    await unlock()
    throw error
  })
  const versionInUse = (pipeline: string): number => deployment.versionInUse(pipeline)
  const health = new PlantHealth({ clock, state, historian: () => historian })
  const parts = await PlantParts.make(plant, {
    ...{ clock, log, remembered: state?.remembered, versionInUse },
    certificatesFolder: options.certificatesFolder,
    onStalled: (durationMs) => health.stalled(durationMs),
    endHungMs: endHungMsOf(options.environment),
  }).catch(async (error) => {
    await state?.close().finally(unlock)
    throw error
  })
  const historian = historianOf(options, clock)
  const events = historian && eventHistoryOf(historian, options, clock)
  const users = state && !options.users ? await usersOf(state, clock) : undefined
  let server: RunningServer | undefined
  const deployment = new Deployment({
    parts,
    store: state?.definitions ?? memoryVersionStore(),
    clock,
    log,
    environment: options.environment,
    show: (message) => {
      void historian?.use(parts.plant)
      state?.keepOnly(parts.plant.definition.pipelines)
      server?.change(message)
      jobs.pipelinesChanged()
    },
    onLooked: () => jobs.pipelinesChanged(),
    isOfJob: (pipeline) => jobs.isAtWork(pipeline),
  })
  const jobs = plantJobs({ ...{ parts, deployment, clock, log }, state, events })
  let watch: PlantWatch | undefined
  const told = toldBefore(historian, state, log)
  try {
    await deployment.begin()
    state?.follow({
      parts,
      // A plant that stops meanwhile keeps nothing more.
      onReplaced: () => {
        for (const keeper of [deployment, users]) void keeper?.keepAgain().catch(() => undefined)
      },
    })
    await historian?.use(plant)
    historian?.follow(parts.samples$)
    const shown = { deploying: deployment, history: historian, ...{ events, state, told, jobs, health } }
    server = await servePlant(options, parts, { ...shown, users })
    await warnOfExposedFiles(options, log)
    watch = options.watchFiles ? await watchFiles(plant.files.folder, { deployment, clock, log }) : undefined
  } catch (error) {
    await closeAll({ server, deployment, parts, watch, historian, events, state, jobs, health, unlock })
    throw error
  }
  events?.start()
  parts.start(jobs.claimed)
  jobs.begin()
  // Now, that the server listens: a start that failed would have told the secret to nobody.
  const firstLogin = await firstOf(users, log)
  const running = server
  health.start({ parts, server: running, rejections$: options.rejections$ })
  let stopping: Promise<void> | undefined
  return {
    devices: parts.devices,
    pipelines: parts.pipelines,
    samples$: parts.samples$,
    events$: historian ? merge(parts.events$, historian.events$) : parts.events$,
    urls: running.urls,
    access: accessOf(plant.definition.server.anonymous),
    simulationByDevice: parts.simulators.byDevice,
    firstLogin,
    deployment,
    reload: (initiator) => deployment.reload({ initiator, comment: '' }),
    trust: (thumbprint) => running.trust(thumbprint),
    stop() {
      stopping ??= closeAll({
        server: running,
        deployment,
        parts,
        watch,
        historian,
        events,
        state,
        jobs,
        health,
        unlock,
      })
      return stopping
    },
  }
}

function historianOf({ dataFolder, log }: PlantOptions, clock: Clock): Historian | undefined {
  return dataFolder === undefined ? undefined : new Historian({ file: join(dataFolder, 'history.db'), clock, log })
}

function eventHistoryOf(historian: Historian, { log, plant }: PlantOptions, clock: Clock): EventHistory {
  const { keepEventsMs } = plant.definition.history
  const events = new EventHistory({
    ...{ clock, log, keepMs: keepEventsMs },
    keep: (work) => historian.keep(work),
    ask: (work) => historian.ask(work),
    onLost: (lost) => historian.lostEvents(lost),
  })
  historian.countEvents(() => events.counts)
  return events
}

async function stateOf({ dataFolder, log }: PlantOptions, clock: Clock): Promise<DurableState | undefined> {
  return dataFolder === undefined ? undefined : DurableState.open({ file: join(dataFolder, 'meta.db'), clock, log })
}

/** Events of the historian and of the time before the start: they happen before there is a server that could tell them. */
function toldBefore(historian: Historian | undefined, state: DurableState | undefined, log: Logger) {
  const told = new ReplaySubject<PlantEvent>(earlyMax)
  for (const event of [...(state?.cutOff ?? []), ...(state?.jobs.untold ?? [])]) told.next(event)
  logEvents(told, log).unsubscribe()
  historian?.events$.subscribe(told)
  return told
}

function watchFiles(
  folder: string,
  { deployment, clock, log }: { deployment: Deployment; clock: Clock; log: Logger },
): Promise<PlantWatch> {
  return watchPlant(folder, {
    clock,
    onChange: () => {
      deployment.reload({ initiator: 'file', comment: '' }).catch((error: unknown) => log.error(error))
    },
    onError: (error) =>
      log.warn(`the files of the plant cannot be watched: ${String(error)}; send SIGHUP after a change`),
  })
}

/** First nothing changes any more, then the runs end and their last samples are kept, and the server last: clients see how it ends. */
async function closeAll({
  server,
  deployment,
  parts,
  watch,
  historian,
  events,
  state,
  jobs,
  health,
  unlock,
}: {
  readonly server: RunningServer | undefined
  readonly deployment: Deployment
  readonly parts: PlantParts
  readonly watch: PlantWatch | undefined
  readonly historian: Historian | undefined
  readonly events: EventHistory | undefined
  readonly state: DurableState | undefined
  readonly jobs: Jobs
  readonly health: PlantHealth
  readonly unlock: () => Promise<unknown>
}): Promise<void> {
  health.stopping()
  await watch?.stop()
  // What the end of the plant does to a run is not what becomes of its job: that is decided at the next start.
  jobs.stop()
  await deployment.close()
  await parts
    .close()
    .finally(() => historian?.stop())
    .finally(() => server?.stop())
    .finally(() => events?.stop())
    .finally(() => historian?.close())
    .finally(() => state?.close())
    .finally(unlock)
    .finally(() => health.stop())
}
