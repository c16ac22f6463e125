import type { Observable } from 'rxjs'
import type { Port } from '../model/port.ts'
import type { RunOrigin } from '../model/run.ts'
import { bad, type Sample, type TagSample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import { ownerTag, stepInputTag, stepOutputTag } from '../model/tag.ts'
import { Outlet } from '../rx/outlet.ts'
import type { CheckedPipeline } from './checked.ts'

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
 * BadWaitingForInitialData (information model §5.5). A value that stays keeps the run that computed it.
 */
export class Published {
  readonly #outlet = new Outlet<readonly TagSample[]>()
  readonly #latest = new Map<string, TagSample>()
  /** Tags that only a run keeps up to date: steps' ports and the pipeline's outputs. */
  readonly #computed: readonly string[]
  readonly #outputs: readonly string[]
  #isHeld = true

  /** `time` is the source time of the samples that nothing has been computed for yet. */
  constructor({ definition: { id }, steps, outputs }: CheckedPipeline, time: number) {
    const names = (ports: readonly Port[], tag: (name: string) => string): readonly string[] =>
      ports.map(({ name }) => tag(name))
    this.#outputs = outputs.map(({ port }) => ownerTag(id, port.name))
    this.#computed = [
      ...steps.flatMap((step) => [
        ...names(
          step.inputs.map(({ port }) => port),
          (name) => stepInputTag(id, step.id, name),
        ),
        ...names(step.outputs, (name) => stepOutputTag(id, step.id, name)),
      ]),
      ...this.#outputs,
    ]
    for (const tag of this.#computed) {
      this.#latest.set(tag, { tag, sample: bad(Status.BadWaitingForInitialData, time) })
    }
  }

  /** Batches of samples in their order. */
  get samples$(): Observable<readonly TagSample[]> {
    return this.#outlet.values$
  }

  /** The newest sample of a tag. */
  latest(tag: string): Sample | undefined {
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
    this.#outlet.next(samples)
  }
}

function held(each: TagSample): TagSample {
  const { sample } = each
  if (isBad(sample.status) || sample.status === Status.UncertainLastUsableValue) return each
  return { ...each, sample: { ...sample, status: Status.UncertainLastUsableValue } }
}
