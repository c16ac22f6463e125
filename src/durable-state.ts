import type { Logger } from 'pino'
import { Subscription } from 'rxjs'
import { DurableJobs } from './durable-jobs.ts'
import { forgetOld } from './forget-old.ts'
import { LastValues } from './last-values.ts'
import type { Clock } from './model/clock.ts'
import { messageOf } from './model/errors.ts'
import type { PlantEvent } from './model/event.ts'
import { good, type Sample } from './model/sample.ts'
import { Status } from './model/status.ts'
import { parameterTag } from './model/tag.ts'
import type { ConditionState } from './opcua/alarms/condition-state.ts'
import type { ConditionStore } from './opcua/alarms/condition-store.ts'
import { quietLog } from './opcua/quiet-log.ts'
import type { RememberedPipelines } from './pipeline/pipelines.ts'
import type { PlantParts } from './plant-parts.ts'
import { type RecoveredState, recoverState } from './recover-state.ts'
import type { DatabaseNotice, OpenMigratedOptions } from './sqlite/open-migrated.ts'
import { triggerOf, writeOfParameter, writeOfProgram, writeOfRun } from './state-writes.ts'
import { type AuditEntry, entryAppended } from './store/audit-store.ts'
import { othersForgotten, type StoredProgram } from './store/plant-state-store.ts'
import type { RunEnd, RunStart, StoredRun } from './store/run-store.ts'
import { openStore, type Store } from './store/store.ts'
import type { UserStore } from './store/user-store.ts'
import type { Write, WriteHealth } from './store/write-queue.ts'
import { tellDamage, tellHealth, tellNotices } from './tell-state.ts'
import type { VersionStore } from './version-store.ts'

/** What keeping the state of a plant needs. */
export interface DurableStateOptions {
  /** The database; it and its folder are made when they are missing. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
  /** How the database is opened; a test gives it less room or less patience. */
  readonly database?: Pick<OpenMigratedOptions, 'adapter' | 'busyTimeoutMs' | 'pagesMax'>
}

/** What is followed. */
export interface Followed {
  readonly parts: Pick<PlantParts, 'events$' | 'pipelines' | 'plant'>
  /** Told when the database was replaced: the versions in use may be missing in it. */
  onReplaced?(): void
}

/** How long runs and the audit trail are kept: two years. */
const keptMs = 730 * 86_400_000

/** How long a client waits at most for what it has changed to be kept, in milliseconds. */
const deadlineMs = 2000

/**
 * Keeps in one database what a plant needs to come back as it was: versions, runs, parameters, states, last values and
 * conditions; and who has done what.
 *
 * The plant does not wait for the disk: what happens is written behind it, in its order, and tried again for as long as the
 * database fails. A client that changes something waits for that, see {@link DurableState.kept}.
 */
export class DurableState {
  /** The pipelines as they were when the program ended. */
  readonly remembered: RememberedPipelines
  /** The runs that the end of the program has cut off, to be told when somebody can hear it. */
  readonly cutOff: RecoveredState['cutOff']
  /** The job orders. */
  readonly jobs: DurableJobs
  readonly #store: Store<ConditionState>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #subscription = new Subscription()
  /** What is in the database, or on its way there: it is written again when the database has to be replaced. */
  readonly #programs = new Map<string, Write>()
  readonly #parameters = new Map<string, Write>()
  readonly #runs = new Map<string, RunStart>()
  /** What went wrong in runs that are about to end, by their ids: the event of the end follows at once. */
  readonly #errors = new Map<string, string>()
  readonly #values: LastValues
  #followed: Followed | undefined
  #stopForgetting: () => Promise<void> = async () => {}
  #closing: Promise<void> | undefined

  private constructor(
    store: Store<ConditionState>,
    { jobs, ...recovered }: RecoveredState & { readonly jobs: DurableJobs },
    { clock, log }: DurableStateOptions,
  ) {
    this.#store = store
    this.jobs = jobs
    this.#clock = clock
    this.#log = log
    this.remembered = recovered.remembered
    this.cutOff = recovered.cutOff
    for (const program of recovered.programs) this.#programs.set(program.pipeline, writeOfProgram(program))
    for (const parameter of recovered.parameters) {
      this.#parameters.set(parameterTag(parameter.pipeline, parameter.name), writeOfParameter(parameter))
    }
    this.#values = new LastValues({ queue: store.queue, clock, saved: recovered.values })
  }

