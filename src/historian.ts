import type { Logger } from 'pino'
import { type Observable, Subscription } from 'rxjs'
import { type AggregateName, aggregateIds, defaultConfiguration } from './history/aggregate/configuration.ts'
import { type ProcessedRequest, readProcessed } from './history/aggregate/processed.ts'
import type { Edit, HistoryStore, PageRequest } from './history/history-store.ts'
import { readAtTime } from './history/read/at-time.ts'
import { findProducer, type ProducerRequest } from './history/read/producer.ts'
import { Deadband } from './history/record/deadband.ts'
import { type HistorianEvent, Recorder } from './history/record/recorder.ts'
import { Retention } from './history/record/retention.ts'
import { type OpenedHistory, openHistory } from './history/store/sqlite-history.ts'
import type { RunnablePlant } from './load-plant.ts'
import type { Clock } from './model/clock.ts'
import { MillraceError } from './model/errors.ts'
import type { TagSample } from './model/sample.ts'
import { Status } from './model/status.ts'
import { ownerTag } from './model/tag.ts'
import type { DataType } from './model/value.ts'
import type { AtTimeSettings, HistorizedTag, HistoryView, ProcessedRange } from './opcua/history/history-view.ts'

/** How long a reader waits for the newest samples to be written, in milliseconds. */
const flushMs = 250

/** What a historian needs. */
export interface HistorianOptions {
  /** The database; it and its folder are made when the first tag has a history. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
}

interface Rule extends HistorizedTag {
  readonly dataType: DataType
  readonly gate: Deadband | undefined
}

/**
 * Keeps the history of the tags whose definition asks for it, and shows it to clients. What cannot be kept is told in the log
 * and tried again; the plant runs on meanwhile.
 */
export class Historian implements HistoryView {
  readonly aggregates = aggregateIds
  readonly aggregateDefaults = defaultConfiguration
  readonly #options: HistorianOptions
  readonly #recorder: Recorder
  readonly #retention: Retention
  /** How long the samples of each tag are kept; the retention looks at it in each round. */
  readonly #keepMs = new Map<string, number>()
  readonly #subscription = new Subscription()
  #rules: ReadonlyMap<string, Rule> = new Map()
  #opening: Promise<OpenedHistory> | undefined
  #isStopped = false
  #isClosed = false

