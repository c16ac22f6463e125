import type { CheckedPipeline, CheckedStep } from '../checked.ts'
import type { Conversion, Layout } from './layout.ts'
import type { PlanInput, PlanOutput, PlanUntil } from './plan.ts'

/** A step, or the conversion of a unit, with its slots but without its place in the order. */
export interface Draft {
  readonly step: CheckedStep | undefined
  readonly conversion: Conversion | undefined
  readonly inputs: readonly PlanInput[]
  readonly outputs: readonly PlanOutput[]
  readonly until: readonly PlanUntil[]
  readonly after: readonly string[]
  readonly isDelay: boolean
}

/** The steps of a pipeline with their slots, in the order of the checked pipeline. */
export function draftsOf(checked: CheckedPipeline, layout: Layout): readonly Draft[] {
  return checked.steps.map((step) => {
    const inputs = inputsOf(step, layout)
    for (const { name, slot } of inputs) layout.publishInput(step.id, name, slot)
    const outputs = step.outputs.map((port) => ({ name: port.name, port, slot: layout.outputSlot(step.id, port.name) }))
    const until = step.until.map(({ port, is, source }) => {
      const ofOutput = step.outputs.find(({ name }) => name === port)
      return { slot: layout.outputSlot(step.id, port), is, limit: layout.slotOf(source, ofOutput) }
    })
    const isDelay = step.kind === 'function' && step.plugin.type === 'delay'
    return { step, conversion: undefined, inputs, outputs, until, after: step.after, isDelay }
  })
}

/** The conversion of a unit as a draft of its own. */
export function conversionDraft(conversion: Conversion): Draft {
  const { from, to, port } = conversion
  return {
    step: undefined,
    conversion,
    inputs: [{ name: port.name, slot: from, port, isLiteral: false }],
    outputs: [{ name: port.name, slot: to, port }],
    until: [],
    after: [],
    isDelay: false,
  }
}

/** The inputs of a step with the slots that they read. */
export function inputsOf(step: CheckedStep, layout: Layout): readonly PlanInput[] {
  return step.inputs.map(({ port, source }) => {
    const slot = layout.slotOf(source, port)
    return { name: port.name, slot, port, isLiteral: layout.isLiteral(slot) }
  })
}
