import { type Observable, Subject, Subscription } from 'rxjs'
import type { HistorianOptions } from './historian-options.ts'
import { type AggregateName, aggregateIds, defaultConfiguration } from './history/aggregate/configuration.ts'
import { HistoryStatus } from './history/history-status.ts'
import type { Edit, HistoryStore, PageRequest } from './history/history-store.ts'
import { HistoryReads } from './history/read/history-reads.ts'
import { findProducer, type ProducerRequest } from './history/read/producer.ts'
import type { Reading } from './history/read/reading.ts'
import { Announcer, lostEventsOf } from './history/record/announcer.ts'
import { DiskWatch } from './history/record/disk-watch.ts'
import { HistorianDiagnostics } from './history/record/historian-diagnostics.ts'
import { HistoryFile } from './history/record/history-file.ts'
import { LeftGaps } from './history/record/left-gaps.ts'
import { type HistorianEvent, Recorder } from './history/record/recorder.ts'
import { Retention } from './history/record/retention.ts'
import type { OpenedHistory } from './history/store/sqlite-history.ts'
import type { Asker } from './history/thread/thread-reads.ts'
import { type HistoryRule, historyRulesOf } from './history-rules.ts'
import type { RunnablePlant } from './load-plant.ts'
import { logEvents } from './log-events.ts'
import { isMillraceError, MillraceError, messageOf } from './model/errors.ts'
import type { PlantEvent } from './model/event.ts'
import type { Sample, TagSample } from './model/sample.ts'
import { Status } from './model/status.ts'
import type { AtTimeSettings, HistorizedTag, HistoryView, ProcessedRange } from './opcua/history/history-view.ts'
import type { DatabaseNotice } from './sqlite/open-migrated.ts'
import { settledWithin } from './within.ts'

/** How long a reader waits for the newest samples to be written, in milliseconds. */
const flushMs = 250

/**
 * Keeps the history of the tags whose definition asks for it, and shows it to clients. What cannot be kept becomes a gap in
 * the history, an event and a count; the historian tries again by itself, and the plant runs on meanwhile.
 */
export class Historian implements HistoryView {
  readonly aggregates = aggregateIds
  readonly aggregateDefaults = defaultConfiguration
  /** What happens to the historian, for the log, clients and whoever keeps events. */
  readonly events$: Observable<PlantEvent>
  /** What the historian tells about itself, as samples of `@historian#...`. */
  readonly samples$: Observable<readonly TagSample[]>
  readonly #options: HistorianOptions
  readonly #file: HistoryFile
  readonly #recorder: Recorder
  readonly #retention: Retention
  readonly #disk: DiskWatch
  readonly #left: LeftGaps
  readonly #diagnostics: HistorianDiagnostics
  readonly #reads: HistoryReads
  readonly #announcer = new Announcer()
  readonly #events = new Subject<PlantEvent>()
  readonly #samples = new Subject<readonly TagSample[]>()
  /** How long the samples of each tag are kept; the retention looks at it in each round. */
  readonly #keepMs = new Map<string, number>()
  readonly #subscription = new Subscription()
  #rules: ReadonlyMap<string, HistoryRule> = new Map()
  #eventCounts: () => { readonly recorded: number; readonly lost: number } = () => ({ recorded: 0, lost: 0 })
  #isStopped = false

