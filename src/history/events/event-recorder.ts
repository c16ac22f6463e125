import type { Cancel, Clock } from '../../model/clock.ts'
import { isMillraceError } from '../../model/errors.ts'
import type { EventStore, StoredEvent } from './event-store.ts'

/** How events are recorded. */
export interface EventRecorderOptions {
  readonly store: Pick<EventStore, 'append'>
  readonly clock: Clock
  /** A batch is written when it has so many events... */
  readonly batchMax?: number
  /** ...or when its first event has waited so long, in milliseconds. */
  readonly batchAgeMs?: number
  /** Events that may wait while the store is slow or fails; beyond, the newest are lost and counted. */
  readonly waitingMax?: number
  /** Pause after a failure, in milliseconds. */
  readonly retryMs?: number
  /** Called when events are kept again after some were lost, with how many since when: the place to tell it by an event. */
  readonly onLost?: (lost: { readonly count: number; readonly from: number; readonly to: number }) => void
  /** Called when the store fails, once until it works again. */
  readonly onFailure?: (error: unknown) => void
}

/** What a recorder of events tells about itself. */
export interface EventRecorderHealth {
  /** Events kept durably since the start. */
  readonly recorded: number
  readonly waiting: number
  readonly lost: number
}

const defaults = { batchMax: 500, batchAgeMs: 100, waitingMax: 20_000, retryMs: 1000 }

/**
 * Brings events into a store, many in one transaction. Nobody who raises an event waits; a failing store is tried again, and
 * what does not fit into the bounded buffer meanwhile is counted and told, never dropped in silence.
 */
export class EventRecorder {
  readonly #options: Required<EventRecorderOptions>
  #waiting: StoredEvent[] = []
  #work: Promise<void> | undefined
  #timer: Cancel | undefined
  #isPaused = false
  #isStopped = false
  #hasFailed = false
  #recorded = 0
  #lost = 0
  /** The events that were lost and of which nobody was told yet. */
  #gap: { count: number; from: number; to: number } | undefined

  constructor(options: EventRecorderOptions) {
    this.#options = { ...defaults, onLost: () => undefined, onFailure: () => undefined, ...options }
  }

  /** Takes an event; it is durable a batch later. */
  record(event: StoredEvent): void {
    const { waitingMax, batchMax, batchAgeMs, clock } = this.#options
    if (this.#isStopped || this.#waiting.length >= waitingMax) {
      this.#lose(event)
      return
    }
    this.#waiting.push(event)
    if (this.#isPaused || this.#work !== undefined) return
    if (this.#waiting.length >= batchMax) this.#write()
    else this.#timer ??= clock.after(batchAgeMs, () => this.#write())
  }

  /** Writes what waits. It resolves when that is durable, or the store has failed. */
  async flush(): Promise<void> {
    if (!this.#isPaused) this.#write()
    await this.#work
  }

  /** Writes what waits, once, and takes no more; what cannot be written is lost and counted. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#write()
    await this.#work
    this.#isStopped = true
    this.#timer?.()
    this.#timer = undefined
    for (const event of this.#waiting) this.#lose(event)
    this.#waiting = []
  }

  health(): EventRecorderHealth {
    return { recorded: this.#recorded, waiting: this.#waiting.length, lost: this.#lost }
  }

  #lose({ time }: StoredEvent): void {
    this.#lost++
    const { count = 0, from = time, to = time } = this.#gap ?? {}
    this.#gap = { count: count + 1, from: Math.min(from, time), to: Math.max(to, time) }
  }

  #write(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#isPaused = false
    this.#work ??= this.#writeAll().finally(() => {
      this.#work = undefined
    })
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // They stay in front until they are durable, so that a failure loses nothing.
      const batch = this.#waiting.slice(0, this.#options.batchMax)
      if (!(await this.#tryAppend(batch))) return
      this.#waiting.splice(0, batch.length)
      this.#recorded += batch.length
      this.#tellLost()
    }
  }

  async #tryAppend(batch: readonly StoredEvent[]): Promise<boolean> {
    const { store, clock, retryMs, onFailure } = this.#options
    try {
      await store.append(batch)
      this.#hasFailed = false
      return true
    } catch (error) {
      // An event that cannot be written at all must not keep back those behind it.
      if (!isMillraceError(error)) this.#giveUp(batch.length)
      this.#isPaused = true
      this.#timer ??= clock.after(retryMs, () => this.#write())
      if (!this.#hasFailed) onFailure(error)
      this.#hasFailed = true
      return false
    }
  }

  #giveUp(count: number): void {
    for (const event of this.#waiting.splice(0, count)) this.#lose(event)
  }

  #tellLost(): void {
    const gap = this.#gap
    if (!gap) return
    this.#gap = undefined
    this.#options.onLost(gap)
  }
}