  constructor(options: HistorianOptions) {
    this.#options = options
    this.#recorder = new Recorder({
      store: { append: async (batch) => (await this.open()).store.append(batch) },
      clock: options.clock,
      onEvent: (event) => this.#tell(event),
    })
    this.#retention = new Retention({
      store: { retain: async (tags, before) => (await this.open()).store.retain(tags, before) },
      clock: options.clock,
      keepMs: this.#keepMs,
      onFailure: (error) => options.log.warn(`old history cannot be forgotten: ${messageOf(error)}`),
    })
  }

  /** Takes the tags from a definition: those that it has from now on are recorded, the history of the others stays. */
  async use(plant: RunnablePlant): Promise<void> {
    const before = this.#rules
    this.#rules = rulesOf(plant, before)
    this.#keepMs.clear()
    for (const [tag, { keepMs }] of this.#rules) this.#keepMs.set(tag, keepMs)
    if (this.#rules.size === 0) return
    try {
      const { store } = await this.open()
      await store.declare(Array.from(this.#rules, ([tag, { dataType }]) => ({ tag, dataType })))
    } catch (error) {
      this.#options.log.error(`history is not kept for now: ${messageOf(error)}; the plant runs on`)
    }
  }

  /** Begins to record. */
  follow(samples$: Observable<readonly TagSample[]>): void {
    this.#subscription.add(samples$.subscribe((batch) => this.#record(batch)))
    this.#retention.start()
  }

  /** Records no more; resolves when everything that was taken is durable, or given up because the database fails. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#subscription.unsubscribe()
    await this.#retention.stop()
    await this.#recorder.stop()
    const { lost } = this.#recorder.health()
    if (lost > 0) this.#options.log.warn(`${lost} samples of history were lost since the start`)
  }

  /** Stops, and closes the database: nothing can be read after this. */
  async close(): Promise<void> {
    await this.stop()
    this.#isClosed = true
    await this.#opening?.then(
      ({ store }) => store.close(),
      () => undefined,
    )
  }

  historized(tag: string): HistorizedTag | undefined {
    return this.#rules.get(tag)
  }

  async readPage(range: PageRequest) {
    return (await this.#readable()).readPage(range)
  }

  async neighbours(tag: string, time: number) {
    return (await this.#readable()).neighbours(tag, time)
  }

  async readAtTime(tag: string, times: readonly number[], { useSimpleBounds, isStepped }: AtTimeSettings) {
    const configuration = { ...defaultConfiguration, isStepped }
    return readAtTime(await this.#readable(), { tag, times, useSimpleBounds, configuration })
  }

  async readProcessed(range: ProcessedRange) {
    return readProcessed(await this.#readable(), {
      ...range,
      aggregate: range.aggregate as AggregateName,
    } satisfies ProcessedRequest)
  }

  async readModified(range: PageRequest) {
    return (await this.#readable()).readModified(range)
  }

  async modify(edit: Edit, user: string) {
    const { store } = await this.open()
    // What waits would come behind the change: deleted samples would be back, and inserted ones be there twice.
    if (!this.#isStopped) await this.#recorder.flush()
    const { state, reason } = this.#recorder.health()
    if (state !== 'ok') {
      const message = `history cannot be changed while it is not kept (${state}): ${reason}; try again when it is`
      throw new MillraceError('database-failed', message, { status: Status.BadResourceUnavailable })
    }
    return store.modify(edit, { user, at: this.#options.clock.now() })
  }

  /** Where a sample came from. */
  async findProducer(request: ProducerRequest) {
    return findProducer(await this.#readable(), request)
  }

  /** What was taken last can be read too, unless writing it takes long. */
  async #readable(): Promise<HistoryStore> {
    if (!this.#isStopped && this.#recorder.health().waiting > 0) await this.#flushSoon()
    return (await this.open()).store
  }

  #flushSoon(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(flushMs, resolve)
      void this.#recorder.flush().finally(() => {
        cancel()
        resolve()
      })
    })
  }

  /** The database that is in use; it is opened when it is needed first. */
  open(): Promise<OpenedHistory> {
    if (this.#opening) return this.#opening
    if (this.#isClosed) {
      const message = 'the historian is closed; start the plant again first'
      return Promise.reject(new MillraceError('database-closed', message, { status: Status.BadShutdown }))
    }
    const opening = this.#openFile()
    this.#opening = opening
    opening.catch(() => {
      // The next one who needs it tries again.
      if (this.#opening === opening) this.#opening = undefined
    })
    return opening
  }

  async #openFile(): Promise<OpenedHistory> {
    const { file, clock, log } = this.#options
    const opened = await openHistory({
      file,
      clock,
      onCorruption: (corruption) => log.error({ corruption }, `a part of ${file} is damaged; it reads as lost`),
    })
    for (const { kind, message } of opened.notices) log[kind === 'movedAside' ? 'error' : 'info'](message)
    return opened
  }

  #record(batch: readonly TagSample[]): void {
    if (this.#rules.size === 0) return
    for (const each of batch) {
      const rule = this.#rules.get(each.tag)
      if (rule && rule.gate?.passes(each.sample) !== false) this.#recorder.record(each)
    }
  }

  #tell(event: HistorianEvent): void {
    const { log } = this.#options
    if (event.kind === 'gapRecorded')
      log.warn(`history has a gap: ${event.lost} samples of ${event.tags} tags were lost`)
    else if (event.state === 'ok') log.info('history is kept again')
    else log.error(`history is not kept for now (${event.state}): ${event.reason}; the plant runs on`)
  }
}

function rulesOf(plant: RunnablePlant, before: ReadonlyMap<string, Rule>): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>()
  for (const { definition, description } of plant.pipelines) {
    for (const { name, history } of definition.outputs) {
      const port = description.outputs.find((output) => output.name === name)
      if (!history || !port) continue
      const tag = ownerTag(description.id, name)
      const known = before.get(tag)
      const gate = history.deadband > 0 ? new Deadband(history.deadband) : undefined
      // A deadband goes on where it was, unless its width is another.
      rules.set(tag, {
        ...history,
        dataType: port.dataType,
        gate: known?.deadband === history.deadband ? known.gate : gate,
      })
    }
  }
  return rules
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
