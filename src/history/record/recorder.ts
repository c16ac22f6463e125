import type { Cancel, Clock } from '../../model/clock.ts'
import { isMillraceError } from '../../model/errors.ts'
import type { TagSample } from '../../model/sample.ts'
import type { HistoryStore } from '../history-store.ts'
import { Deadband } from './deadband.ts'
import { Gaps } from './gaps.ts'

/** States of the historian: why it does not keep what it should, if so. */
export type HistorianState = 'ok' | 'degraded' | 'full' | 'locked' | 'readOnly' | 'corrupt'

/** What the historian tells about itself. */
export interface HistorianHealth {
  readonly state: HistorianState
  /** Samples kept durably since the start. */
  readonly recorded: number
  /** Samples that wait. */
  readonly waiting: number
  /** Samples lost since the start; each is part of a gap in the history, or will be. */
  readonly lost: number
  /** What the store said last, when the state is not `ok`. */
  readonly reason: string | undefined
}

/** Something that an operator should be told. */
export type HistorianEvent =
  | {
      readonly kind: 'stateChanged'
      readonly state: HistorianState
      readonly reason: string | undefined
      readonly time: number
    }
  | { readonly kind: 'gapRecorded'; readonly tags: number; readonly lost: number; readonly time: number }

/** How samples are recorded. */
export interface RecorderOptions {
  readonly store: Pick<HistoryStore, 'append'>
  readonly clock: Clock
  /** A batch is written when it has so many samples... */
  readonly batchMax?: number
  /** ...or when its first sample has waited so long, in milliseconds. */
  readonly batchAgeMs?: number
  /** Samples that may wait while the store is slow or fails; beyond, the newest are lost and counted. */
  readonly waitingMax?: number
  /** Pause after a failure, in milliseconds. */
  readonly retryMs?: number
  /** Absolute deadbands by tag, in the unit of the tag. */
  readonly deadbands?: ReadonlyMap<string, number>
  readonly onEvent?: (event: HistorianEvent) => void
}

const defaults = { batchMax: 5000, batchAgeMs: 100, waitingMax: 200_000, retryMs: 1000 }

const stateByCode: Readonly<Record<string, HistorianState>> = {
  'database-full': 'full',
  'database-locked': 'locked',
  'database-read-only': 'readOnly',
  'database-corrupt': 'corrupt',
}

/**
 * Brings samples into a store, many in one transaction, and accounts for what cannot be kept: the buffer is bounded, a
 * failing store is tried again, and every sample that was dropped is part of a counted gap that is written before the
 * samples after it. Nothing is dropped in silence, and nobody who records waits.
 */
export class Recorder {
  readonly #options: Required<RecorderOptions>
  readonly #deadbands: ReadonlyMap<string, Deadband>
  readonly #gaps = new Gaps()
  /** What is being written; it is kept until it is durable. */
  #writing: readonly TagSample[] = []
  /** How many lost samples the batch being written stands for, when it is a gap. */
  #writingLost = 0
  #waiting: TagSample[] = []
  #work: Promise<void> | undefined
  #timer: Cancel | undefined
  #state: HistorianState = 'ok'
  #reason: string | undefined
  #recorded = 0
  #lost = 0
  #isPaused = false
  #isStopped = false

  constructor(options: RecorderOptions) {
    this.#options = { ...defaults, deadbands: new Map(), onEvent: () => undefined, ...options }
    this.#deadbands = new Map(Array.from(this.#options.deadbands, ([tag, width]) => [tag, new Deadband(width)]))
  }

