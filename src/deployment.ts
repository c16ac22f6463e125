import type { Logger } from 'pino'
import type { Subscription } from 'rxjs'
import { formatFindings } from './config/format-findings.ts'
import { type Candidate, candidateWith, candidateWithout, isDeployable } from './deployment-candidate.ts'
import { isSameText, notKept, put } from './deployment-files.ts'
import { otherPlant, refusalsOf, summaryOf, tellRefusedPlugins } from './deployment-refusal.ts'
import { isRunnable, type LoadedPlant, loadPlant, type RunnablePlant } from './load-plant.ts'
import type { Cancel, Clock } from './model/clock.ts'
import { MillraceError } from './model/errors.ts'
import type { Finding } from './model/finding.ts'
import { Status } from './model/status.ts'
import type { DeployedVersion, Deploying } from './opcua/change/deploying.ts'
import { diffPlants } from './plant-diff.ts'
import type { PlantParts } from './plant-parts.ts'
import type { VersionStore } from './version-store.ts'
import { textOf, VersionsInUse } from './versions-in-use.ts'

/** What changing a plant needs. */
export interface DeploymentOptions {
  readonly parts: PlantParts
  readonly store: VersionStore
  readonly clock: Clock
  readonly log: Logger
  readonly environment?: NodeJS.ProcessEnv | undefined
  /** Brings what clients see up to date; the message says what was changed and by whom. */
  readonly show: (message: string) => void
  /** Whether the run that is under way in a pipeline belongs to a job; then it keeps its definition to its end. */
  readonly isOfJob?: ((pipeline: string) => boolean) | undefined
  /** Told when the files were looked at, whatever came of it. */
  readonly onLooked?: (() => void) | undefined
}

/** Who asks for a change, and why. */
export interface ChangeReason {
  readonly initiator: string
  readonly comment: string
}

/**
 * Changes the definition of a plant while it runs, one change after the other, from the files of its folder or from the text
 * of one pipeline. A change is made whole or not at all, and a definition with an error changes nothing.
 *
 * What was asked by text is written to the plant's folder, so that the next start has it; that the files say afterwards what
 * runs already is no difference, and so changes nothing a second time.
 */
