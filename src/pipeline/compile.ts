import { ownerTag } from '../model/tag.ts'
import type { CheckedPipeline } from './checked.ts'
import { compileProgram } from './engine/code.ts'
import { draftsOf } from './engine/draft.ts'
import { Layout } from './engine/layout.ts'
import { delayOf, finallyOf, operationsOf } from './engine/operation.ts'
import { inOrder } from './engine/order.ts'
import type { Operation, Plan } from './engine/plan.ts'

export type { Plan } from './engine/plan.ts'

/**
 * Compiles a checked pipeline, once: slots for all samples, and its steps as operations in topological order. Steps that are
 * computed by the same plugin stand together wherever the wires allow it, because a run of them is computed by one loop.
 */
export function compile(checked: CheckedPipeline): Plan {
  const { definition } = checked
  const layout = new Layout(checked)
  const steps = draftsOf(checked, layout)
  for (const { port, source } of checked.outputs) {
    layout.publish(layout.slotOf(source, port), ownerTag(definition.id, port.name))
  }
  const writes = checked.writes.map(({ tag, on, source }) => ({ tag, on, slot: layout.slotOf(source, undefined) }))
  const final = checked.finally.map((step) => finallyOf(definition.id, step, layout))
  const operations = operationsOf(inOrder(steps, layout), definition, layout)
  return {
    checked,
    id: definition.id,
    slotCount: layout.isNumeric.length,
    isNumeric: layout.isNumeric,
    ...layout.limits(),
    externals: layout.externals,
    parameters: layout.parameters,
    literals: layout.literals,
    operations,
    delays: operations.filter(({ isDelay }) => isDelay).map((operation) => delayOf(operation, operations)),
    finally: final,
    writes,
    tagsBySlot: layout.tagsBySlot,
    slotByTag: layout.slotByTag,
    steps: [...checked.steps, ...checked.finally].map(({ id }) => id),
    operationByStep: new Map(operations.flatMap((operation) => (operation.step ? [[operation.step, operation]] : []))),
    converts: operations.filter(({ work }) => work.kind === 'convert'),
    usesTime: operations.some(needsTime),
    stepEvents: definition.stepEvents,
    program: compileProgram(operations, layout.isNumeric),
  }
}

function needsTime({ work, isInline }: Operation): boolean {
  return work.kind !== 'convert' && !(isInline && work.kind === 'plugin' && work.plugin.kind === 'function')
}