  /** Takes a sample; it is durable a batch later. */
  record(sample: TagSample): void {
    if (this.#deadbands.size > 0 && this.#deadbands.get(sample.tag)?.passes(sample.sample) === false) return
    const { waitingMax, batchMax, batchAgeMs, clock } = this.#options
    const isFull = this.#waiting.length + this.#writing.length >= waitingMax
    // Behind a gap nothing is taken until the gap itself can be written, so that order and count stay true.
    if (isFull || this.#gaps.pending > 0 || this.#isStopped || !Number.isFinite(sample.sample.sourceTime)) {
      this.#lose(sample)
      return
    }
    this.#waiting.push(sample)
    if (this.#isPaused || this.#work !== undefined) return
    if (this.#waiting.length >= batchMax) this.#write()
    else this.#timer ??= clock.after(batchAgeMs, () => this.#write())
  }

  /** Writes what waits. It resolves when that is durable or the store has failed; look at the health then. */
  async flush(): Promise<void> {
    if (!this.#isPaused) this.#write()
    while (this.#work !== undefined) await this.#work
  }

  /** Writes what waits and stops; what cannot be written is lost and counted. */
  async stop(): Promise<void> {
    this.#write()
    while (this.#work !== undefined) await this.#work
    this.#isStopped = true
    this.#timer?.()
    this.#timer = undefined
    for (const sample of [...(this.#writingLost > 0 ? [] : this.#writing), ...this.#waiting]) this.#lose(sample)
    this.#writing = []
    this.#waiting = []
  }

  /** State and counters. */
  health(): HistorianHealth {
    const waiting = this.#waiting.length + this.#writing.length
    return { state: this.#state, recorded: this.#recorded, waiting, lost: this.#lost, reason: this.#reason }
  }

  #lose(sample: TagSample): void {
    this.#lost++
    this.#gaps.add(sample)
    if (this.#state === 'ok') this.#become('degraded', 'more samples came than could be written')
    // Without anything to write there is nobody who would write the gap.
    if (this.#work === undefined && !this.#isPaused && !this.#isStopped) {
      this.#timer ??= this.#options.clock.after(this.#options.batchAgeMs, () => this.#write())
    }
  }

  #write(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#isPaused = false
    if (this.#work !== undefined) return
    this.#work = this.#writeAll().finally(() => {
      this.#work = undefined
    })
  }

  /** Writes batch after batch until nothing waits, or the store fails. */
  async #writeAll(): Promise<void> {
    for (;;) {
      if (this.#writing.length === 0) this.#takeNext()
      if (this.#writing.length === 0 || !(await this.#tryAppend(this.#writing))) return
      this.#written()
    }
  }

  /** What waits comes first; the gap is behind it. */
  #takeNext(): void {
    const { batchMax, clock } = this.#options
    if (this.#waiting.length > batchMax) {
      this.#writing = this.#waiting.splice(0, batchMax)
    } else if (this.#waiting.length > 0) {
      this.#writing = this.#waiting
      this.#waiting = []
    } else {
      this.#writingLost = this.#gaps.pending
      this.#writing = this.#gaps.take(clock.now())
    }
  }

  #written(): void {
    const { clock, onEvent } = this.#options
    if (this.#writingLost > 0) {
      onEvent({ kind: 'gapRecorded', tags: this.#writing.length, lost: this.#writingLost, time: clock.now() })
      this.#writingLost = 0
    } else this.#recorded += this.#writing.length
    this.#writing = []
    if (this.#gaps.pending === 0) this.#become('ok', undefined)
  }

  async #tryAppend(batch: readonly TagSample[]): Promise<boolean> {
    try {
      await this.#options.store.append(batch)
      return true
    } catch (error) {
      const state = isMillraceError(error) ? stateByCode[error.code] : undefined
      this.#become(state ?? 'degraded', error instanceof Error ? error.message : String(error))
      this.#isPaused = true
      this.#timer ??= this.#options.clock.after(this.#options.retryMs, () => this.#write())
      return false
    }
  }

  #become(state: HistorianState, reason: string | undefined): void {
    this.#reason = reason
    if (state === this.#state) return
    this.#state = state
    const { clock, onEvent } = this.#options
    onEvent({ kind: 'stateChanged', state, reason, time: clock.now() })
  }
}
