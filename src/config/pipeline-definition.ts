import type {
  AlarmLimits,
  FunctionStepDefinition,
  MethodStepDefinition,
  OutputDefinition,
  ParameterDefinition,
  PipelineDefinition,
  RetryDefinition,
  StepDefinition,
  Trigger,
  UntilCondition,
} from '../model/definition.ts'
import type { Value } from '../model/value.ts'
import { msOf, retryOf, sourceOf } from './common-definition.ts'
import { parameterValue } from './parameter-value.ts'
import type { AlarmEntry, FinalStepEntry, ParameterEntry, PipelineFile, StepEntry } from './pipeline-schema.ts'

const stepRetry: RetryDefinition = { attempts: 3, delayMs: 1000, factor: 2, jitter: 0, maxDelayMs: 60_000 }
const dayMs = 86_400_000

/**
 * Makes a definition of a pipeline file that has passed its schema. Steps, outputs and parameters keep the order of the
 * file, for people; no id depends on it.
 */
export function pipelineOf(entry: PipelineFile, file: string): PipelineDefinition {
  const trigger = triggerOf(entry.run)
  const autoStart = entry.start === undefined ? trigger.kind !== 'once' : entry.start === 'auto'
  const overlap = entry.overlap ?? (trigger.kind === 'change' ? 'queue' : 'skip')
  return {
    id: entry.pipeline,
    file,
    name: entry.name ?? entry.pipeline,
    description: entry.description ?? '',
    equipment: entry.equipment,
    trigger,
    overlap,
    queueLengthMax: entry.queue ?? (trigger.kind === 'change' ? 1 : 10),
    autoStart,
    restart: entry.restart ?? (autoStart ? 'resume' : 'ready'),
    stepEvents: entry.events?.steps ?? trigger.kind === 'once',
    parameters: Object.entries(entry.parameters ?? {}).map(([name, parameter]) => parameterOf(name, parameter)),
    steps: Object.entries(entry.steps).map(([id, step]) => stepOf(id, step)),
    outputs: Object.entries(entry.outputs ?? {}).map(([name, output]) => outputOf(name, output)),
    writes: Object.entries(entry.writes ?? {}).map(([tag, { from, on }]) => {
      const [owner = '', port = ''] = tag.split('.')
      return { owner, port, from: sourceOf(from), on: on ?? 'change' }
    }),
    finally: finalSteps(entry.finally ?? []),
  }
}

function triggerOf(run: PipelineFile['run']): Trigger {
  if (run === undefined) return { kind: 'change' }
  if (run === 'once') return { kind: 'once' }
  if (run.every !== undefined) return { kind: 'every', periodMs: msOf(run.every, 1000) }
  if (run.cron === undefined) return { kind: 'change' }
  return { kind: 'cron', pattern: run.cron, ...(run.timezone === undefined ? {} : { timezone: run.timezone }) }
}

function parameterOf(name: string, entry: ParameterEntry): ParameterDefinition {
  const { type, unit, min, max, description, fixed } = entry
  const value = parameterValue(type, entry.default)
  return {
    name,
    dataType: type,
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    // A default that does not fit its type is a finding of its own; nothing runs with it.
    default: value === undefined ? (entry.default as Value) : value,
    description: description ?? '',
    fixed: fixed ?? false,
  }
}

function policiesOf(id: string, entry: StepEntry | FinalStepEntry) {
  return {
    id,
    description: entry.description ?? '',
    in: Object.fromEntries(Object.entries(entry.in ?? {}).map(([name, source]) => [name, sourceOf(source)])),
    after: entry.after ?? [],
    until: untilOf(entry.until),
    ...(entry.timeout === undefined ? {} : { timeoutMs: msOf(entry.timeout, 0) }),
    ...(entry.retry === undefined ? {} : { retry: retryOf(entry.retry, stepRetry) }),
    onError: onErrorOf(entry.onError),
  }
}

function onErrorOf(entry: StepEntry['onError']): StepDefinition['onError'] {
  if (typeof entry === 'object') return { kind: 'fallback', values: entry.fallback as Record<string, Value> }
  return { kind: entry ?? 'fail' }
}

function untilOf(entry: StepEntry['until']): readonly UntilCondition[] {
  return Object.entries(entry ?? {}).flatMap(([port, conditions]) =>
    (['above', 'below', 'equals'] as const).flatMap((is) => {
      const source = conditions[is]
      return source === undefined ? [] : [{ port, is, source: sourceOf(source) }]
    }),
  )
}

function stepOf(id: string, entry: StepEntry): StepDefinition {
  if (entry.do !== undefined) return methodStepOf(id, entry, entry.do)
  const step: FunctionStepDefinition = {
    ...policiesOf(id, entry),
    kind: 'function',
    function: entry.function ?? '',
    config: entry.config ?? {},
  }
  return step
}

function methodStepOf(id: string, entry: StepEntry | FinalStepEntry, call: string): MethodStepDefinition {
  const [device = '', method = ''] = call.split('.')
  return { ...policiesOf(id, entry), kind: 'method', device, method }
}

/** Steps of `finally` are called finally1, finally2, ... by their place in the list, unless they have an id. */
function finalSteps(entries: readonly FinalStepEntry[]): readonly MethodStepDefinition[] {
  return entries.map((entry, index) => methodStepOf(entry.id ?? `finally${index + 1}`, entry, entry.do))
}

function outputOf(name: string, entry: NonNullable<PipelineFile['outputs']>[string]): OutputDefinition {
  const { from, unit, min, max, description, history, alarm } = entry
  return {
    name,
    from: sourceOf(from),
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    description: description ?? '',
    ...(history && { history: { keepMs: msOf(history.keep, 90 * dayMs), deadband: history.deadband ?? 0 } }),
    ...(alarm && { alarm: alarmOf(alarm) }),
  }
}

/** What was not written stays absent: its meaning is decided where the alarm is made. */
function alarmOf({ onDelay, offDelay, ...rest }: AlarmEntry): AlarmLimits {
  return {
    ...rest,
    ...(onDelay === undefined ? {} : { onDelayMs: msOf(onDelay, 0) }),
    ...(offDelay === undefined ? {} : { offDelayMs: msOf(offDelay, 0) }),
  }
}
