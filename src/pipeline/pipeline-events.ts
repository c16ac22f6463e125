import type { Outcome, PlantEvent } from '../model/event.ts'
import type { ProgramTransition } from '../model/program.ts'
import type { RunOrigin } from '../model/run.ts'
import type { TagSample } from '../model/sample.ts'
import { statusName } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import type { Failure } from './activity.ts'
import type { StepHappening } from './execution.ts'

/** Which pipeline, which run and when. */
export interface EventSubject {
  readonly id: string
  readonly name: string
  readonly runId: string
  readonly time: number
}

function base({ id, name, runId, time }: EventSubject, text: string) {
  return { pipeline: id, runId, time, message: `${name} ${text}` }
}

const transitionText = {
  HaltedToReady: 'was reset and is ready',
  ReadyToRunning: 'is running',
  RunningToHalted: 'is halted',
  RunningToReady: 'has ended and is ready',
  RunningToSuspended: 'is suspended',
  SuspendedToRunning: 'goes on running',
  SuspendedToHalted: 'is halted',
  SuspendedToReady: 'has ended and is ready',
  ReadyToHalted: 'is halted',
} as const satisfies Record<ProgramTransition['name'], string>

/** That a Program made a transition; generic Program clients listen to it. */
export function transitionEvent(
  subject: EventSubject,
  { name, from, to }: ProgramTransition,
  initiator: string,
): PlantEvent {
  return { kind: 'programTransitioned', ...base(subject, transitionText[name]), transition: name, from, to, initiator }
}

/** That a run was started: once for each run, not for each cycle. */
export function startedEvent(subject: EventSubject, { initiator, version }: RunOrigin): PlantEvent {
  return { kind: 'pipelineStarted', ...base(subject, 'was started'), initiator, version }
}

/** That a run is over, and before it that it failed when it did. */
export function closingEvents(
  subject: EventSubject,
  {
    outcome,
    durationMs,
    cycles,
    results,
    failure,
  }: {
    outcome: Outcome
    durationMs: number
    cycles: number
    results: readonly TagSample[]
    failure?: Failure | undefined
  },
): readonly PlantEvent[] {
  const completed: PlantEvent = {
    kind: 'pipelineCompleted',
    ...base(subject, `has ended: ${outcome}`),
    outcome,
    durationMs,
    cycles,
    results,
  }
  if (!failure) return [completed]
  const { status, step, message } = failure
  const text = `failed at step ${step}: ${message || statusName(status)}`
  return [{ kind: 'pipelineFailed', ...base(subject, text), status, step }, completed]
}

/** What happened to a step, in the wave of this number. */
export function stepEvent(subject: EventSubject, happening: StepHappening, cycle: number): PlantEvent {
  const { step } = happening
  switch (happening.kind) {
    case 'started':
      return { kind: 'stepStarted', ...base(subject, `began step ${step}`), step, cycle }
    case 'completed': {
      const { durationMs } = happening
      return { kind: 'stepCompleted', ...base(subject, `completed step ${step}`), step, cycle, durationMs }
    }
    case 'failed': {
      const { status, attempts, message } = happening
      const text = `failed at step ${step} after ${attempts} attempts: ${message || statusName(status)}`
      return { kind: 'stepFailed', ...base(subject, text), step, cycle, status, attempts }
    }
    case 'restarted':
      return { kind: 'stepRestarted', ...base(subject, `has step ${step}, which ${happening.message}`), step, cycle }
  }
}

/** That a step blocked the event loop. */
export function blockedEvent(
  subject: EventSubject,
  { step, cycle, durationMs }: { readonly step: string; readonly cycle: number; readonly durationMs: number },
): PlantEvent {
  const text = `has step ${step}, which kept everything waiting for ${Math.round(durationMs)} ms; declare its plugin isolated, or compute less at a time`
  return { kind: 'stepBlocked', ...base(subject, text), step, cycle, durationMs }
}

/** That step events were too many to be told. */
export function heldBackEvent(subject: EventSubject, count: number): PlantEvent {
  const text = `has had ${count} more step events than are told`
  return { kind: 'stepEventsHeldBack', ...base(subject, text), count }
}

/** That a parameter was set. */
export function parameterEvent(
  subject: EventSubject,
  change: {
    readonly parameter: string
    readonly initiator: string
    readonly oldValue: Value
    readonly newValue: Value
  },
): PlantEvent {
  return { kind: 'parameterChanged', ...base(subject, `has a new value of ${change.parameter}`), ...change }
}
