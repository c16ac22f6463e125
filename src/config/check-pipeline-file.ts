import type { ErrorCode } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { PipelineFile } from './pipeline-schema.ts'
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

/** Checks that the limits of an alarm rise from lowLow to highHigh. */
function checkAlarm(
  name: string,
  alarm: NonNullable<PipelineFile['outputs']>[string]['alarm'],
  file: string,
): readonly Finding[] {
  const limits = (['lowLow', 'low', 'high', 'highHigh'] as const).flatMap((limit) => {
    const value = alarm?.[limit]
    return value === undefined ? [] : [{ limit, value }]
  })
  return limits.flatMap((upper, index) => {
    const lower = limits[index - 1]
    if (!lower || lower.value <= upper.value) return []
    const message = `${lower.limit} ${lower.value} is above ${upper.limit} ${upper.value}`
    const path = ['outputs', name, 'alarm', lower.limit]
    return [fault(file, 'value-out-of-range', path, { message, remedy: 'put the lower limit first' })]
  })
}