export class Deployment implements Deploying {
  readonly #options: DeploymentOptions
  readonly #versions: VersionsInUse
  readonly #subscription: Subscription
  /** Pipelines whose state keeps the files from being applied. */
  #blockedBy: ReadonlySet<string> = new Set()
  #cancelRetry: Cancel = () => {}
  #cancelKeeping: Cancel = () => {}
  #turn: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: DeploymentOptions) {
    this.#options = options
    this.#versions = new VersionsInUse(options.store)
    this.#subscription = options.parts.events$.subscribe((event) => {
      const isOver = event.kind === 'programTransitioned' && (event.to === 'Ready' || event.to === 'Halted')
      if (isOver && this.#blockedBy.has(event.pipeline)) this.#retry()
    })
  }

  get versions(): readonly DeployedVersion[] {
    return this.#versions.of(this.#plant.definition.pipelines)
  }

  /** Whether a change waits for the end of a run of a pipeline: no new one should begin before. */
  waitsFor(pipeline: string): boolean {
    return this.#blockedBy.has(pipeline)
  }

  versionInUse(pipeline: string): number {
    return this.#versions.numberOf(pipeline, textOf(this.#plant, pipeline))
  }

  /** Keeps the definitions that the plant starts with. */
  async begin(): Promise<void> {
    await this.#keepAll(this.#plant, { initiator: 'start', comment: '' })
  }

  /** Keeps the definitions in use again: the store is another one, which may not have them. */
  keepAgain(): Promise<void> {
    return this.#inTurn(async () => {
      this.#versions.forgetStored()
      await this.#keepAll(this.#plant, { initiator: 'restore', comment: 'the database was replaced' })
      this.#options.show('versions kept again')
    })
  }

  /** Applies the files of the plant's folder as they are now. Resolves to the findings; the old ones stay when one is an error. */
  reload(reason: ChangeReason): Promise<readonly Finding[]> {
    return this.#inTurn(async () => {
      this.#blockedBy = new Set()
      this.#options.parts.forgivePlugins()
      const loaded = await loadPlant(this.#plant.files.folder, { environment: this.#options.environment })
      const findings = await this.#applyFiles(loaded, reason)
      tellRefusedPlugins(findings, reason, this.#options)
      const isRefused = findings.some(({ severity }) => severity === 'error')
      if (isRefused) this.#options.log.warn(`the files are not applied:\n${formatFindings(findings, loaded.files)}`)
      this.#options.onLooked?.()
      return findings
    })
  }

  validate(definition: string, fileName: string): Promise<readonly Finding[]> {
    return this.#inTurn(async () => {
      const { file, findings } = await candidateWith(this.#plant, definition, this.#options.environment)
      return fileName === ''
        ? findings
        : findings.map((each) => (each.file === file ? { ...each, file: fileName } : each))
    })
  }

  deploy(definition: string, reason: ChangeReason): ReturnType<Deploying['deploy']> {
    return this.#inTurn(async () => {
      const candidate = await candidateWith(this.#plant, definition, this.#options.environment)
      tellRefusedPlugins(candidate.findings, reason, this.#options)
      if (!isDeployable(candidate)) return { version: 0, findings: candidate.findings }
      await this.#apply(candidate, { ...reason, text: definition })
      return { version: this.versionInUse(candidate.pipeline), findings: candidate.findings }
    })
  }

  async rollback(
    { pipeline, version }: { readonly pipeline: string; readonly version: number },
    { initiator, comment }: ChangeReason,
  ): Promise<readonly Finding[]> {
    const isId = /^[A-Za-z0-9_-]{1,32}$/.test(pipeline)
    const text = isId ? await this.#options.store.read(pipeline, version) : undefined
    if (text === undefined) {
      const message = `there is no version ${version} of pipeline ${pipeline}; look at the versions that are kept`
      throw new MillraceError('value-invalid', message, { status: Status.BadNotFound })
    }
    const { findings } = await this.deploy(text, { initiator, comment: comment || `rollback to version ${version}` })
    return findings
  }

  remove(pipeline: string, reason: ChangeReason): Promise<void> {
    return this.#inTurn(async () => {
      const candidate = await candidateWithout(this.#plant, pipeline, this.#options.environment)
      if (!candidate) {
        const message = `there is no pipeline ${pipeline}; correct the id`
        throw new MillraceError('pipeline-unknown', message, { status: Status.BadNodeIdUnknown })
      }
      if (!isDeployable(candidate)) {
        const [finding] = candidate.findings.filter(({ severity }) => severity === 'error')
        const message = `pipeline ${pipeline} is still needed: ${finding?.message}; change what reads it first`
        throw new MillraceError('wire-unknown', message, { status: Status.BadConfigurationError })
      }
      await this.#apply(candidate, { ...reason, text: undefined })
    })
  }

  /** Makes no change any more; resolves when the one under way is made. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry()
    this.#cancelKeeping()
    this.#subscription.unsubscribe()
    await this.#turn
  }

  get #plant(): RunnablePlant {
    return this.#options.parts.plant
  }

  get #running(): Parameters<typeof refusalsOf>[2] {
    const { parts, isOfJob } = this.#options
    return { pipelines: parts.pipelines, ...(isOfJob ? { isOfJob } : {}) }
  }

  async #applyFiles(loaded: LoadedPlant, reason: ChangeReason): Promise<readonly Finding[]> {
    if (!isRunnable(loaded)) return loaded.findings
    const { log } = this.#options
    const diff = diffPlants(this.#plant, loaded)
    // What was deployed by text stands in the files already when they are looked at.
    if (diff.isEmpty && isSameText(this.#plant, loaded)) return loaded.findings
    if (diff.isOtherPlant) return [otherPlant(loaded, this.#plant.definition.plant), ...loaded.findings]
    const refusals = refusalsOf(diff, this.#plant, this.#running)
    if (refusals.length > 0) {
      this.#blockedBy = new Set(refusals.map(({ pipeline }) => pipeline))
      return [...refusals.map(({ finding }) => finding), ...loaded.findings]
    }
    for (const setting of diff.atNextStart) log.warn(`${setting} takes effect at the next start`)
    await this.#keepAll(loaded, reason)
    await this.#change(loaded, reason)
    return loaded.findings
  }

  /** Writes the file, or removes it, and makes the change; the file is put back when the change fails. */
  async #apply(
    { pipeline, file, loaded }: Candidate & { readonly loaded: RunnablePlant },
    { text, ...reason }: ChangeReason & { readonly text: string | undefined },
  ): Promise<void> {
    const { clock } = this.#options
    const before = this.#plant
    const [refusal] = refusalsOf(diffPlants(before, loaded), before, this.#running)
    if (refusal) {
      const { message, remedy } = refusal.finding
      throw new MillraceError('invalid-state', `${message}; ${remedy}`, { status: Status.BadInvalidState })
    }
    const old = before.files.files.find((source) => source.file === file)?.text
    const now = { ...reason, time: clock.now() }
    try {
      if (text === undefined) await this.#versions.follow(loaded, now)
      else await this.#versions.keep(pipeline, text, now)
    } catch (cause) {
      throw notKept(pipeline, cause)
    }
    await put(file, text)
    try {
      await this.#change(loaded, reason)
    } catch (error) {
      await put(file, old)
      throw error
    }
  }

  async #change(plant: RunnablePlant, { initiator, comment }: ChangeReason): Promise<void> {
    const { parts, log, show } = this.#options
    const diff = diffPlants(this.#plant, plant)
    const message = `${summaryOf(diff)}, by ${initiator}${comment === '' ? '' : `: ${comment}`}`
    await parts.change(plant, diff, { initiator, show: () => show(message) })
    if (!diff.isEmpty) log.info(message)
  }

  /** What cannot be kept must not keep a plant from running, and is tried again; a deployment by text is stricter. */
  async #keepAll(plant: RunnablePlant, reason: ChangeReason): Promise<void> {
    const { clock, log } = this.#options
    const time = clock.now()
    this.#cancelKeeping()
    try {
      await this.#versions.follow(plant, { ...reason, time })
    } catch (error) {
      log.error(`the versions of the pipelines are not kept for now: ${String(error)}; the plant runs on`)
      this.#keepLater(reason)
    }
  }

  #keepLater(reason: ChangeReason): void {
    const { clock, log, show } = this.#options
    this.#cancelKeeping = clock.after(keepAgainMs, () => {
      const kept = this.#inTurn(async () => {
        await this.#versions.follow(this.#plant, { ...reason, time: clock.now() })
        log.info('the versions of the pipelines are kept again')
        show('versions kept')
      })
      kept.catch(() => {
        if (!this.#isClosed) this.#keepLater(reason)
      })
    })
  }

  #retry(): void {
    this.#cancelRetry()
    this.#cancelRetry = this.#options.clock.after(0, () => {
      this.reload({ initiator: 'file', comment: 'waited for the end of a run' }).catch((error: unknown) =>
        this.#options.log.error(error),
      )
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (!this.#isClosed) return work()
      throw new MillraceError('cancelled', 'the plant is stopping; start it again first', {
        status: Status.BadShutdown,
      })
    })
    this.#turn = result.catch(() => undefined)
    return result
  }
}

/** How long versions that could not be kept wait for the next attempt, in milliseconds. */
const keepAgainMs = 2000
