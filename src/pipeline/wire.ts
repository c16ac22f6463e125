import type { ParameterDefinition } from '../model/definition.ts'
import type { Port } from '../model/port.ts'
import { integerRange, isNumeric } from '../model/value.ts'
import type { CheckedSource } from './checked.ts'
import { fitted, holdsConverted, misfit, nameOf, shown, wireConversion } from './fit.ts'
import type { Path, Report } from './report.ts'
import type { Found } from './scope.ts'

/** The end of a wire: the port that takes the value, where the file says so, and its name for people. */
export interface WireEnd {
  readonly port: Port
  readonly path: Path
  readonly what: string
}

/**
 * Joins a source that was found to a port: type and unit must fit. Returns the source with its conversion, or undefined
 * after reporting why not.
 *
 * What comes from another tag is judged by its type (each of its values must fit), literals and the defaults of parameters
 * by their value.
 */
export function joined(found: Found, end: WireEnd, report: Report): CheckedSource | undefined {
  if (found.source.kind === 'literal') return literal(found.source.value, end, report)
  const from = found.port
  if (!from) return undefined
  const why = found.parameter ? parameterMisfit(found.parameter, end.port) : misfit(from, end.port)
  if (why !== undefined) {
    report.error('wire-type', end.path, { message: `${end.what} is fed by ${sourceName(found)}: ${why}` })
    return undefined
  }
  const source = converted(found, from, end, report)
  if (source && found.parameter) checkDefault(found.parameter, source, end, report)
  return source
}

function literal(
  value: Parameters<typeof fitted>[0],
  { port, path, what }: WireEnd,
  report: Report,
): CheckedSource | undefined {
  const result = fitted(value, port)
  if ('value' in result) return { kind: 'literal', value: result.value }
  const code = result.problem === 'type' ? 'value-invalid' : 'value-out-of-range'
  report.error(code, path, { message: `${what}: ${result.message}` })
  return undefined
}

function converted(found: Found, from: Port, { port, path, what }: WireEnd, report: Report): CheckedSource | undefined {
  if (!isNumeric(from.dataType) || !isNumeric(port.dataType)) return found.source
  const change = wireConversion(from.unit, port.unit)
  if (!change) {
    report.error('wire-unit', path, {
      message: `${what} is in ${port.unit}, but ${sourceName(found)} is in ${from.unit}, which cannot be converted`,
    })
    return undefined
  }
  if (change.gain === undefined) return found.source
  if (holdsConverted(port.dataType)) return { ...found.source, ...change }
  report.error('wire-type', path, {
    message: `${what} is ${nameOf(port)} in ${port.unit}, but ${sourceName(found)} in ${from.unit} converts to numbers with fractions`,
    remedy: `give both the same unit, or round it in a step between them`,
  })
  return undefined
}

/** A parameter keeps its own limits, so that an integer port may be fed by a wider integer type with narrower limits. */
function parameterMisfit(parameter: ParameterDefinition, to: Port): string | undefined {
  const whole = integerRange[to.dataType]
  const isNumber = isNumeric(parameter.dataType)
  if (isNumber && (to.dataType === 'Float' || to.dataType === 'Double') && !to.isArray) return undefined
  if (!isNumber || !whole || to.isArray) {
    return misfit({ dataType: parameter.dataType, isArray: false, choices: to.choices }, to)
  }
  const own = integerRange[parameter.dataType]
  const low = Math.max(parameter.min ?? Number.NEGATIVE_INFINITY, own?.[0] ?? Number.NEGATIVE_INFINITY)
  const high = Math.min(parameter.max ?? Number.POSITIVE_INFINITY, own?.[1] ?? Number.POSITIVE_INFINITY)
  if (own && low >= whole[0] && high <= whole[1]) return undefined
  return `${parameter.dataType} with these limits does not fit into ${to.dataType}`
}

function checkDefault(parameter: ParameterDefinition, source: CheckedSource, end: WireEnd, report: Report): void {
  const { default: value } = parameter
  const { gain, offset = 0 } = source
  const carried = typeof value === 'number' && gain !== undefined ? value * gain + offset : value
  const result = fitted(carried, end.port)
  // A default of the wrong type is a finding of the parameter itself.
  if ('value' in result || result.problem === 'type') return
  report.error('value-out-of-range', end.path, {
    message: `${end.what} is fed by $${parameter.name}, whose default ${shown(value)} does not suit: ${result.message}`,
  })
}

function sourceName({ source }: Found): string {
  switch (source.kind) {
    case 'external':
      return source.tag
    case 'parameter':
      return `$${source.name}`
    case 'step':
      return `${source.step}.${source.port}`
    case 'literal':
      return shown(source.value)
  }
}
