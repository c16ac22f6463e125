import type { Cancel, Clock } from '../../model/clock.ts'
import { TrustedTime } from '../../model/trusted-time.ts'
import type { HistoryStore } from '../history-store.ts'

/** How history is kept for a limited time. */
export interface RetentionOptions {
  readonly store: Pick<HistoryStore, 'retain'>
  readonly clock: Clock
  /** How long samples are kept, in milliseconds, by tag; a tag that is not named keeps everything. */
  readonly keepMs: ReadonlyMap<string, number>
  /** Pause between two rounds, in milliseconds. */
  readonly everyMs?: number
  /** Pause between two steps of a round, so that recording comes in between. */
  readonly stepMs?: number
  /** Called when a step fails; the next round tries again. */
  readonly onFailure?: (error: unknown) => void
}

/** Tags that one step looks at. */
const tagsPerStep = 200

/** Forgets samples that are older than their tags keep them, in small steps, round after round. */
export class Retention {
  readonly #options: Required<RetentionOptions>
  readonly #time: TrustedTime
  #timer: Cancel | undefined
  #step: Promise<void> | undefined
  #forgotten = 0
  #isStopped = true
  /** Between two rounds. */
  #isResting = false

  constructor(options: RetentionOptions) {
    this.#options = { everyMs: 60_000, stepMs: 50, onFailure: () => undefined, ...options }
    this.#time = new TrustedTime(options.clock)
  }

  /** Samples forgotten since the start. */
  get forgotten(): number {
    return this.#forgotten
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    this.#after(this.#options.stepMs, this.#groups())
  }

  /** Begins the next round now, unless one is under way. */
  hurry(): void {
    if (this.#isStopped || !this.#isResting) return
    this.#timer?.()
    this.#after(0, this.#groups())
  }

  /** Stops after the step that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.()
    this.#timer = undefined
    await this.#step
  }

  #after(delayMs: number, groups: Group[]): void {
    if (this.#isStopped) return
    this.#isResting = false
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#step = this.#do(groups)
    })
  }

  async #do(groups: Group[]): Promise<void> {
    const { store, everyMs, stepMs, onFailure } = this.#options
    const group = groups[0]
    let isDone = true
    try {
      if (group) {
        const step = await store.retain(group.tags, this.#time.now() - group.keepMs)
        this.#forgotten += step.samples
        isDone = step.isDone
      }
    } catch (error) {
      onFailure(error)
    }
    const rest = isDone ? groups.slice(1) : groups
    if (rest.length > 0) this.#after(stepMs, rest)
    else {
      this.#after(everyMs, this.#groups())
      this.#isResting = true
    }
  }

  /** Tags that keep their samples equally long, a few at a time. */
  #groups(): Group[] {
    const tagsByKeep = Map.groupBy(this.#options.keepMs, ([, keepMs]) => keepMs)
    return [...tagsByKeep].flatMap(([keepMs, entries]) => {
      const tags = entries.map(([tag]) => tag)
      const count = Math.ceil(tags.length / tagsPerStep)
      return Array.from({ length: count }, (_, index) => ({
        keepMs,
        tags: tags.slice(index * tagsPerStep, (index + 1) * tagsPerStep),
      }))
    })
  }
}

interface Group {
  readonly keepMs: number
  readonly tags: readonly string[]
}
