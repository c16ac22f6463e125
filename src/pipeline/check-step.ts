import type { StepDefinition, UntilCondition } from '../model/definition.ts'
import type { Port } from '../model/port.ts'
import { isNumeric } from '../model/value.ts'
import type { CheckedInput, CheckedStep, CheckedUntil } from './checked.ts'
import { fitted, nameOf } from './fit.ts'
import { nameRemedy, type Path, type Report } from './report.ts'
import type { Scope } from './scope.ts'
import type { StepShape } from './step-shape.ts'
import { joined } from './wire.ts'

/** Checks everything that a step says about its inputs, its order, its completion and its failure. */
export function checkStep(shape: StepShape, scope: Scope, report: Report): CheckedStep {
  const { definition } = shape
  const path: Path = ['steps', definition.id]
  const inputs = checkInputs(shape, path, scope, report)
  checkFallback(shape, path, report)
  const common = {
    id: definition.id,
    inputs,
    outputs: shape.outputs.map((port) => scope.outputOf(definition.id, port.name) ?? port),
    until: definition.until.flatMap((condition) => checkUntil(definition, condition, scope, report)),
    after: definition.after,
  }
  return shape.kind === 'function'
    ? { ...common, kind: 'function', definition: shape.definition, plugin: shape.plugin, config: shape.config }
    : { ...common, kind: 'method', definition: shape.definition, method: shape.method }
}

/** Checks the names under `after`: they need no known plugin. */
export function checkAfter({ id, after }: StepDefinition, steps: readonly string[], report: Report): void {
  after.forEach((name, index) => {
    if (steps.includes(name)) return
    report.error('step-unknown', ['steps', id, 'after', index], {
      message: `step ${id} comes after ${name}, but there is no such step`,
      remedy: nameRemedy(
        name,
        steps.filter((step) => step !== id),
      ),
    })
  })
}

/** Checks the inputs of a step: each has a source that fits, and no other is given. */
export function checkInputs(shape: StepShape, path: Path, scope: Scope, report: Report): readonly CheckedInput[] {
  const { definition, inputs } = shape
  for (const name of Object.keys(definition.in)) {
    if (inputs.some((port) => port.name === name)) continue
    report.error('input-unknown', [...path, 'in', name], {
      message: `step ${definition.id} has no input ${name}`,
      remedy:
        nameRemedy(
          name,
          inputs.map((port) => port.name),
        ) ?? 'remove it',
      atKey: true,
    })
  }
  return inputs.flatMap((port) => checkInput(shape, port, path, scope, report))
}

function checkInput(
  { definition }: StepShape,
  declared: Port,
  path: Path,
  scope: Scope,
  report: Report,
): readonly CheckedInput[] {
  const { id } = definition
  const source = definition.in[declared.name]
  if (!source) {
    if (declared.default !== undefined) {
      return [{ port: declared, source: { kind: 'literal', value: declared.default } }]
    }
    if (!declared.optional) reportMissing(definition, declared, path, report)
    return []
  }
  const place: Path = [...path, 'in', declared.name]
  const what = `input ${declared.name} of step ${id}`
  const found = scope.find(source, { code: 'wire-unknown', path: place, what })
  if (!found) return []
  const port = scope.inputOf(id, declared)
  const checked = joined(found, { port, path: place, what }, report)
  if (!checked) return []
  // A port without a unit shows the unit of what it receives.
  const unit = port.unit ?? (isNumeric(port.dataType) ? found.port?.unit : undefined)
  return [{ port: unit === undefined ? port : { ...port, unit }, source: checked }]
}

function reportMissing({ id, in: given }: StepDefinition, port: Port, path: Path, report: Report): void {
  const hasInputs = Object.keys(given).length > 0
  report.error('input-missing', hasInputs ? [...path, 'in'] : path, {
    message: `step ${id} has no source for its input ${port.name}${port.description ? ` (${port.description})` : ''}`,
    remedy: `give it one: in: { ${port.name}: owner.port }, a $parameter or a value`,
    atKey: true,
  })
}

function checkUntil(
  definition: StepDefinition,
  { port: name, is, source }: UntilCondition,
  scope: Scope,
  report: Report,
): readonly CheckedUntil[] {
  const { id } = definition
  const path: Path = ['steps', id, 'until', name]
  const port = scope.outputOf(id, name)
  if (!port) {
    const outputs = scope.names.shapes.get(id)?.outputs ?? []
    report.error('step-unknown', path, {
      message: `step ${id} is complete by its output ${name}, which it does not have`,
      remedy: nameRemedy(
        name,
        outputs.map((each) => each.name),
      ),
      atKey: true,
    })
    return []
  }
  if (port.isArray || (is !== 'equals' && !isNumeric(port.dataType))) {
    report.error('wire-type', [...path, is], {
      message: `output ${name} of step ${id} is ${nameOf(port)} and cannot be ${is} something`,
      remedy: port.isArray ? 'compare a single value' : 'use equals, or a number',
    })
    return []
  }
  const what = `the completion of step ${id} by ${name}`
  const found = scope.find(source, { code: 'wire-unknown', path: [...path, is], what })
  const checked = found && joined(found, { port: comparable(port), path: [...path, is], what }, report)
  return checked ? [{ port: name, is, source: checked }] : []
}

/** Numbers of any type compare with each other, also outside the normal range. */
function comparable(port: Port): Port {
  const { range: _, ...rest } = port
  return isNumeric(port.dataType) ? { ...rest, dataType: 'Double' } : rest
}

function checkFallback(shape: StepShape, path: Path, report: Report): void {
  const { id, onError } = shape.definition
  if (onError.kind !== 'fallback') return
  for (const [name, value] of Object.entries(onError.values)) {
    const place: Path = [...path, 'onError', 'fallback', name]
    const port = shape.outputs.find((each) => each.name === name)
    if (!port) {
      report.error('step-unknown', place, {
        message: `the fallback of step ${id} names ${name}, which is not one of its outputs`,
        remedy: nameRemedy(
          name,
          shape.outputs.map((each) => each.name),
        ),
        atKey: true,
      })
      continue
    }
    const result = fitted(value, port)
    if ('value' in result) continue
    report.error(result.problem === 'type' ? 'value-invalid' : 'value-out-of-range', place, {
      message: `the fallback of ${name} of step ${id}: ${result.message}`,
    })
  }
}
