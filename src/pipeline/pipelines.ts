import { merge, type Observable, Subscription } from 'rxjs'
import type { PlantEvent } from '../model/event.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { ownerTag } from '../model/tag.ts'
import { Outlet } from '../rx/outlet.ts'
import type { CheckedPipeline } from './checked.ts'
import { Pipeline } from './pipeline.ts'
import type { PipelineHost } from './pipeline-host.ts'

/**
 * All pipelines of a plant, in an order in which each comes after those that it reads.
 *
 * Samples of devices and outputs of pipelines go to the pipelines that read them. A batch goes through in that order: a
 * pipeline that reads a device and another pipeline gets both in one batch, and makes one wave of them.
 */
export class Pipelines {
  readonly all: readonly Pipeline[]
  /** The samples of all pipelines; a batch comes before what other pipelines make of it. */
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  readonly #byId: ReadonlyMap<string, Pipeline>
  /** Positions of the pipelines that read a tag. */
  readonly #readersByTag = new Map<string, number[]>()
  readonly #batches: TagSample[][]
  readonly #samples = new Outlet<readonly TagSample[]>()
  readonly #subscription = new Subscription()
  #isDistributing = false

  /** `checked` is in the order in which `checkPipelines` gives them. */
  constructor(checked: readonly CheckedPipeline[], host: PipelineHost) {
    this.all = checked.map((each) => new Pipeline(each, host))
    this.#byId = new Map(this.all.map((pipeline) => [pipeline.id, pipeline]))
    this.#batches = this.all.map(() => [])
    this.samples$ = this.#samples.values$
    this.events$ = merge(...this.all.map(({ events$ }) => events$))
    this.all.forEach((pipeline, position) => {
      for (const tag of pipeline.externalTags) {
        const readers = this.#readersByTag.get(tag)
        if (readers) readers.push(position)
        else this.#readersByTag.set(tag, [position])
      }
    })
    for (const { id, checked: each, samples$ } of this.all) {
      const isRead = each.outputs.some(({ port }) => this.#readersByTag.has(ownerTag(id, port.name)))
      this.#subscription.add(
        samples$.subscribe((samples) => {
          this.#samples.next(samples)
          if (isRead) this.feed(samples)
        }),
      )
    }
  }

  /** The pipeline of an id. */
  byId(id: string): Pipeline | undefined {
    return this.#byId.get(id)
  }

  /** The newest sample of a tag of any pipeline. */
  latest(tag: string): Sample | undefined {
    return this.#byId.get(/^[^./#$:]*/.exec(tag)?.[0] ?? '')?.latest(tag)
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
        this.all[next]?.feed(this.#batches[next]?.splice(0) ?? [])
      }
    } finally {
      this.#isDistributing = false
    }
  }

  /** Starts those that start with the plant. */
  start(): void {
    for (const pipeline of this.all) {
      if (pipeline.checked.definition.autoStart && pipeline.state === 'Ready') pipeline.start({ initiator: 'auto' })
    }
  }

  /** Halts all of them for good, those that read others first; see {@link Pipeline.close}. */
  async close(limits: { graceMs?: number; finallyMs?: number } = {}): Promise<void> {
    await Promise.all(this.all.toReversed().map((pipeline) => pipeline.close(limits)))
    this.#subscription.unsubscribe()
    this.#samples.complete()
  }

  /** The first pipeline with a batch: what one puts out while it takes its batch goes to later ones. */
  #nextReader(): number {
    return this.#batches.findIndex((batch) => batch.length > 0)
  }
}
