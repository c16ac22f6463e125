import type { Logger } from 'pino'
import { Subscription } from 'rxjs'
import type { Clock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import { good, type Sample } from './model/sample.ts'
import { parameterTag } from './model/tag.ts'
import type { ConditionState } from './opcua/alarms/condition-state.ts'
import type { ConditionStore } from './opcua/alarms/condition-store.ts'
import type { RememberedPipelines } from './pipeline/pipelines.ts'
import type { PlantParts } from './plant-parts.ts'
import type { DatabaseNotice } from './sqlite/open-migrated.ts'
import type { StoredRun } from './store/run-store.ts'
import { openStore, type Store } from './store/store.ts'
import type { VersionStore } from './version-store.ts'

/** What keeping the state of a plant needs. */
export interface DurableStateOptions {
  /** The database; it and its folder are made when they are missing. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
}

/** What is followed. */
export interface Followed {
  readonly parts: Pick<PlantParts, 'events$' | 'pipelines' | 'plant'>
}

/** How many writes may wait for the disk; more are dropped, and the log tells how many. */
const waitingMax = 10_000

/** How long a run is kept after it started: two years. */
const runsKeptMs = 730 * 86_400_000
/** Most runs that are forgotten at once, so that no start waits long for it. */
const runsForgottenMax = 50_000

/**
 * Keeps in one database what a plant needs to come back as it was: versions, runs, parameters, states and conditions.
 *
 * The plant does not wait for the disk: what happens is written behind it, in its order. A write that fails is told in the
 * log, and the plant runs on.
 */
export class DurableState {
  /** The pipelines as they were when the program ended. */
  readonly remembered: RememberedPipelines
  readonly #store: Store<ConditionState>
  readonly #log: Logger
  readonly #subscription = new Subscription()
  /** What went wrong in runs that are about to end, by their ids: the event of the end follows at once. */
  readonly #errors = new Map<string, string>()
  #known: ReadonlySet<string>
  #writing: Promise<void> = Promise.resolve()
  #waiting = 0
  #dropped = 0
  #closing: Promise<void> | undefined

  private constructor(store: Store<ConditionState>, remembered: RememberedPipelines, log: Logger) {
    this.#store = store
    this.remembered = remembered
    this.#known = new Set(remembered.keys())
    this.#log = log
  }

  /**
   * Opens the database, tells what was found, and ends the runs that a crash has cut off. Rejects with a MillraceError of a
   * `database-` code, or `file-unreadable`, and leaves nothing open then.
   */
  static async open({ file, clock, log }: DurableStateOptions): Promise<DurableState> {
    const onError = (error: unknown): void => log.error(`a condition is not kept for now: ${messageOf(error)}`)
    const store = await openStore<ConditionState>({ file, clock, onError })
    try {
      for (const notice of store.notices) log[levelByNotice[notice.kind]](notice.message)
      await endOpenRuns(store, clock, log)
      await store.runs.removeBefore(clock.now() - runsKeptMs, runsForgottenMax)
      return new DurableState(store, await rememberedOf(store), log)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** The versions of all definitions. */
  get definitions(): VersionStore {
    return this.#store.definitions
  }

  /** The conditions, with the EventIds that clients know. */
  get conditions(): ConditionStore {
    return this.#store.conditions
  }

  /** A run, for whoever wants to know where a result came from; one that has just been started is found too. */
  async run(runId: string): Promise<StoredRun | undefined> {
    await this.#writing
    return this.#store.runs.find(runId)
  }

  /** Begins to keep what happens; call it before anything starts. */
  follow(followed: Followed): void {
    this.keepOnly(followed.parts.plant.definition.pipelines)
    this.#subscription.add(followed.parts.events$.subscribe((event) => this.#take(event, followed)))
  }

  /** Forgets the states and parameters of pipelines that are in the plant no more; their runs and versions stay. */
  keepOnly(pipelines: readonly { readonly id: string }[]): void {
    const now = new Set(pipelines.map(({ id }) => id))
    for (const id of this.#known) {
      if (!now.has(id)) this.#write(`pipeline ${id}`, () => this.#store.plantState.forget(id))
    }
    this.#known = now
  }

  /** Keeps nothing more; resolves when everything that was taken is durable and the database is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#subscription.unsubscribe()
    await this.#writing
    if (this.#dropped > 0) this.#log.error(`${this.#dropped} changes were not kept: the disk was too slow for them`)
    await this.#store.close()
  }

  #take(event: PlantEvent, { parts }: Followed): void {
    if (event.kind === 'pipelineStarted') {
      const { pipeline, runId, initiator, time: startedAt } = event
      const about = { runId, pipeline, trigger: triggerOf(initiator), initiator, startedAt }
      const version = event.version || undefined
      const parameters = parametersOf(parts, pipeline)
      this.#write(`run ${runId}`, () => this.#store.runs.start({ ...about, version, parameters }))
    } else if (event.kind === 'pipelineFailed') {
      this.#errors.set(event.runId, event.message)
    } else if (event.kind === 'pipelineCompleted') {
      const { runId, outcome, cycles, results, time: endedAt } = event
      const end = { endedAt, outcome, cycles, results, error: this.#errors.get(runId) }
      this.#errors.delete(runId)
      this.#write(`run ${runId}`, () => this.#store.runs.end(runId, end))
    } else if (event.kind === 'programTransitioned' && event.initiator !== 'shutdown') {
      // The end of the program, which halts all of them, is no state to come back in.
      const { pipeline, to: state, time, runId } = event
      const isActive = state === 'Running' || state === 'Suspended'
      const program = { pipeline, state, time, ...(isActive ? { runId } : {}) }
      this.#write(`the state of pipeline ${pipeline}`, () => this.#store.plantState.saveProgram(program))
    } else if (event.kind === 'parameterChanged') {
      const { pipeline, parameter: name, newValue, time } = event
      const parameter = { pipeline, name, sample: good(newValue, time) }
      this.#write(`parameter ${name} of ${pipeline}`, () => this.#store.plantState.saveParameter(parameter))
    }
  }

  #write(what: string, write: () => Promise<unknown>): void {
    if (this.#waiting >= waitingMax) {
      this.#dropped++
      return
    }
    this.#waiting++
    this.#writing = this.#writing
      .then(write)
      .then(
        () => undefined,
        (error: unknown) => this.#log.error(`${what} is not kept: ${messageOf(error)}; the plant runs on`),
      )
      .finally(() => this.#waiting--)
  }
}

const levelByNotice = {
  created: 'info',
  migrated: 'info',
  salvaged: 'warn',
  movedAside: 'error',
} as const satisfies Record<DatabaseNotice['kind'], keyof Logger>

async function endOpenRuns({ runs }: Store<ConditionState>, clock: Clock, log: Logger): Promise<void> {
  for (const { runId, pipeline } of await runs.open()) {
    const error = 'the program ended while it ran'
    await runs.end(runId, { endedAt: clock.now(), outcome: 'Halted', cycles: 0, results: [], error })
    log.warn(`run ${runId} of pipeline ${pipeline} was cut off when the program ended; it is kept as Halted`)
  }
}

async function rememberedOf({ plantState }: Store<ConditionState>): Promise<RememberedPipelines> {
  const parametersById = Map.groupBy(await plantState.parameters(), ({ pipeline }) => pipeline)
  const stateById = new Map((await plantState.programs()).map(({ pipeline, state }) => [pipeline, state]))
  const ids = new Set([...parametersById.keys(), ...stateById.keys()])
  return new Map(
    Array.from(ids, (id) => {
      const parameters = new Map((parametersById.get(id) ?? []).map(({ name, sample }) => [name, sample]))
      return [id, { state: stateById.get(id), parameters }]
    }),
  )
}

function parametersOf({ plant, pipelines }: Followed['parts'], pipeline: string): Record<string, Sample> {
  const { parameters = [] } = plant.definition.pipelines.find(({ id }) => id === pipeline) ?? {}
  return Object.fromEntries(
    parameters.flatMap(({ name }) => {
      const sample = pipelines.latest(parameterTag(pipeline, name))
      return sample ? [[name, sample]] : []
    }),
  )
}

/** `auto`, `schedule` and `restart` say so themselves; everybody else is a job or a user. */
function triggerOf(initiator: string): string {
  if (initiator.startsWith('job:')) return 'job'
  return ['auto', 'schedule', 'restart'].includes(initiator) ? initiator : 'user'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
