import type { Cancel, Clock } from './model/clock.ts'
import type { Sample, TagSample } from './model/sample.ts'
import { Status } from './model/status.ts'
import { otherValuesForgotten, valuesSaved } from './store/last-value-store.ts'
import type { WriteQueue } from './store/write-queue.ts'

/** A pipeline, as far as its last values go. */
export interface LastingPipeline {
  readonly lastingTags: readonly string[]
  latest(tag: string): Sample | undefined
}

/** What keeping last values needs. */
export interface LastValuesOptions {
  readonly queue: Pick<WriteQueue, 'add' | 'has'>
  readonly clock: Pick<Clock, 'after'>
  /** What is kept already. */
  readonly saved: ReadonlyMap<string, Sample>
}

/** How often they are looked at, in milliseconds: a crash takes at most what came since. */
const everyMs = 1000

/**
 * Keeps the last values of pipelines. Nobody tells it of samples: once a second it looks which are others than those that are
 * kept, and writes them in one statement, however fast the pipelines run.
 */
export class LastValues {
  readonly #options: LastValuesOptions
  readonly #saved: Map<string, Sample>
  #pipelines: () => readonly LastingPipeline[] = () => []
  #cancel: Cancel = () => {}

  constructor(options: LastValuesOptions) {
    this.#options = options
    this.#saved = new Map(options.saved)
  }

  /** Begins to look at pipelines, whichever there are then. */
  follow(pipelines: () => readonly LastingPipeline[]): void {
    this.#pipelines = pipelines
    this.#again()
  }

  /** Writes what has changed, unless the change before still waits: it would be replaced. */
  save(): void {
    const { queue } = this.#options
    const key = 'last values'
    if (queue.has(key)) return
    const changed: TagSample[] = []
    for (const pipeline of this.#pipelines()) {
      for (const tag of pipeline.lastingTags) {
        const sample = pipeline.latest(tag)
        if (sample && this.#isNew(tag, sample)) changed.push({ tag, sample })
      }
    }
    if (changed.length === 0) return
    const isTaken = queue.add({ kind: 'value', key, statements: [valuesSaved(changed)] })
    if (isTaken) for (const { tag, sample } of changed) this.#saved.set(tag, sample)
  }

  /** Forgets the tags that are there no more. */
  prune(): void {
    const tags = new Set(this.#pipelines().flatMap(({ lastingTags }) => lastingTags))
    const gone = [...this.#saved.keys()].filter((tag) => !tags.has(tag))
    if (gone.length === 0) return
    for (const tag of gone) this.#saved.delete(tag)
    this.#options.queue.add({ kind: 'value', key: 'forgotten values', statements: [otherValuesForgotten(tags)] })
  }

  /** Saves all of them again: the database is another one. */
  saveAll(): void {
    this.#saved.clear()
  }

  /** Looks once more, and then no more. */
  stop(): void {
    this.#cancel()
    this.save()
  }

  /** What was never computed is nothing to come back with. */
  #isNew(tag: string, sample: Sample): boolean {
    const saved = this.#saved.get(tag)
    return sample !== saved && (saved !== undefined || sample.status !== Status.BadWaitingForInitialData)
  }

  #again(): void {
    this.#cancel = this.#options.clock.after(everyMs, () => {
      this.save()
      this.#again()
    })
  }
}
