import type { Cancel, Clock } from '../../model/clock.ts'
import { messageOf } from '../../model/errors.ts'
import type { HistorianState } from '../../model/event.ts'
import type { TagSample } from '../../model/sample.ts'
import type { HistoryStore } from '../history-store.ts'
import { Deadband } from './deadband.ts'
import { isAboutSamples, stateOf } from './failure.ts'
import { type Gap, Gaps } from './gaps.ts'

/** What the historian tells about itself. */
export interface HistorianHealth {
  readonly state: HistorianState
  /** What is wrong, when the state is not `Ok`. */
  readonly reason: string | undefined
  /** Samples kept durably since the start. */
  readonly recorded: number
  /** Samples that wait. */
  readonly waiting: number
  /** Samples lost since the start; each is part of a gap in the history, or will be. */
  readonly lost: number
  /** Gaps recorded since the start: one for each tag and time. */
  readonly gaps: number
  /** When something was written last, in milliseconds since 1970 UTC. */
  readonly lastWriteTime: number | undefined
  /** When the samples were taken that were written last: what came before is kept, or counted. */
  readonly keptUntil: number | undefined
}

/** Something that an operator should be told. */
export type HistorianEvent =
  | {
      readonly kind: 'stateChanged'
      readonly state: HistorianState
      readonly reason: string | undefined
      readonly time: number
    }
  | {
      readonly kind: 'gapRecorded'
      readonly tags: readonly string[]
      readonly lost: number
      /** Source time of the first sample that was lost. */
      readonly from: number
      readonly time: number
    }

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

/** What is being written; it is kept until it is durable. */
interface Writing {
  readonly samples: readonly TagSample[]
  /** The lost samples that it stands for, when it is a gap. */
  readonly gap?: Gap
  /** When they were taken, in milliseconds since 1970 UTC. */
  readonly taken: number
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
  #writing: Writing | undefined
  #waiting: TagSample[] = []
  #work: Promise<void> | undefined
  #timer: Cancel | undefined
  #state: HistorianState = 'Ok'
  #reason: string | undefined
  #recorded = 0
  #lost = 0
  #gapCount = 0
  #lastWriteTime: number | undefined
  #keptUntil: number | undefined
  /** The store has failed, and nothing has shown since that it works. */
  #isFailing = false
  /** Nothing is tried before the pause after a failure is over. */
  #isPaused = false
  #isHeld = false
  #isStopping = false
  #isStopped = false

  constructor(options: RecorderOptions) {
    this.#options = { ...defaults, deadbands: new Map(), onEvent: () => undefined, ...options }
    this.#deadbands = new Map(Array.from(this.#options.deadbands, ([tag, width]) => [tag, new Deadband(width)]))
  }

