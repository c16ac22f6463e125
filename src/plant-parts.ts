import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { merge, type Observable, Subscription, share } from 'rxjs'
import type { Actors } from './commands.ts'
import { type DeviceEntry, Devices } from './device/devices.ts'
import type { RunnablePlant } from './load-plant.ts'
import { logEvents } from './log-events.ts'
import type { Clock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import type { TagSample } from './model/sample.ts'
import { isGood, statusName } from './model/status.ts'
import type { PipelineHost } from './pipeline/pipeline-host.ts'
import { Pipelines, type RememberedPipelines } from './pipeline/pipelines.ts'
import type { PlantDiff } from './plant-diff.ts'
import { describeDevice } from './plugin/describe.ts'
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
  #plant: RunnablePlant

  private constructor(plant: RunnablePlant, simulators: Simulators, options: PartsOptions) {
    const { clock, log, remembered, versionInUse } = options
    this.#plant = plant
    this.simulators = simulators
    this.devices = new Devices({ entries: entriesOf(plant, simulators), clock, log: (device) => logOf(log, device) })
    const host: PipelineHost = {
      clock,
      runId: () => randomUUID(),
      versionInUse,
      call: ({ device, method, inputs, signal }) =>
        this.devices.call(device, method, inputs, { initiator: 'pipeline', signal }),
      write: (samples) => {
        for (const { tag, sample } of samples) this.#write(tag, sample.value, log)
      },
    }
    this.pipelines = new Pipelines(plant.pipelines, host, remembered)
    this.samples$ = merge(this.devices.samples$, this.pipelines.samples$).pipe(share())
    this.events$ = merge(this.devices.events$, this.pipelines.events$).pipe(share())
    this.#subscription.add(this.devices.samples$.subscribe((samples) => this.pipelines.feed(samples)))
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

  /** Starts everything; whoever shows it is there already, so that no sample is lost. */
  start(): void {
    this.pipelines.start()
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

  /** Ends everything; pipelines first, because their `finally` steps still need the devices. */
  async close(): Promise<void> {
    await this.pipelines.close(closing)
    await this.devices.close()
    this.#subscription.unsubscribe()
    await this.simulators.stop()
  }

  /** A refused write of a pipeline is told by the device's event; here it must only not go unseen. */
  #write(tag: string, value: TagSample['sample']['value'], log: Logger): void {
    this.devices.write(tag, value, { initiator: 'pipeline' }).then(
      (status) => {
        if (!isGood(status)) log.debug(`${tag} was not written: ${statusName(status)}`)
      },
      (error: unknown) => log.error(error),
    )
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
}

/** The devices of a definition, with the settings of simulators where there are some. */
export function entriesOf({ definition, catalogue }: RunnablePlant, simulators: Simulators): readonly DeviceEntry[] {
  return definition.devices.flatMap((each) => {
    const overridden = simulators.overridden(each)
    const plugin = catalogue.device(overridden.type)
    return plugin ? [{ definition: overridden, plugin, description: describeDevice(overridden, plugin) }] : []
  })
}

function logOf(log: Logger, device: string) {
  const child = log.child({ device })
  return {
    debug: (message: string) => child.debug(message),
    info: (message: string) => child.info(message),
    warn: (message: string) => child.warn(message),
  }
}
