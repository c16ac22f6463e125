import type { ParameterDefinition } from '../model/definition.ts'
import { good, type Sample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { fittedParameter } from './check-parameter.ts'

/** What came of setting a parameter: a status for the writer, and the change when it is Good. */
export type ParameterChange =
  | { readonly status: typeof Status.Good; readonly sample: Sample; readonly oldValue: Value }
  | { readonly status: number; readonly sample?: undefined }

/** The values of a pipeline's parameters; they outlive its runs. */
export class Parameters {
  readonly #definitions: readonly ParameterDefinition[]
  readonly #samples: Map<string, Sample>

  /**
   * They begin with their defaults, at `time` in milliseconds since 1970 UTC; with the values of the definition before this
   * one where there are such and they fit.
   */
  constructor(definitions: readonly ParameterDefinition[], time: number, before?: ReadonlyMap<string, Sample>) {
    this.#definitions = definitions
    this.#samples = new Map(definitions.map((each) => [each.name, firstSample(each, time, before?.get(each.name))]))
  }

  /** All of them by name. */
  get samples(): ReadonlyMap<string, Sample> {
    return this.#samples
  }

  /** Sets one. A `fixed` one cannot be set while a run is under way (`isActive`). */
  set(
    name: string,
    value: Value,
    { time, isActive }: { readonly time: number; readonly isActive: boolean },
  ): ParameterChange {
    const definition = this.#definitions.find((each) => each.name === name)
    if (!definition) return { status: Status.BadNotFound }
    if (definition.fixed && isActive) return { status: Status.BadInvalidState }
    const result = fittedParameter(definition, value)
    if ('problem' in result) {
      return { status: result.problem === 'type' ? Status.BadTypeMismatch : Status.BadOutOfRange }
    }
    const oldValue = this.#samples.get(name)?.value ?? null
    const sample = good(result.value, time)
    this.#samples.set(name, sample)
    return { status: Status.Good, sample, oldValue }
  }
}

function firstSample(definition: ParameterDefinition, time: number, before: Sample | undefined): Sample {
  if (!before) return good(definition.default, time)
  const result = fittedParameter(definition, before.value)
  return 'problem' in result ? good(definition.default, time) : { ...before, value: result.value }
}
