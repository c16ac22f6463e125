import { type Observable, Subscription } from 'rxjs'
import type { PlantEvent } from '../model/event.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { ownerOf } from '../model/tag.ts'
import { Outlet } from '../rx/outlet.ts'
import type { CheckedPipeline } from './checked.ts'
import { Pipeline } from './pipeline.ts'
import type { PipelineHost } from './pipeline-host.ts'
import { beginningOf, type RememberedPipeline } from './remembered.ts'

/** What {@link Pipelines.replace} needs to know of the ones that come new or in place of others. */
export interface Replacement {
  /** Ids of pipelines whose definition is another one than before; each was ended by {@link Pipelines.end}. */
  readonly changed: ReadonlySet<string>
  /** The newest sample of a device's tag. */
  latest(tag: string): Sample | undefined
}

/** What is known of the pipelines from before the program was started, by their ids. */
export type RememberedPipelines = ReadonlyMap<string, RememberedPipeline>

/**
 * All pipelines of a plant, in an order in which each comes after those that it reads.
 *
 * Samples of devices and outputs of pipelines go to the pipelines that read them. A batch goes through in that order: a
 * pipeline that reads a device and another pipeline gets both in one batch, and makes one wave of them.
 */
export class Pipelines {
  /** The samples of all pipelines; a batch comes before what other pipelines make of it. */
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  readonly #host: PipelineHost
  /** Of the ones that the program starts with: one that comes later begins afresh. */
  #remembered: RememberedPipelines
  readonly #samples = new Outlet<readonly TagSample[]>()
  readonly #events = new Outlet<PlantEvent>()
  readonly #subscriptionById = new Map<string, Subscription>()
  #all: readonly Pipeline[] = []
  #byId: ReadonlyMap<string, Pipeline> = new Map()
  /** Positions of the pipelines that read a tag. */
  #readersByTag: ReadonlyMap<string, readonly number[]> = new Map()
  #batches: TagSample[][] = []
  #isDistributing = false

  /** `checked` is in the order in which `checkPipelines` gives them. */
  constructor(checked: readonly CheckedPipeline[], host: PipelineHost, remembered: RememberedPipelines = new Map()) {
    this.#host = host
    this.#remembered = remembered
    this.samples$ = this.#samples.values$
    this.events$ = this.#events.values$
    this.replace(checked, { changed: new Set(), latest: () => undefined })
  }

  /** All of them, each after those that it reads. */
  get all(): readonly Pipeline[] {
    return this.#all
  }

  /** The pipeline of an id. */
  byId(id: string): Pipeline | undefined {
    return this.#byId.get(id)
  }

  /** The newest sample of a tag of any pipeline. */
  latest(tag: string): Sample | undefined {
    return this.#owner(tag)?.latest(tag)
  }

