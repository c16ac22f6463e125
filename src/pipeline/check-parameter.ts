import type { ParameterDefinition } from '../model/definition.ts'
import { unitOf } from '../model/unit.ts'
import { isNumeric } from '../model/value.ts'
import { fitted } from './fit.ts'
import { type Path, type Report, unitRemedy } from './report.ts'

/** Checks the parameters of a pipeline: names, units, limits, and that each default is inside them. */
export function checkParameters(parameters: readonly ParameterDefinition[], report: Report): void {
  const names = new Set<string>()
  for (const parameter of parameters) {
    const path: Path = ['parameters', parameter.name]
    if (names.has(parameter.name)) {
      report.error('name-duplicate', path, { message: `parameter ${parameter.name} is declared twice`, atKey: true })
    }
    names.add(parameter.name)
    checkParameter(parameter, path, report)
  }
}

function checkParameter(parameter: ParameterDefinition, path: Path, report: Report): void {
  const { name, dataType, unit, min, max } = parameter
  if (unit !== undefined && !unitOf(unit)) {
    report.error('unit-unknown', [...path, 'unit'], {
      message: `parameter ${name} is in ${unit}, which is not a known unit`,
      remedy: unitRemedy(unit),
    })
  }
  if (!isNumeric(dataType)) {
    for (const [key, value] of Object.entries({ unit, min, max })) {
      if (value === undefined) continue
      report.error('value-invalid', [...path, key], {
        message: `parameter ${name} is ${dataType} and cannot have ${key}`,
        remedy: `remove ${key}, or choose a type of number`,
        atKey: true,
      })
    }
  }
  if (min !== undefined && max !== undefined && min > max) {
    report.error('value-out-of-range', [...path, 'min'], {
      message: `parameter ${name} has min ${min} above its max ${max}`,
      remedy: 'swap them, or correct one',
    })
    return
  }
  const result = fittedParameter(parameter, parameter.default)
  if ('value' in result) return
  report.error(result.problem === 'type' ? 'value-invalid' : 'value-out-of-range', [...path, 'default'], {
    message: `the default of parameter ${name}: ${result.message}`,
  })
}

/** A value as a parameter takes it, or what is wrong with it. */
export function fittedParameter(
  { dataType, min, max }: ParameterDefinition,
  value: ParameterDefinition['default'],
): ReturnType<typeof fitted> {
  const hasLimits = isNumeric(dataType) && (min !== undefined || max !== undefined)
  const range = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY] as const
  return fitted(value, { dataType, isArray: false, ...(hasLimits ? { range } : {}) })
}
