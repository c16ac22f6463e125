import type { OnError, RetryDefinition } from '../../model/definition.ts'
import type { Port } from '../../model/port.ts'
import type { Value } from '../../model/value.ts'
import type { StepPlugin } from '../../plugin/define.ts'
import type { CheckedPipeline } from '../checked.ts'
import type { Program } from './program.ts'

/** An input of an operation: the slot that it reads. The slot of an input whose unit is converted holds the converted value. */
export interface PlanInput {
  readonly name: string
  readonly slot: number
  readonly port: Port
  /** A literal never changes, is always Good and has no time of its own. */
  readonly isLiteral: boolean
}

/** An output of an operation: the slot that it fills. */
export interface PlanOutput {
  readonly name: string
  readonly slot: number
  readonly port: Port
}

/** A completion condition: two slots to be compared. */
export interface PlanUntil {
  readonly slot: number
  readonly is: 'above' | 'below' | 'equals'
  readonly limit: number
}

/** What an operation does: a step, or the conversion of a unit on a wire. */
export type OperationWork =
  | { readonly kind: 'convert'; readonly gain: number; readonly offset: number }
  | { readonly kind: 'method'; readonly device: string; readonly method: string }
  | { readonly kind: 'plugin'; readonly plugin: StepPlugin; readonly config: Readonly<Record<string, unknown>> }

/** One operation of a plan. Its position in {@link Plan.operations} is its index and its turn. */
export interface Operation {
  readonly index: number
  /** Id of the step; empty for a conversion. */
  readonly step: string
  /** What the samples it spoils name as their cause: `pipeline/step`. */
  readonly owner: string
  readonly work: OperationWork
  readonly inputs: readonly PlanInput[]
  readonly outputs: readonly PlanOutput[]
  /** Slots of the inputs that are not literals. */
  readonly wired: readonly number[]
  /** The inputs' values as the plugin's object. */
  readonly valuesOf: (numbers: Float64Array, others: readonly Value[]) => Record<string, Value>
  /** Operations of steps that must be complete first when every step runs once: by wires and by `after`. */
  readonly needs: readonly number[]
  /** Operations that `after` names. */
  readonly after: readonly number[]
  /** Operations that name this one in their `after`. */
  readonly followers: readonly number[]
  readonly until: readonly PlanUntil[]
  readonly onError: OnError
  readonly retry: RetryDefinition | undefined
  /** Deadline of one attempt; undefined for an isolated step, whose thread has the deadline. */
  readonly timeoutMs: number | undefined
  /** Deadline that the pipeline file itself gives, which is all that a step with `until` has. */
  readonly ownTimeoutMs: number | undefined
  /** Whether its plugin is to run in a thread, and the deadline of each turn there; the plugin's own when undefined. */
  readonly isIsolated: boolean
  readonly deadlineMs: number | undefined
  /** Whether the compiled program may compute it; otherwise it goes through the evaluation of single operations. */
  readonly isInline: boolean
  /** A `delay` has no turn in a wave; its output moves on when the wave has ended. */
  readonly isDelay: boolean
}

/** A `delay` step: at the end of a wave its output takes over what its input is. */
export interface PlanDelay {
  readonly operation: Operation
  readonly from: number
  readonly to: number
  readonly initial: Value | undefined
  /** Operations that read the output: they see the wave before. */
  readonly readers: readonly number[]
}

/** A method called by `finally`. */
export interface PlanFinally {
  readonly step: string
  readonly owner: string
  readonly device: string
  readonly method: string
  readonly inputs: readonly PlanInput[]
  readonly retry: RetryDefinition | undefined
  readonly timeoutMs: number
}

/** A device tag that is written, and the slot that feeds it. */
export interface PlanWrite {
  readonly tag: string
  readonly slot: number
  readonly on: 'change' | 'wave'
}

/**
 * A compiled pipeline: flat arrays in topological order, made once. It holds no samples; each execution has its own.
 *
 * A *slot* is a place for one sample: of an external tag, a parameter, a literal, a step's output, or a converted input.
 */
export interface Plan {
  readonly checked: CheckedPipeline
  readonly id: string
  readonly slotCount: number
  /** Whether the slot's value is a number and lives in the array of numbers. */
  readonly isNumeric: readonly boolean[]
  /** Lowest and highest value that need no second look, by slot: the data type's limits and EURange. */
  readonly lowest: Float64Array
  readonly highest: Float64Array
  readonly externals: readonly { readonly tag: string; readonly owner: string; readonly slot: number }[]
  readonly parameters: readonly { readonly name: string; readonly slot: number; readonly value: Value }[]
  readonly literals: readonly { readonly slot: number; readonly value: Value }[]
  readonly operations: readonly Operation[]
  readonly delays: readonly PlanDelay[]
  readonly finally: readonly PlanFinally[]
  readonly writes: readonly PlanWrite[]
  /** Tags under which the sample of a slot is published; most slots have one or two. */
  readonly tagsBySlot: readonly (readonly string[])[]
  readonly slotByTag: ReadonlyMap<string, number>
  /** Names of all steps in the order of the file, those of `finally` last. */
  readonly steps: readonly string[]
  readonly operationByStep: ReadonlyMap<string, Operation>
  readonly converts: readonly Operation[]
  /** Whether a wave has to look at the clock. */
  readonly usesTime: boolean
  readonly stepEvents: boolean
  readonly program: Program
}
