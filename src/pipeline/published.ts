import type { Observable } from 'rxjs'
import type { Port } from '../model/port.ts'
import { bad, type Sample, type TagSample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import { ownerTag, stepInputTag, stepOutputTag } from '../model/tag.ts'
import { Outlet } from '../rx/outlet.ts'
import type { CheckedPipeline } from './checked.ts'

/**
 * The samples of a pipeline as the world sees them.
 *
 * While it does not run, what was computed last stays visible as UncertainLastUsableValue; before it ever ran it is
 * BadWaitingForInitialData (information model §5.5).
 */
export class Published {
  readonly #outlet = new Outlet<readonly TagSample[]>()
  readonly #latest = new Map<string, Sample>()
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
    for (const tag of this.#computed) this.#latest.set(tag, bad(Status.BadWaitingForInitialData, time))
  }

  /** Batches of samples in their order. */
  get samples$(): Observable<readonly TagSample[]> {
    return this.#outlet.values$
  }

  /** The newest sample of a tag. */
  latest(tag: string): Sample | undefined {
    return this.#latest.get(tag)
  }

  /** The newest samples of the pipeline's outputs. */
  get outputs(): readonly TagSample[] {
    return this.#outputs.flatMap((tag) => {
      const sample = this.#latest.get(tag)
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
      const sample = this.#latest.get(tag)
      const doubtful = sample && held({ tag, sample })
      return doubtful && doubtful.sample !== sample ? [doubtful] : []
    })
    this.#publish(changed)
  }

  /** The pipeline runs; what its run holds already (after a suspension) is current again. */
  release(current: (tag: string) => Sample | undefined): void {
    this.#isHeld = false
    const changed = this.#computed.flatMap((tag) => {
      const sample = current(tag)
      return sample && sample !== this.#latest.get(tag) ? [{ tag, sample }] : []
    })
    this.#publish(changed)
  }

  /** Ends the stream. */
  close(): void {
    this.#outlet.complete()
  }

  #publish(samples: readonly TagSample[]): void {
    if (samples.length === 0) return
    for (const { tag, sample } of samples) this.#latest.set(tag, sample)
    this.#outlet.next(samples)
  }
}

function held({ tag, sample }: TagSample): TagSample {
  if (isBad(sample.status) || sample.status === Status.UncertainLastUsableValue) return { tag, sample }
  return { tag, sample: { ...sample, status: Status.UncertainLastUsableValue } }
}
