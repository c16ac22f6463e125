import type { Observable } from 'rxjs'
import type { Port } from '../model/port.ts'
import type { RunOrigin } from '../model/run.ts'
import { bad, type Sample, type TagSample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import { ownerTag, stepInputTag, stepOutputTag } from '../model/tag.ts'
import { Outlet } from '../rx/outlet.ts'
import type { CheckedPipeline } from './checked.ts'
import { fitted } from './fit.ts'

/** A run whose samples are current. */
export interface CurrentRun {
  readonly origin: RunOrigin
  /** What it holds for a tag. */
  sample(tag: string): Sample | undefined
}

/**
 * The samples of a pipeline as the world sees them.
 *
 * While it does not run, what was computed last stays visible as UncertainLastUsableValue; before it ever ran it is
 * BadWaitingForInitialData (information model §5.5). A value that stays keeps the run that computed it. What was computed
 * before the program was started is shown like that too, until something newer comes; it is only looked at, and no pipeline
 * computes with it.
 */
export class Published {
  readonly #outlet = new Outlet<readonly TagSample[]>()
  readonly #latest = new Map<string, TagSample>()
  /** From before the program was started, of tags for which nothing newer has come. */
  readonly #restored = new Map<string, Sample>()
  /** Tags that only a run keeps up to date: steps' ports and the pipeline's outputs. */
  readonly #computed: readonly string[]
  readonly #outputs: readonly string[]
  /** Tags whose newest sample is worth keeping: steps' outputs and the pipeline's. */
  readonly lasting: readonly string[]
  #isHeld = true

  /** `time` is the source time of the samples that nothing has been computed for yet. */
  constructor(
    { definition: { id }, steps, outputs }: CheckedPipeline,
    time: number,
    restored: ReadonlyMap<string, Sample> = new Map(),
  ) {
    const inputs = steps.flatMap((step) => step.inputs.map(({ port }) => stepInputTag(id, step.id, port.name)))
    const lasting = [
      ...steps.flatMap((step) => step.outputs.map((port) => [stepOutputTag(id, step.id, port.name), port] as const)),
      ...outputs.map(({ port }) => [ownerTag(id, port.name), port] as const),
    ]
    this.#outputs = outputs.map(({ port }) => ownerTag(id, port.name))
    this.lasting = lasting.map(([tag]) => tag)
    this.#computed = [...inputs, ...this.lasting]
    for (const tag of this.#computed) {
      this.#latest.set(tag, { tag, sample: bad(Status.BadWaitingForInitialData, time) })
    }
    for (const [tag, port] of lasting) {
      const sample = restored.get(tag)
      if (sample && canShow(port, sample)) this.#restored.set(tag, held({ tag, sample }).sample)
    }
  }

  /** Batches of samples in their order. */
  get samples$(): Observable<readonly TagSample[]> {
    return this.#outlet.values$
  }

  /** The newest sample of a tag, from before the program was started if there is no newer one. */
  latest(tag: string): Sample | undefined {
    return this.#restored.get(tag) ?? this.#latest.get(tag)?.sample
  }

  /** The newest sample of a tag since the program was started. */
  fresh(tag: string): Sample | undefined {
    return this.#latest.get(tag)?.sample
  }

  /** The newest samples of the pipeline's outputs. */
  get outputs(): readonly TagSample[] {
    return this.#outputs.flatMap((tag) => {
      const sample = this.latest(tag)
      return sample ? [{ tag, sample }] : []
    })
  }

  /** Publishes what was computed. */
  computed(samples: readonly TagSample[]): void {
    this.#publish(this.#isHeld ? samples.map(held) : samples)
  }

  /** Publishes parameters and diagnostics, which do not depend on the state. */
  told(samples: readonly TagSample[]): void {
    this.#publish(samples)
  }

  /** The pipeline runs no more: its values stay, with doubt. */
  hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    const changed = this.#computed.flatMap((tag) => {
      const latest = this.#latest.get(tag)
      const doubtful = latest && held(latest)
      return doubtful && doubtful !== latest ? [doubtful] : []
    })
    this.#publish(changed)
  }

  /** The pipeline runs; what its run holds already (after a suspension) is current again. */
  release(current?: CurrentRun): void {
    this.#isHeld = false
    if (!current) return
    const changed = this.#computed.flatMap((tag) => {
      const sample = current.sample(tag)
      return sample && sample !== this.latest(tag) ? [{ tag, sample, run: current.origin }] : []
    })
    this.#publish(changed)
  }

  /** Ends the stream. */
  close(): void {
    this.#outlet.complete()
  }

  #publish(samples: readonly TagSample[]): void {
    if (samples.length === 0) return
    for (const each of samples) this.#latest.set(each.tag, each)
    if (this.#restored.size > 0) for (const { tag } of samples) this.#restored.delete(tag)
    this.#outlet.next(samples)
  }
}

/** Tells whether a sample of an earlier program is one that a port may show: its definition may be another one now. */
export function canShow({ dataType, isArray, choices }: Port, { value, status }: Sample): boolean {
  if (value === null) return isBad(status)
  return !('problem' in fitted(value, { dataType, isArray, ...(choices ? { choices } : {}) }))
}

function held(each: TagSample): TagSample {
  const { sample } = each
  if (isBad(sample.status) || sample.status === Status.UncertainLastUsableValue) return each
  return { ...each, sample: { ...sample, status: Status.UncertainLastUsableValue } }
}
