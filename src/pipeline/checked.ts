import type { FunctionStepDefinition, MethodStepDefinition, PipelineDefinition } from '../model/definition.ts'
import type { MethodDescription, PipelineDescription, Port } from '../model/port.ts'
import type { Value } from '../model/value.ts'
import type { StepPlugin } from '../plugin/define.ts'

/**
 * Where a checked input's value comes from. `gain` and `offset` convert the unit: `value * gain + offset`;
 * both are absent when nothing is to be converted.
 */
export type CheckedSource = (
  | { readonly kind: 'external'; readonly tag: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'step'; readonly step: string; readonly port: string }
) & { readonly gain?: number | undefined; readonly offset?: number | undefined }

/** An input of a checked step. An optional input without a source is not in the list. */
export interface CheckedInput {
  readonly port: Port
  readonly source: CheckedSource
}

/** A completion condition, resolved. */
export interface CheckedUntil {
  readonly port: string
  readonly is: 'above' | 'below' | 'equals'
  readonly source: CheckedSource
}

interface CheckedStepBase {
  readonly id: string
  readonly inputs: readonly CheckedInput[]
  readonly outputs: readonly Port[]
  readonly until: readonly CheckedUntil[]
  /** Steps that must be complete first (`after`); data dependencies are in the inputs. */
  readonly after: readonly string[]
}

/** A step that computes, with its plugin and its validated configuration. */
export interface CheckedFunctionStep extends CheckedStepBase {
  readonly kind: 'function'
  readonly definition: FunctionStepDefinition
  readonly plugin: StepPlugin
  readonly config: Readonly<Record<string, unknown>>
}

/** A step that calls a device method. */
export interface CheckedMethodStep extends CheckedStepBase {
  readonly kind: 'method'
  readonly definition: MethodStepDefinition
  readonly method: MethodDescription
}

/** A checked step. */
export type CheckedStep = CheckedFunctionStep | CheckedMethodStep

/** A pipeline that may run: every name is resolved, every type and unit fits, there is no loop. */
export interface CheckedPipeline {
  readonly definition: PipelineDefinition
  readonly description: PipelineDescription
  /** In topological order of wires and `after`. A wire out of a `delay` step does not count: it brings the previous wave's value. */
  readonly steps: readonly CheckedStep[]
  readonly outputs: readonly { readonly port: Port; readonly source: CheckedSource }[]
  readonly writes: readonly { readonly tag: string; readonly on: 'change' | 'wave'; readonly source: CheckedSource }[]
  /** In the order written; their inputs come from parameters and literals only. */
  readonly finally: readonly CheckedMethodStep[]
}