  /**
   * Opens the database, tells what was found, and ends the runs that a crash has cut off. Rejects with a MillraceError of a
   * `database-` code, or `file-unreadable`, and leaves nothing open then.
   */
  static async open(options: DurableStateOptions): Promise<DurableState> {
    const { file, clock, log, database } = options
    const tell = quietLog((_, message) => log.error(message), clock)
    let state: DurableState | undefined
    const store = await openStore<ConditionState>({
      ...{ file, clock, ...database },
      onError: (error) => tell('error', `a part of the state is not kept for now: ${messageOf(error)}`),
      onDamage: (table, count) => tellDamage(log, { file, table, count }),
      onHealth: (health) => tellHealth(log, health),
      onReplaced: (notices) => {
        if (state) state.#replaced(notices)
      },
    })
    try {
      tellNotices(log, store.notices)
      const recovered = await recoverState(store, clock)
      // After it: the runs of jobs that were cut off have ended then.
      state = new DurableState(store, { ...recovered, jobs: await DurableJobs.recover(store, options) }, options)
      return state
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** The versions of all definitions. */
  get definitions(): VersionStore {
    return this.#store.definitions
  }

  /** Who may log in. */
  get users(): UserStore {
    return this.#store.users
  }

  /** The conditions, with the EventIds that clients know. */
  get conditions(): ConditionStore {
    return this.#store.conditions
  }

  /** A run, for whoever wants to know where a result came from; one that has just been started is found too. */
  async run(runId: string): Promise<StoredRun | undefined> {
    await this.#store.queue.settled(deadlineMs)
    return this.#store.runs.find(runId)
  }

  /** Whether writes wait for the database, why, and how many were given up. */
  get health(): WriteHealth {
    return this.#store.queue.health
  }

  /** Begins to keep what happens; call it before anything starts. */
  follow(followed: Followed): void {
    const { parts } = followed
    this.#followed = followed
    this.#subscription.add(parts.events$.subscribe((event) => this.#take(event, followed)))
    this.#values.follow(() => parts.pipelines.all)
    this.keepOnly(parts.plant.definition.pipelines)
    const { runs, audit } = this.#store
    const onFailure = (error: unknown) => this.#log.debug(`old entries are not forgotten for now: ${messageOf(error)}`)
    this.#stopForgetting = forgetOld({ stores: [runs, audit], keepMs: keptMs, clock: this.#clock, onFailure })
  }

  /** Forgets the states, parameters and values of pipelines that are in the plant no more; their runs and versions stay. */
  keepOnly(pipelines: readonly { readonly id: string }[]): void {
    const ids = new Set(pipelines.map(({ id }) => id))
    this.#values.prune()
    const known = [...this.#programs.keys(), ...Array.from(this.#parameters.keys(), ownerOf)]
    if (known.every((id) => ids.has(id))) return
    for (const id of this.#programs.keys()) if (!ids.has(id)) this.#programs.delete(id)
    for (const tag of this.#parameters.keys()) if (!ids.has(ownerOf(tag))) this.#parameters.delete(tag)
    this.#store.queue.add({ kind: 'state', key: 'forgotten', statements: othersForgotten(ids) })
  }

  /** Somebody has asked a pipeline to stop: it comes back stopped, also when the program ends before its wave has. */
  stopAsked(pipeline: string): void {
    const state = this.#followed?.parts.pipelines.byId(pipeline)?.state
    if (state !== 'Running' && state !== 'Suspended') return
    this.#saveProgram({ pipeline, state: 'Ready', time: this.#clock.now() })
  }

  /** Keeps what a client has done, or tried to do. */
  audit(entry: AuditEntry): void {
    this.#keep('an entry of the audit trail', () => ({ kind: 'audit', statements: [entryAppended(entry)] }))
  }

  /** Resolves to whether everything that has happened so far survives a crash, after at most two seconds. */
  async kept(): Promise<boolean> {
    const { queue, conditions } = this.#store
    const isFlushed = new Promise<boolean>((resolve) => {
      const cancel = this.#clock.after(deadlineMs, () => resolve(false))
      const flushed = (isDone: boolean) => () => {
        cancel()
        resolve(isDone)
      }
      conditions.flush().then(flushed(true), flushed(false))
    })
    const [areWritten, areFlushed] = await Promise.all([queue.settled(deadlineMs), isFlushed])
    return areWritten && areFlushed
  }

  /** Keeps nothing more; resolves when everything that was taken is durable, or given up, and the database is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#subscription.unsubscribe()
    if (this.#followed) this.#values.stop()
    await this.#stopForgetting()
    await this.jobs.close()
    const { reason } = this.health
    const lost = await this.#store.close()
    if (lost > 0) this.#log.error(`${lost} changes are lost, because the database failed to the end: ${reason ?? ''}`)
  }

  #take(event: PlantEvent, { parts }: Followed): void {
    if (event.kind === 'pipelineStarted') {
      const { pipeline, runId, initiator, time: startedAt } = event
      const about = { runId, pipeline, trigger: triggerOf(initiator), initiator, startedAt }
      const version = event.version || undefined
      this.#saveRun({ ...about, version, parameters: parametersOf(parts, pipeline) })
    } else if (event.kind === 'pipelineFailed') {
      this.#errors.set(event.runId, event.message)
    } else if (event.kind === 'pipelineCompleted') {
      const { runId, outcome, cycles, results, time: endedAt } = event
      const run = this.#runs.get(runId)
      const error = this.#errors.get(runId)
      this.#errors.delete(runId)
      if (run) this.#saveRun(run, { endedAt, outcome, cycles, results, error })
    } else if (event.kind === 'programTransitioned' && event.initiator !== 'shutdown') {
      // The end of the program, which halts all of them, is no state to come back in.
      const { pipeline, to: state, time, runId } = event
      const isActive = state === 'Running' || state === 'Suspended'
      this.#saveProgram({ pipeline, state, time, ...(isActive ? { runId } : {}) })
    } else if (event.kind === 'rejectionUnhandled') {
      const { time, count } = event
      const about = { user: 'server', session: '', action: 'unhandledRejection', target: 'server' }
      this.audit({ ...about, time, status: Status.BadInternalError, details: { count } })
    } else if (event.kind === 'parameterChanged') {
      const { pipeline, parameter: name, newValue, time } = event
      const parameter = { pipeline, name, sample: good(newValue, time) }
      const write = this.#keep(`parameter ${name} of ${pipeline}`, () => writeOfParameter(parameter))
      if (write) this.#parameters.set(parameterTag(pipeline, name), write)
    }
  }

  #saveProgram(program: StoredProgram): void {
    const write = writeOfProgram(program)
    this.#programs.set(program.pipeline, write)
    this.#store.queue.add(write)
  }

  #saveRun(run: RunStart, end?: RunEnd): void {
    if (end) this.#runs.delete(run.runId)
    else this.#runs.set(run.runId, run)
    this.#keep(`run ${run.runId}`, () => writeOfRun(run, end))
  }

  /** Hands a write on; what cannot be written, because a plugin gave something that is no value, must not stop the plant. */
  #keep(what: string, make: () => Write): Write | undefined {
    try {
      const write = make()
      this.#store.queue.add(write)
      return write
    } catch (error) {
      this.#log.error(`${what} is not kept: ${messageOf(error)}; the plant runs on`)
      return undefined
    }
  }

  /** The database is another one: what it must have is written again. */
  #replaced(notices: readonly DatabaseNotice[]): void {
    tellNotices(this.#log, notices)
    const { queue } = this.#store
    for (const write of [...this.#programs.values(), ...this.#parameters.values()]) queue.add(write)
    for (const run of this.#runs.values()) this.#saveRun(run)
    this.#values.saveAll()
    this.jobs.saveAll()
    this.#followed?.onReplaced?.()
  }
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

/** The pipeline of a parameter's tag. */
function ownerOf(tag: string): string {
  return tag.slice(0, tag.indexOf('$'))
}
