import type { MethodStepDefinition } from '../model/definition.ts'
import { checkInputs } from './check-step.ts'
import type { CheckedMethodStep } from './checked.ts'
import type { Path, Report } from './report.ts'
import type { Scope } from './scope.ts'
import { type Surroundings, shapeOf } from './step-shape.ts'

/**
 * Checks a step of `finally`. It runs whatever happened before, so it may rely on parameters and literals only.
 */
export function checkFinally(
  definition: MethodStepDefinition,
  index: number,
  { scope, surroundings, report }: { scope: Scope; surroundings: Surroundings; report: Report },
): CheckedMethodStep | undefined {
  const path: Path = ['finally', index]
  const shape = shapeOf(definition, path, surroundings, report)
  if (shape?.kind !== 'method') return undefined
  const wires = Object.entries(definition.in).filter(([, source]) => source.kind === 'wire')
  for (const [name] of wires) {
    report.error('value-invalid', [...path, 'in', name], {
      message: `input ${name} of a finally step is wired, but the steps before it may never have run`,
      remedy: 'give it a value or a $parameter',
    })
  }
  if (wires.length > 0) return undefined
  const inputs = checkInputs(shape, path, scope, report)
  return {
    kind: 'method',
    id: definition.id,
    definition,
    method: shape.method,
    inputs,
    outputs: shape.outputs,
    until: [],
    after: [],
  }
}