  /** Takes a sample; it is durable a batch later. */
  record(sample: TagSample): void {
    if (this.#deadbands.size > 0 && this.#deadbands.get(sample.tag)?.passes(sample.sample) === false) return
    const { waitingMax, batchMax, batchAgeMs, clock } = this.#options
    const isFull = this.#waiting.length + (this.#writing?.samples.length ?? 0) >= waitingMax
    // Behind a gap nothing is taken until the gap itself can be written, so that order and count stay true.
    if (isFull || this.#gaps.pending > 0 || this.#isStopped || !Number.isFinite(sample.sample.sourceTime)) {
      this.#lose(sample)
      return
    }
    this.#waiting.push(sample)
    if (this.#isPaused || this.#work !== undefined || this.#isHeld) return
    if (this.#waiting.length >= batchMax) this.#write()
    else this.#timer ??= clock.after(batchAgeMs, () => this.#write())
  }

  /** Writes what waits. It resolves when that is durable or the store has failed; look at the health then. */
  async flush(): Promise<void> {
    if (!this.#isPaused) this.#write()
    while (this.#work !== undefined) await this.#work
  }

  /** The store has failed elsewhere: it is tried again in a while, also when nothing waits. */
  failed(error: unknown): void {
    if (!this.#isStopping) this.#fail(error)
  }

  /** Writes nothing until {@link release}: what comes waits, and is lost and counted when it is too much. */
  hold(state: HistorianState, reason: string): void {
    this.#isHeld = true
    this.#isFailing = true
    this.#become(state, reason)
  }

  /** Tells whether nothing may be written for now. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Goes on after {@link hold}. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#write()
  }

  /**
   * Writes what waits and stops; what cannot be written is lost and counted. It resolves to the gaps that the history does
   * not have.
   */
  async stop(): Promise<readonly TagSample[]> {
    this.#isStopping = true
    while (this.#work !== undefined) await this.#work
    this.#write()
    while (this.#work !== undefined) await this.#work
    this.#isStopped = true
    this.#timer?.()
    this.#timer = undefined
    const { samples, gap } = this.#writing ?? { samples: [] }
    for (const sample of [...(gap ? [] : samples), ...this.#waiting]) this.#lose(sample)
    this.#writing = undefined
    this.#waiting = []
    return [...(gap ? samples : []), ...(this.#gaps.take(this.#options.clock.now())?.markers ?? [])]
  }

  /** State and counters. */
  health(): HistorianHealth {
    return {
      state: this.#state,
      reason: this.#reason,
      recorded: this.#recorded,
      waiting: this.#waiting.length + (this.#writing && !this.#writing.gap ? this.#writing.samples.length : 0),
      lost: this.#lost,
      gaps: this.#gapCount,
      lastWriteTime: this.#lastWriteTime,
      keptUntil: this.#keptUntil,
    }
  }

  #lose(sample: TagSample): void {
    this.#lost++
    this.#gaps.add(sample)
    if (this.#state === 'Ok') this.#become('Degraded', 'more samples came than could be written')
    // Without anything to write there is nobody who would write the gap.
    if (this.#work === undefined && !this.#isPaused && !this.#isHeld && !this.#isStopped) {
      this.#timer ??= this.#options.clock.after(this.#options.batchAgeMs, () => this.#write())
    }
  }

  #write(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#isPaused = false
    if (this.#work !== undefined || this.#mayNotWrite()) return
    this.#work = this.#writeAll().finally(() => {
      this.#work = undefined
    })
  }

  #mayNotWrite(): boolean {
    return this.#isHeld && !this.#isStopping
  }

  /** Writes batch after batch until nothing waits, or the store fails. */
  async #writeAll(): Promise<void> {
    while (!this.#mayNotWrite()) {
      this.#writing ??= this.#next()
      if (!this.#writing) {
        // A store that has failed is tried although nothing waits, so that the state tells the truth.
        if (this.#isFailing && (await this.#tryAppend([]))) this.#becomeOk()
        return
      }
      if (!(await this.#tryAppend(this.#writing.samples))) return
      this.#written(this.#writing)
    }
  }

  /** What waits comes first; the gap is behind it. */
  #next(): Writing | undefined {
    const { batchMax, clock } = this.#options
    const taken = clock.now()
    if (this.#waiting.length > batchMax) return { samples: this.#waiting.splice(0, batchMax), taken }
    if (this.#waiting.length > 0) {
      const samples = this.#waiting
      this.#waiting = []
      return { samples, taken }
    }
    const gap = this.#gaps.take(taken)
    return gap && { samples: gap.markers, gap, taken }
  }

  #written({ samples, gap, taken }: Writing): void {
    const { clock, onEvent } = this.#options
    const time = clock.now()
    this.#writing = undefined
    this.#lastWriteTime = time
    this.#keptUntil = taken
    if (gap) {
      this.#gapCount += samples.length
      onEvent({ kind: 'gapRecorded', tags: samples.map(({ tag }) => tag), lost: gap.lost, from: gap.from, time })
    } else this.#recorded += samples.length
    this.#becomeOk()
  }

  async #tryAppend(batch: readonly TagSample[]): Promise<boolean> {
    try {
      await this.#options.store.append(batch)
      this.#isFailing = false
      return true
    } catch (error) {
      if (isAboutSamples(error) && this.#singleOut(error)) return this.#tryAppend(this.#writing?.samples ?? [])
      this.#fail(error)
      return false
    }
  }

  /** Finds the sample that cannot be stored, half by half, so that the others are; that one is lost and counted. */
  #singleOut(error: unknown): boolean {
    const { samples, gap, taken } = this.#writing ?? { samples: [], taken: 0 }
    const [first] = samples
    if (!first || gap) return false
    const middle = Math.floor(samples.length / 2)
    if (middle === 0) {
      this.#become('Degraded', messageOf(error))
      this.#lose(first)
      this.#writing = { samples: [], taken }
    } else {
      this.#writing = { samples: samples.slice(0, middle), taken }
      this.#waiting = [...samples.slice(middle), ...this.#waiting]
    }
    return true
  }

  #fail(error: unknown): void {
    const { clock, retryMs } = this.#options
    this.#isFailing = true
    if (!this.#isHeld) this.#become(stateOf(error), messageOf(error))
    this.#isPaused = true
    this.#timer?.()
    this.#timer = clock.after(retryMs, () => this.#write())
  }

  #becomeOk(): void {
    if (!this.#isHeld && !this.#isFailing && this.#gaps.pending === 0) this.#become('Ok', undefined)
  }

  #become(state: HistorianState, reason: string | undefined): void {
    this.#reason = reason
    if (state === this.#state) return
    this.#state = state
    const { clock, onEvent } = this.#options
    onEvent({ kind: 'stateChanged', state, reason, time: clock.now() })
  }
}