  /** Takes in samples of devices. */
  feed(samples: readonly TagSample[]): void {
    for (const each of samples) {
      for (const position of this.#readersByTag.get(each.tag) ?? []) this.#batches[position]?.push(each)
    }
    if (this.#isDistributing) return
    this.#isDistributing = true
    try {
      for (let next = this.#nextReader(); next !== -1; next = this.#nextReader()) {
        this.#all[next]?.feed(this.#batches[next]?.splice(0) ?? [])
      }
    } finally {
      this.#isDistributing = false
    }
  }

  /**
   * Starts those that start with the plant, and those that go on from before the program ended; `except` are left to somebody
   * who knows better.
   */
  start(except: ReadonlySet<string> = new Set()): void {
    const remembered = this.#remembered
    this.#remembered = new Map()
    for (const pipeline of this.#all) {
      const { state, initiator } = beginningOf(pipeline.checked.definition, remembered.get(pipeline.id)?.state)
      if (pipeline.state !== 'Ready' || (state !== 'Running' && state !== 'Suspended')) continue
      if (except.has(pipeline.id)) continue
      pipeline.start({ initiator, isSuspended: state === 'Suspended' })
    }
  }

  /**
   * Ends some of them for good: the wave under way ends first, then the `finally` steps run; what takes longer than `graceMs`
   * is cancelled. Resolves to those that ran, and are to run again when they come back.
   */
  async end(
    ids: Iterable<string>,
    { initiator, graceMs, finallyMs }: { initiator: string; graceMs: number; finallyMs: number },
  ): Promise<ReadonlySet<string>> {
    const running = new Set<string>()
    const ends = [...ids]
      .flatMap((id) => this.#byId.get(id) ?? [])
      .map(async (pipeline) => {
        const isRunning = await pipeline.end({ initiator, graceMs, finallyMs })
        if (isRunning) running.add(pipeline.id)
      })
    await Promise.all(ends)
    return running
  }

  /**
   * Puts the pipelines of another definition of the plant in place of the ones there are. Those that have not `changed` stay
   * the same and notice nothing; a changed one takes over the state, the parameters and the counters of the one before, while
   * the memory of its blocks starts afresh. Nothing is started.
   */
  replace(checked: readonly CheckedPipeline[], { changed, latest }: Replacement): void {
    const before = this.#byId
    this.#all = checked.map((each) => {
      const { id } = each.definition
      const old = before.get(id)
      return old && !changed.has(id)
        ? old
        : new Pipeline(each, this.#host, { before: old, remembered: this.#remembered.get(id) })
    })
    this.#byId = new Map(this.#all.map((pipeline) => [pipeline.id, pipeline]))
    this.#readersByTag = readersOf(this.#all)
    this.#batches = this.#all.map(() => [])
    for (const [id, old] of before) if (this.#byId.get(id) !== old) this.#forget(id)
    for (const pipeline of this.#all) {
      if (before.get(pipeline.id) === pipeline) continue
      this.#follow(pipeline)
      // What is from before the program was started is for people to look at, not to compute with.
      const newest = (tag: string) => this.#owner(tag)?.fresh(tag) ?? latest(tag)
      pipeline.feed([...pipeline.externalTags].flatMap((tag) => sampleOf(tag, newest(tag))))
    }
  }

  /** Halts all of them for good, those that read others first; see {@link Pipeline.close}. */
  async close(limits: { graceMs?: number; finallyMs?: number } = {}): Promise<void> {
    await Promise.all(this.#all.toReversed().map((pipeline) => pipeline.close(limits)))
    for (const id of [...this.#subscriptionById.keys()]) this.#forget(id)
    this.#samples.complete()
    this.#events.complete()
  }

  #owner(tag: string): Pipeline | undefined {
    return this.#byId.get(ownerOf(tag))
  }

  #follow({ id, samples$, events$ }: Pipeline): void {
    const subscription = new Subscription()
    subscription.add(events$.subscribe((event) => this.#events.next(event)))
    subscription.add(
      samples$.subscribe((samples) => {
        this.#samples.next(samples)
        if (samples.some(({ tag }) => this.#readersByTag.has(tag))) this.feed(samples)
      }),
    )
    this.#subscriptionById.set(id, subscription)
  }

  #forget(id: string): void {
    this.#subscriptionById.get(id)?.unsubscribe()
    this.#subscriptionById.delete(id)
  }

  /** The first pipeline with a batch: what one puts out while it takes its batch goes to later ones. */
  #nextReader(): number {
    return this.#batches.findIndex((batch) => batch.length > 0)
  }
}

function readersOf(pipelines: readonly Pipeline[]): ReadonlyMap<string, readonly number[]> {
  const readers = new Map<string, number[]>()
  pipelines.forEach((pipeline, position) => {
    for (const tag of pipeline.externalTags) {
      const positions = readers.get(tag)
      if (positions) positions.push(position)
      else readers.set(tag, [position])
    }
  })
  return readers
}

function sampleOf(tag: string, sample: Sample | undefined): readonly TagSample[] {
  return sample ? [{ tag, sample }] : []
}
