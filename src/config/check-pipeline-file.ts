import { type AlarmLimit, alarmLimits } from '../model/definition.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { AlarmEntry, PipelineFile } from './pipeline-schema.ts'
import { fault } from './report.ts'

/** Checks what a pipeline file says beyond its shape and before its graph: one trigger, one kind for each step, conditions, limits of alarms. */
export function checkPipelineFile(entry: PipelineFile, file: string): readonly Finding[] {
  return [
    ...checkTrigger(entry, file),
    ...Object.entries(entry.steps).flatMap(([id, step]) => checkKind(id, step, file)),
    ...checkFinalIds(entry, file),
    ...Object.entries(entry.steps).flatMap(([id, { until }]) =>
      Object.entries(until ?? {})
        .filter(([, condition]) => Object.keys(condition).length === 0)
        .map(([port]) => {
          const message = `the condition on ${port} compares it with nothing`
          return fault(file, 'key-missing', ['steps', id, 'until', port], {
            message,
            remedy: 'add above, below or equals',
          })
        }),
    ),
    ...Object.entries(entry.outputs ?? {}).flatMap(([name, output]) => checkAlarm(name, output.alarm, file)),
  ]
}

function checkTrigger({ run, overlap, queue }: PipelineFile, file: string): readonly Finding[] {
  const findings: Finding[] = []
  const report = (code: ErrorCode, path: string[], message: string, remedy: string) =>
    findings.push(fault(file, code, path, { message, remedy }))
  if (queue !== undefined && overlap !== 'queue') {
    report(
      'value-invalid',
      ['queue'],
      `queue is ${queue} but overlap is not queue`,
      'add overlap: queue, or remove queue',
    )
  }
  if (typeof run !== 'object') return findings
  const kinds = (['every', 'on', 'cron'] as const).filter((kind) => run[kind] !== undefined)
  if (kinds.length !== 1) {
    const message = kinds.length === 0 ? 'run says nothing' : `run has ${kinds.join(' and ')} at once`
    report(
      'trigger-invalid',
      ['run'],
      message,
      "give one of: once, { every: 1s }, { on: change }, { cron: '0 6 * * *' }",
    )
  }
  if (run.timezone !== undefined && run.cron === undefined) {
    report(
      'trigger-invalid',
      ['run', 'timezone'],
      'a time zone belongs to a cron pattern',
      'add cron, or remove timezone',
    )
  }
  return findings
}

function checkKind(id: string, step: PipelineFile['steps'][string], file: string): readonly Finding[] {
  const path = ['steps', id]
  if (step.function === undefined && step.do === undefined) {
    const message = `the step ${id} has neither function nor do`
    return [
      fault(file, 'key-missing', path, {
        message,
        atKey: true,
        remedy: 'add function: <type>, or do: <device>.<method>',
      }),
    ]
  }
  if (step.do === undefined) return []
  const extra = (['function', 'config'] as const).filter((key) => step[key] !== undefined)
  return extra.map((key) => {
    const message = `the step ${id} has do, and ${key} besides`
    return fault(file, 'value-invalid', [...path, key], { message, atKey: true, remedy: `remove ${key} or do` })
  })
}

function checkFinalIds(entry: PipelineFile, file: string): readonly Finding[] {
  const seen = new Set(Object.keys(entry.steps))
  return (entry.finally ?? []).flatMap(({ id }, index) => {
    const name = id ?? `finally${index + 1}`
    const isTaken = seen.has(name)
    seen.add(name)
    if (!isTaken) return []
    const path = id === undefined ? ['finally', index] : ['finally', index, 'id']
    return [fault(file, 'name-duplicate', path, { message: `another step has the id ${name} too` })]
  })
}

/** Checks that an alarm has limits, that they rise from lowLow to highHigh, and that the deadband fits between them. */
function checkAlarm(name: string, alarm: AlarmEntry | undefined, file: string): readonly Finding[] {
  if (!alarm) return []
  const at = ['outputs', name, 'alarm']
  const limits = alarmLimits.flatMap((limit) => {
    const value = alarm[limit]
    return value === undefined ? [] : [{ limit, value }]
  })
  if (limits.length === 0) {
    const message = `the alarm of ${name} has no limit`
    return [fault(file, 'key-missing', at, { message, remedy: 'add lowLow, low, high or highHigh' })]
  }
  const falling = limits.flatMap((upper, index) => {
    const lower = limits[index - 1]
    if (!lower || lower.value <= upper.value) return []
    const message = `${lower.limit} ${lower.value} is above ${upper.limit} ${upper.value}`
    return [fault(file, 'value-out-of-range', [...at, lower.limit], { message, remedy: 'put the lower limit first' })]
  })
  if (falling.length > 0) return falling
  return [
    ...checkDeadband(alarm, limits, [...at, 'deadband'], file),
    ...checkSeverity(alarm, [...at, 'severity'], file),
  ]
}

function checkDeadband(
  { deadband = 0 }: AlarmEntry,
  limits: readonly { readonly limit: AlarmLimit; readonly value: number }[],
  path: string[],
  file: string,
): readonly Finding[] {
  if (deadband === 0) return []
  return limits.flatMap((upper, index) => {
    const lower = limits[index - 1]
    if (!lower || deadband < upper.value - lower.value) return []
    const message = `deadband ${deadband} is not below the distance ${upper.value - lower.value} from ${lower.limit} to ${upper.limit}`
    return [fault(file, 'value-out-of-range', path, { message, remedy: 'make it smaller' })]
  })
}

function checkSeverity(alarm: AlarmEntry, path: string[], file: string): readonly Finding[] {
  const extra = alarmLimits.filter((limit) => alarm.severity?.[limit] !== undefined && alarm[limit] === undefined)
  return extra.map((limit) => {
    const message = `severity names ${limit}, which is no limit of this alarm`
    return fault(file, 'value-invalid', [...path, limit], {
      message,
      atKey: true,
      remedy: `remove it, or add ${limit}`,
    })
  })
}
