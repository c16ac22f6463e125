import type { Logger } from 'pino'
import { merge, type Observable, Subscription, share } from 'rxjs'
import type { Actors } from './commands.ts'
import { type DeviceEntry, Devices } from './device/devices.ts'
import { IsolatedPlugins } from './isolation/isolated-plugins.ts'
import { LoopWatch } from './isolation/loop-watch.ts'
import type { RunnablePlant } from './load-plant.ts'
import { logEvents } from './log-events.ts'
import type { Clock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import type { TagSample } from './model/sample.ts'
import type { PipelineHost } from './pipeline/pipeline-host.ts'
import { Pipelines, type RememberedPipelines } from './pipeline/pipelines.ts'
import { PipelineWrites } from './pipeline-writes.ts'
import type { PlantDiff } from './plant-diff.ts'
import { describeDevice } from './plugin/describe.ts'
import { type ModuleOf, moduleOf } from './plugin/module-of.ts'
import { hashOf } from './plugin/pins.ts'
import { newRunId } from './run-id.ts'
import { Outlet } from './rx/outlet.ts'
import { Simulators, startSimulators } from './simulators.ts'

/** What a changed pipeline gets to end its wave and its `finally` steps before it is cancelled, in milliseconds. */
const ending = { graceMs: 5000, finallyMs: 5000 }

/** Stopping takes under two seconds in all, so `finally` steps that need longer are cut off. */
const closing = { graceMs: 200, finallyMs: 1000 }

/** The devices, pipelines and simulators of a plant, introduced to each other; they can become those of another definition. */
export class PlantParts implements Actors {
  readonly devices: Devices
  readonly pipelines: Pipelines
  readonly simulators: Simulators
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  readonly #subscription = new Subscription()
  readonly #isolation: IsolatedPlugins
  readonly #watch: LoopWatch
  /** What belongs to no device and no pipeline. */
  readonly #events = new Outlet<PlantEvent>()
  #plant: RunnablePlant

  private constructor(plant: RunnablePlant, simulators: Simulators, options: PartsOptions) {
    const { clock, log, remembered, versionInUse, certificatesFolder, onStalled, endHungMs } = options
    this.#plant = plant
    this.simulators = simulators
    const entries = entriesOf(plant, simulators)
    this.devices = new Devices({ entries, clock, certificatesFolder, log: (device) => logOf(log, device) })
    const writes = new PipelineWrites({
      clock,
      write: (tag, value, options) => this.devices.write(tag, value, options),
      connectionOf: (tag) => this.devices.byId(tag.split('.', 1)[0] ?? '')?.state,
      stateOf: (pipeline) => this.pipelines.byId(pipeline)?.state,
    })
    this.#isolation = new IsolatedPlugins({
      clock,
      log,
      moduleOf,
      refusal: (module) => changeOf(module, plant.files.folder),
    })
    this.#watch = new LoopWatch(
      {
        onBlocked: ({ pipeline, step, durationMs }) => this.pipelines.byId(pipeline)?.blocked(step, durationMs),
        onStalled: (durationMs) => onStalled?.(durationMs),
      },
      { endHungMs },
    )
    const host: PipelineHost = {
      clock,
      runId: newRunId,
      versionInUse,
      isolation: this.#isolation,
      watch: stepWatchOf(this.#watch),
      call: ({ device, method, inputs, signal }, pipeline) =>
        this.devices.call(device, method, inputs, { initiator: `pipeline:${pipeline}`, signal }),
      write: (samples, pipeline) => writes.write(samples, pipeline),
    }
    this.pipelines = new Pipelines(plant.pipelines, host, remembered)
    this.samples$ = merge(this.devices.samples$, this.pipelines.samples$).pipe(share())
    this.events$ = merge(this.devices.events$, this.pipelines.events$, this.#events.values$).pipe(share())
    this.#subscription.add(this.devices.samples$.subscribe((samples) => this.pipelines.feed(samples)))
    this.#subscription.add(this.pipelines.events$.subscribe((event) => writes.happened(event)))
    this.#subscription.add(() => writes.close())
    this.#subscription.add(logEvents(this.events$, log))
  }

  /** Starts the simulators of a plant and makes everything else, ready to be started. */
  static async make(plant: RunnablePlant, options: PartsOptions): Promise<PlantParts> {
    const simulators = new Simulators()
    await simulators.adopt(await startSimulators(plant.simulators, plant.catalogue))
    return new PlantParts(plant, simulators, options)
  }

  /** The definition that is in use. */
  get plant(): RunnablePlant {
    return this.#plant
  }

  /** Starts everything, but for the pipelines in `except`; whoever shows it is there already, so that no sample is lost. */
  start(except?: ReadonlySet<string>): void {
    this.pipelines.start(except)
    this.devices.start()
  }

  /**
   * Becomes the parts of another definition. Only what the difference touches ends and starts again; everything else goes on
   * and misses nothing. `show` is called in between, when everything new is there and nothing of it has begun.
   */
  async change(
    plant: RunnablePlant,
    diff: PlantDiff,
    { initiator, show }: { readonly initiator: string; readonly show: () => void },
  ): Promise<void> {
    const { reconnected, pipelines } = diff
    const changed = new Set([...pipelines.changed, ...pipelines.retyped])
    const isNew = new Set([...diff.devices.added, ...reconnected])
    const simulations = await startSimulators(
      plant.simulators.filter(({ device }) => isNew.has(device)),
      plant.catalogue,
    )
    const autoStarted = new Set(
      this.pipelines.all.filter(({ checked }) => checked.definition.autoStart).map(({ id }) => id),
    )
    const running = await this.pipelines.end([...changed, ...pipelines.removed], { initiator, ...ending })
    await this.devices.end([...reconnected, ...diff.devices.removed])
    await this.simulators.end([...reconnected, ...diff.devices.removed])
    await this.simulators.adopt(simulations)
    this.#plant = plant
    this.devices.replace(entriesOf(plant, this.simulators), reconnected)
    this.pipelines.replace(plant.pipelines, { changed, latest: (tag) => this.devices.latest(tag) })
    show()
    this.devices.start()
    for (const { id, state, checked } of this.pipelines.all) {
      if (!changed.has(id) && !pipelines.added.includes(id)) continue
      const isAwaited = running.has(id)
        ? checked.definition.trigger.kind !== 'once'
        : !autoStarted.has(id) && checked.definition.autoStart
      if (isAwaited && state === 'Ready') this.pipelines.byId(id)?.start({ initiator })
    }
  }

  /** Tells something that belongs to no device and no pipeline. */
  tell(event: PlantEvent): void {
    this.#events.next(event)
  }

  /** Somebody has looked at the plugins: those that were given up are started again. */
  forgivePlugins(): void {
    this.#isolation.forgive()
  }

  /** Ends everything; pipelines first, because their `finally` steps still need the devices. */
  async close(): Promise<void> {
    await this.pipelines.close(closing)
    await Promise.all([this.#isolation.close(), this.#watch.close()])
    await this.devices.close()
    this.#subscription.unsubscribe()
    await this.simulators.stop()
  }
}

/** What the parts of a plant need from outside. */
export interface PartsOptions {
  readonly clock: Clock
  readonly log: Logger
  /** What the pipelines were when the program ended; nothing when it is absent. */
  readonly remembered?: RememberedPipelines | undefined
  /** Number of the version of a pipeline's definition that is in use. */
  readonly versionInUse?: PipelineHost['versionInUse']
  /** Told when everything had to wait for so many milliseconds, not because of a step. */
  readonly onStalled?: ((durationMs: number) => void) | undefined
  /** See {@link LoopWatch}. */
  readonly endHungMs?: number | undefined
  /** The plant's folder for certificates, for device plugins that need some. */
  readonly certificatesFolder?: string | undefined
}

/** The devices of a definition, with the settings of simulators where there are some. */
export function entriesOf({ definition, catalogue }: RunnablePlant, simulators: Simulators): readonly DeviceEntry[] {
  return definition.devices.flatMap((each) => {
    const overridden = simulators.overridden(each)
    const plugin = catalogue.device(overridden.type)
    return plugin ? [{ definition: overridden, plugin, description: describeDevice(overridden, plugin) }] : []
  })
}

/** Plugins that come with Millrace are known to be quick; those of others are worth a look. */
function stepWatchOf(watch: LoopWatch): NonNullable<PipelineHost['watch']> {
  return {
    cells: watch.cells,
    enlist: ({ pipeline, steps, plugins }) => {
      const isDoubtful = plugins.some((plugin) => moduleOf(plugin)?.kind !== 'built-in')
      return watch.enlist({ pipeline, steps, isDoubtful })
    },
    release: (execution) => watch.release(execution),
  }
}

/** A thread loads its module anew, so it must still be the one that was loaded, checked and allowed when the plant was. */
async function changeOf({ kind, origin, hash }: ModuleOf, folder: string): Promise<string | undefined> {
  if (kind === 'built-in' || hash === undefined) return undefined
  try {
    if ((await hashOf({ kind, origin }, folder)) === hash) return undefined
  } catch (error) {
    return `plugin module ${origin} cannot be read: ${String(error)}; put it back, then start the plant again`
  }
  return `plugin module ${origin} has changed since it was loaded; start the plant again to use it as it is now`
}

function logOf(log: Logger, device: string) {
  const child = log.child({ device })
  return {
    debug: (message: string) => child.debug(message),
    info: (message: string) => child.info(message),
    warn: (message: string) => child.warn(message),
  }
}
