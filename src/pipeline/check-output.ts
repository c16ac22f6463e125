import type { OutputDefinition, WriteDefinition } from '../model/definition.ts'
import type { Port } from '../model/port.ts'
import { ownerTag } from '../model/tag.ts'
import { unitOf } from '../model/unit.ts'
import { isNumeric } from '../model/value.ts'
import type { CheckedPipeline, CheckedSource } from './checked.ts'
import { holdsConverted, wireConversion } from './fit.ts'
import { nameRemedy, type Path, type Report, unitRemedy } from './report.ts'
import type { Scope } from './scope.ts'
import { joined } from './wire.ts'

type CheckedOutput = CheckedPipeline['outputs'][number]
type CheckedWrite = CheckedPipeline['writes'][number]

/** Checks an output of a pipeline: what it shows exists, and its unit and limits suit it. */
export function checkOutput(output: OutputDefinition, scope: Scope, report: Report): CheckedOutput | undefined {
  const { name, from, unit } = output
  const path: Path = ['outputs', name, 'from']
  const what = `output ${name}`
  if (from.kind === 'literal') {
    report.error('value-invalid', path, {
      message: `${what} shows a fixed value`,
      remedy: 'name the step and port that it comes from',
    })
    return undefined
  }
  const found = scope.find(from, { code: 'step-unknown', path, what })
  const isUnitKnown = unit === undefined || checkUnit(output, report)
  checkLimits(output, report)
  if (!found?.port || !isUnitKnown) return undefined
  const symbol = unit === undefined ? found.port.unit : (unitOf(unit)?.symbol ?? unit)
  if (symbol !== undefined && unit !== undefined && !isNumeric(found.port.dataType)) {
    report.error('wire-unit', ['outputs', name, 'unit'], {
      message: `${what} is in ${unit}, but it shows ${found.port.dataType}`,
      remedy: 'remove the unit',
    })
    return undefined
  }
  const wanted = outputPort(output, found.port, symbol)
  checkAlarm(output, wanted, report)
  const source = joined(found, { port: withoutLimits(wanted), path, what }, report)
  return source && { port: wanted, source }
}

function checkUnit({ name, unit = '' }: OutputDefinition, report: Report): boolean {
  if (unitOf(unit)) return true
  report.error('unit-unknown', ['outputs', name, 'unit'], {
    message: `output ${name} is in ${unit}, which is not a known unit`,
    remedy: unitRemedy(unit),
  })
  return false
}

function checkLimits({ name, min, max }: OutputDefinition, report: Report): void {
  if (min === undefined || max === undefined || min < max) return
  report.error('value-out-of-range', ['outputs', name, 'min'], {
    message: `output ${name} has min ${min}, which is not below its max ${max}`,
    remedy: 'swap them, or correct one',
  })
}

function checkAlarm({ name, alarm }: OutputDefinition, { dataType, isArray }: Port, report: Report): void {
  if (alarm === undefined || (isNumeric(dataType) && !isArray)) return
  report.error('value-invalid', ['outputs', name, 'alarm'], {
    message: `output ${name} has an alarm, but it shows ${isArray ? 'a list' : dataType}`,
    remedy: 'remove the alarm; only numbers have limits',
  })
}

function outputPort({ name, min, max, description }: OutputDefinition, from: Port, unit: string | undefined): Port {
  const { range, unit: _, default: __, optional: ___, ...rest } = from
  const { gain, offset = 0 } = wireConversion(from.unit, unit) ?? {}
  const isConverted = gain !== undefined && isNumeric(from.dataType)
  const shown = isConverted && range ? ([range[0] * gain + offset, range[1] * gain + offset] as const) : range
  const low = min ?? shown?.[0]
  const high = max ?? shown?.[1]
  return {
    ...rest,
    name,
    description: description || from.description,
    dataType: isConverted && !holdsConverted(from.dataType) ? 'Double' : from.dataType,
    ...(unit === undefined ? {} : { unit }),
    ...(low === undefined || high === undefined ? {} : { range: [low, high] as const }),
  }
}

/** An output's limits are its normal range: what it shows may lie outside. */
function withoutLimits(port: Port): Port {
  const { range: _, ...rest } = port
  return rest
}

/** Checks a write: the tag is writable, nobody else writes it, and what feeds it fits. `writers` collects who writes what. */
export function checkWrite(
  write: WriteDefinition,
  scope: Scope,
  writers: Map<string, string>,
  report: Report,
): CheckedWrite | undefined {
  const { owner, port: name, from, on } = write
  const tag = ownerTag(owner, name)
  const port = writablePort(write, scope, report)
  const writer = writers.get(tag)
  if (writer !== undefined) {
    const isOwn = writer === scope.names.definition.id
    report.error('write-invalid', ['writes', tag], {
      message: isOwn ? `${tag} is written twice` : `${tag} is written by pipeline ${writer} already`,
      remedy: isOwn ? 'remove one of them' : 'let one pipeline alone write it, and wire its output to the other',
      atKey: true,
    })
  }
  writers.set(tag, writer ?? scope.names.definition.id)
  const path: Path = ['writes', tag, 'from']
  const what = `the write of ${tag}`
  const found = scope.find(from, { code: 'wire-unknown', path, what })
  const source: CheckedSource | undefined = found && port && joined(found, { port, path, what }, report)
  return source && { tag, on, source }
}

function writablePort({ owner, port: name }: WriteDefinition, scope: Scope, report: Report): Port | undefined {
  const { devices } = scope.names
  const tag = ownerTag(owner, name)
  const device = devices.get(owner)
  const port = device?.inputs.find((each) => each.name === name)
  if (port) return port
  const isRead = device?.outputs.some((each) => each.name === name)
  const writable = device?.inputs.map((each) => each.name) ?? []
  report.error('write-invalid', ['writes', tag], {
    message: device
      ? `${tag} ${isRead ? 'can only be read' : 'does not exist'}`
      : `${tag} cannot be written: there is no device ${owner}`,
    remedy: device ? nameRemedy(name, writable) : nameRemedy(owner, devices.keys()),
    atKey: true,
  })
  return undefined
}