  constructor(options: HistorianOptions) {
    const { file, clock, log } = options
    this.#options = options
    this.#left = new LeftGaps(`${file}.gaps`)
    this.events$ = this.#events.asObservable()
    this.samples$ = this.#samples.asObservable()
    this.#file = new HistoryFile({
      ...{ file, clock, ...options.opening },
      prepare: (opened, isBroken) => this.#prepare(opened, isBroken),
      onNotice: (notice) => this.#take(notice),
      onCorruption: (corruption) => log.error({ corruption }, `a part of ${file} is damaged; it reads as lost`),
      onFailure: (error) => this.#recorder.failed(error),
    })
    this.#recorder = new Recorder({
      ...{ clock, ...options.recording },
      store: { append: (batch) => this.#file.ask(({ store }) => store.append(batch)) },
      onEvent: (event) => this.#tell(event),
    })
    this.#retention = new Retention({
      store: { retain: (tags, before) => this.#file.ask(({ store }) => store.retain(tags, before)) },
      clock,
      keepMs: this.#keepMs,
      onFailure: (error) => this.#notForgotten(error),
    })
    this.#reads = new HistoryReads({ ...options.reading, onEnded: ({ message }) => log.warn(message) })
    const parts = { file: this.#file, recorder: this.#recorder, retention: this.#retention }
    this.#disk = new DiskWatch({ ...parts, clock, path: file, log, ...options.guarding })
    this.#diagnostics = new HistorianDiagnostics({
      clock,
      figures: () => ({
        ...this.#recorder.health(),
        ...this.#disk.figures(),
        tags: this.#rules.size,
        events: this.#eventCounts(),
      }),
      publish: (samples) => this.#samples.next(samples),
    })
    this.#subscription.add(logEvents(this.events$, log))
  }

  /** Takes the tags from a definition: those that it has from now on are recorded, the history of the others stays. */
  async use(plant: RunnablePlant): Promise<void> {
    const before = this.#rules
    this.#rules = historyRulesOf(plant, before)
    this.#keepMs.clear()
    for (const [tag, { keepMs }] of this.#rules) this.#keepMs.set(tag, keepMs)
    if (this.#rules.size === 0) return
    try {
      await this.#file.ask(({ store }) => this.#declare(store))
    } catch (error) {
      this.#recorder.failed(error)
    }
  }

  /** Begins to record. */
  follow(samples$: Observable<readonly TagSample[]>): void {
    this.#subscription.add(samples$.subscribe((batch) => this.#record(batch)))
    this.#retention.start()
    this.#diagnostics.start()
    this.#disk.start()
  }

  /** Records no more; resolves when everything that was taken is durable, or given up because the database fails. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#disk.stop()
    await this.#retention.stop()
    await this.#leave(await this.#recorder.stop())
    this.#diagnostics.stop()
    this.#subscription.unsubscribe()
    const { lost } = this.#recorder.health()
    if (lost > 0) this.#options.log.warn(`${lost} samples of history were lost since the start`)
  }

  /** Stops, and closes the database: nothing can be read after this. */
  async close(): Promise<void> {
    await this.stop()
    await this.#reads.close()
    await this.#file.close()
  }

  /**
   * The database of the history that is in use now, for whoever keeps something else in it. Ask each time: after a failure it
   * is another one. It rejects while there is none.
   */
  open(): Promise<OpenedHistory> {
    return this.#file.open()
  }

  /**
   * Keeps something else in the database that is in use now. It rejects with `database-full` while its disk is nearly full, as
   * samples wait then too, and every other failure is one of the historian.
   */
  async keep<T>(work: (opened: OpenedHistory) => Promise<T>): Promise<T> {
    if (this.#recorder.isHeld && !this.#isStopped) {
      throw new MillraceError('database-full', this.#recorder.health().reason ?? 'the disk of the history is full')
    }
    try {
      return await this.#file.ask(work)
    } catch (error) {
      if (isMillraceError(error) && error.code.startsWith('database-')) this.#recorder.failed(error)
      throw error
    }
  }

  /** Shows how many events are kept and lost beside what is known of samples. */
  countEvents(counts: () => { readonly recorded: number; readonly lost: number }): void {
    this.#eventCounts = counts
  }

  /** Tells that events were lost. */
  lostEvents(lost: { readonly count: number; readonly from: number }): void {
    this.#diagnostics.flush()
    this.#events.next(lostEventsOf({ ...lost, time: this.#options.clock.now() }))
  }

  /** Works with the database that is in use now, and lets the historian deal with it when it fails. */
  ask<T>(work: (opened: OpenedHistory) => Promise<T>): Promise<T> {
    return this.#file.ask(work)
  }

  /** The newest sample of one of the historian's diagnostics; undefined for any other tag. */
  latest(tag: string): Sample | undefined {
    return this.#diagnostics.latest(tag)
  }

  historized(tag: string): HistorizedTag | undefined {
    return this.#rules.get(tag)
  }

  readPage(range: PageRequest, asker?: Asker) {
    return this.#readLong({ kind: 'raw', request: range }, asker)
  }

  neighbours(tag: string, time: number) {
    return this.#read(({ store }) => store.neighbours(tag, time))
  }

  async readAtTime(tag: string, times: readonly number[], settings: AtTimeSettings, asker?: Asker) {
    const { useSimpleBounds, isStepped } = settings
    const request = { tag, times, useSimpleBounds, configuration: { ...defaultConfiguration, isStepped } }
    return (await this.#readLong({ kind: 'atTime', request }, asker)).samples
  }

  async readProcessed(range: ProcessedRange, asker?: Asker) {
    const request = { ...range, aggregate: range.aggregate as AggregateName }
    return (await this.#readLong({ kind: 'processed', request }, asker)).samples
  }

  readModified(range: PageRequest) {
    return this.#read(({ store }) => store.readModified(range))
  }

  async modify(edit: Edit, user: string) {
    // What waits would come behind the change: deleted samples would be back, and inserted ones be there twice.
    if (!this.#isStopped) await this.#recorder.flush()
    const { state, reason } = this.#recorder.health()
    if (state !== 'Ok') {
      const message = `history cannot be changed while it is not kept (${state}): ${reason}; try again when it is`
      throw new MillraceError('database-failed', message, { status: Status.BadResourceUnavailable })
    }
    return this.#file.ask(({ store }) => store.modify(edit, { user, at: this.#options.clock.now() }))
  }

  /** Where a sample came from. */
  findProducer(request: ProducerRequest) {
    return this.#read(({ store }) => findProducer(store, request))
  }

  /** What was taken last can be read too, unless writing it takes long. */
  async #read<T>(work: (opened: OpenedHistory) => Promise<T>): Promise<T> {
    if (!this.#isStopped && this.#recorder.health().waiting > 0) {
      await settledWithin(this.#recorder.flush(), flushMs, this.#options.clock)
    }
    return this.#file.ask(work)
  }

  #readLong(reading: Reading, asker?: Asker) {
    return this.#read(({ source }) => this.#reads.read(source, reading, asker))
  }

  /** A database that does not hold what was there before says so in the history of each tag. */
  async #prepare({ store }: OpenedHistory, isBroken: boolean): Promise<void> {
    await this.#declare(store)
    await this.#left.handOver((markers) => store.append(markers))
    if (!isBroken) return
    const sourceTime = this.#recorder.health().keptUntil ?? this.#options.clock.now()
    const sample = { value: null, status: HistoryStatus.BadDataLost, sourceTime }
    await store.append(Array.from(this.#rules.keys(), (tag) => ({ tag, sample })))
  }

  /** What no history says is told by the next one that can be written. */
  async #leave(markers: readonly TagSample[]): Promise<void> {
    if (markers.length === 0) return
    await this.#left.add(markers).catch((error: unknown) => {
      this.#options.log.warn(`the last gap of the history cannot be kept: ${String(error)}`)
    })
  }

  #declare(store: HistoryStore): Promise<void> {
    return store.declare(Array.from(this.#rules, ([tag, { dataType }]) => ({ tag, dataType })))
  }

  #take({ kind, message }: DatabaseNotice): void {
    this.#options.log[kind === 'movedAside' ? 'error' : 'info'](message)
    if (kind !== 'movedAside' && kind !== 'salvaged') return
    this.#announcer.note(message)
    if (this.#recorder.health().state === 'Ok') this.#recorder.failed(new MillraceError('database-corrupt', message))
  }

  #notForgotten(error: unknown): void {
    if (this.#recorder.health().state !== 'Ok') return
    this.#options.log.warn(`old history cannot be forgotten: ${messageOf(error)}`)
  }

  #record(batch: readonly TagSample[]): void {
    if (this.#rules.size === 0 || this.#isStopped) return
    for (const each of batch) {
      const rule = this.#rules.get(each.tag)
      if (rule && rule.gate?.passes(each.sample) !== false) this.#recorder.record(each)
    }
  }

  #tell(event: HistorianEvent): void {
    // Behind a gap the next sample is kept whatever its value is: nobody could tell otherwise how things went on.
    if (event.kind === 'gapRecorded') for (const tag of event.tags) this.#rules.get(tag)?.gate?.reset()
    else if (event.state !== 'Ok') this.#disk.troubled()
    this.#diagnostics.flush()
    this.#events.next(this.#announcer.eventOf(event, this.#recorder.health().lost))
  }
}
