import { Cron } from 'croner'
import type { PipelineDefinition } from '../model/definition.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { parameterValue } from './parameter-value.ts'
import type { PipelineFile } from './pipeline-schema.ts'
import { fault } from './report.ts'

/** Checks what a pipeline file says beyond its shape and before its graph: the trigger, the kind of each step, limits. */
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
    ...Object.entries(entry.parameters ?? {}).flatMap(([name, parameter]) => checkParameter(name, parameter, file)),
    ...Object.entries(entry.outputs ?? {}).flatMap(([name, output]) => checkOutput(name, output, file)),
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
  if (run.cron !== undefined) findings.push(...checkCron(run.cron, run.timezone, file))
  return findings
}

function checkCron(pattern: string, timezone: string | undefined, file: string): readonly Finding[] {
  if (timezone !== undefined && !isTimezone(timezone)) {
    const message = `the time zone ${timezone} is not known`
    return [
      fault(file, 'value-invalid', ['run', 'timezone'], {
        message,
        remedy: 'give a name such as Europe/Berlin or UTC',
      }),
    ]
  }
  try {
    const job = new Cron(pattern, { paused: true, ...(timezone === undefined ? {} : { timezone }) })
    if (job.nextRun() !== null) return []
    const message = `the pattern '${pattern}' never comes due`
    return [
      fault(file, 'trigger-invalid', ['run', 'cron'], { message, remedy: 'give a pattern that lies in the future' }),
    ]
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '')
    const message = `'${pattern}' is not a cron pattern: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`
    const remedy = "give minute, hour, day, month and weekday, such as '0 6 * * *'"
    return [fault(file, 'trigger-invalid', ['run', 'cron'], { message, remedy })]
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
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

type Parameter = NonNullable<PipelineFile['parameters']>[string]

function checkParameter(name: string, parameter: Parameter, file: string): readonly Finding[] {
  const { type, min, max, default: written } = parameter
  const path = ['parameters', name]
  const value = parameterValue(type, written)
  if (value === undefined) {
    const message = `the default of ${name} is ${JSON.stringify(written)}, which is no ${type}`
    return [fault(file, 'value-invalid', [...path, 'default'], { message, remedy: `give a value of the type ${type}` })]
  }
  if (min !== undefined && max !== undefined && min > max)
    return [reversed(file, [...path, 'min'], `${name}: min ${min}`, `max ${max}`)]
  const isLow = min !== undefined && Number(value) < min
  const isHigh = max !== undefined && Number(value) > max
  if (!isLow && !isHigh) return []
  const message = `the default of ${name} is ${value}, ${isLow ? `below its min ${min}` : `above its max ${max}`}`
  return [fault(file, 'value-out-of-range', [...path, 'default'], { message })]
}

function checkOutput(
  name: string,
  output: NonNullable<PipelineFile['outputs']>[string],
  file: string,
): readonly Finding[] {
  const findings: Finding[] = []
  const { min, max, alarm } = output
  if (min !== undefined && max !== undefined && min > max) {
    findings.push(reversed(file, ['outputs', name, 'min'], `${name}: min ${min}`, `max ${max}`))
  }
  const limits = (['lowLow', 'low', 'high', 'highHigh'] as const).flatMap((limit) => {
    const value = alarm?.[limit]
    return value === undefined ? [] : [{ limit, value }]
  })
  for (const [index, upper] of limits.entries()) {
    const lower = limits[index - 1]
    if (!lower || lower.value <= upper.value) continue
    findings.push(
      reversed(
        file,
        ['outputs', name, 'alarm', lower.limit],
        `${lower.limit} ${lower.value}`,
        `${upper.limit} ${upper.value}`,
      ),
    )
  }
  return findings
}

function reversed(file: string, path: readonly string[], lower: string, upper: string): Finding {
  const message = `${lower} is above ${upper}`
  return fault(file, 'value-out-of-range', path, { message, remedy: 'put the lower limit first' })
}

/** The ids of a pipeline's steps, those of `finally` included. */
export function stepIdsOf({ steps, finally: last }: PipelineDefinition): readonly string[] {
  return [...steps, ...last].map(({ id }) => id)
}
