import type { Logger } from 'pino'
import { EventRecorder } from './history/events/event-recorder.ts'
import type { EventStore } from './history/events/event-store.ts'
import { Retention } from './history/record/retention.ts'
import type { Clock } from './model/clock.ts'
import { messageOf } from './model/errors.ts'
import type { EventHistoryView, EventRange, KeptEvent } from './opcua/history/events/event-history-view.ts'
import { settledWithin } from './within.ts'

/** Works with the events of the database that is in use now, which is opened when it is needed first. */
type Ask = <T>(work: (opened: { readonly events: EventStore }) => Promise<T>) => Promise<T>

/** What keeping events needs. */
export interface EventHistoryOptions {
  /** Writes with the database that is in use now. */
  readonly keep: Ask
  /** Reads with it. */
  readonly ask: Ask
  readonly clock: Clock
  readonly log: Logger
  /** How long events are kept, in milliseconds. */
  readonly keepMs: number
  /** Called when events are kept again after some were lost, to tell it by an event. */
  readonly onLost?: (lost: { readonly count: number; readonly from: number; readonly to: number }) => void
}

/** How long a reader waits for the newest events to be written, in milliseconds. */
const flushMs = 250
/** Events that one step of forgetting removes. */
const forgottenMax = 1000
/** The name under which events are forgotten. */
const all = 'events'

/** Keeps the events of a plant, as they were sent, and gives them back to clients. */
export class EventHistory implements EventHistoryView {
  readonly #options: EventHistoryOptions
  readonly #recorder: EventRecorder
  readonly #retention: Retention
  #isStopped = false
  /** Whether events were lost because the database failed to the end. */
  #hasGivenUp = false

  constructor(options: EventHistoryOptions) {
    const { keep, clock, log, keepMs, onLost } = options
    this.#options = options
    this.#recorder = new EventRecorder({
      store: { append: (batch) => keep(({ events }) => events.append(batch)) },
      clock,
      ...(onLost ? { onLost } : {}),
      // The historian has told it already, since it shares the database.
      onFailure: (error) => log.debug(`events are not kept for now: ${messageOf(error)}`),
    })
    this.#retention = new Retention({
      store: { retain: (_, before) => options.ask(({ events }) => forget(events, before)) },
      clock,
      keepMs: new Map([[all, keepMs]]),
      onFailure: (error) => log.warn(`old events cannot be forgotten: ${messageOf(error)}`),
    })
  }

  /** Begins to forget what is too old. */
  start(): void {
    this.#retention.start()
  }

  record(event: KeptEvent): void {
    this.#recorder.record(event)
  }

  read(range: EventRange) {
    return this.#read((events) => events.read(range))
  }

  types() {
    return this.#read((events) => events.types())
  }

  /** Events that were kept and lost since the start. */
  get counts(): { readonly recorded: number; readonly lost: number } {
    return this.#recorder.health()
  }

  /** Resolves to whether every event that was recorded so far is durable. */
  async kept(): Promise<boolean> {
    if (!this.#isStopped) await this.#recorder.flush()
    return this.#recorder.health().waiting === 0 && !this.#hasGivenUp
  }

  /** Keeps no more; resolves when everything that was taken is durable, or given up because the database fails. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#retention.stop()
    const { lost: before } = this.counts
    await this.#recorder.stop()
    const { lost } = this.counts
    this.#hasGivenUp = lost > before
    if (lost > 0) this.#options.log.warn(`${lost} events were lost since the start`)
  }

  /** What was taken last can be read too, unless writing it takes long. */
  async #read<T>(work: (events: EventStore) => Promise<T>): Promise<T> {
    if (!this.#isStopped && this.#recorder.health().waiting > 0) {
      await settledWithin(this.#recorder.flush(), flushMs, this.#options.clock)
    }
    return this.#options.ask(({ events }) => work(events))
  }
}

async function forget(events: EventStore, before: number): Promise<{ samples: number; isDone: boolean }> {
  const samples = await events.removeBefore(before, forgottenMax)
  return { samples, isDone: samples < forgottenMax }
}
