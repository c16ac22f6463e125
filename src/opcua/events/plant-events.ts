import {
  DataType,
  type NodeId,
  NodeId as NodeIdClass,
  type UAObject,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import { type HistorianState, historianStates, outcomes, type PlantEvent } from '../../model/event.ts'
import type { ProgramState, ProgramTransitionName } from '../../model/program.ts'
import { isBad } from '../../model/status.ts'
import { ownerTag } from '../../model/tag.ts'
import { toVariant } from '../conversion.ts'
import { jobEventFields } from '../jobs/job-event.ts'
import { programNodeOf } from '../program-state.ts'
import type { SpaceContext } from '../space-context.ts'
import { deviceFields, faultFields, writtenFields } from './device-event-fields.ts'
import { duration, int32, nodeId, statusCode, uint32 } from './field-values.ts'
import { dateTime, type EventFields, localized, type RaisedTypeName, raise, severities, text } from './raising.ts'
import { sourceIdOf } from './source-id.ts'

type Kind = PlantEvent['kind']
type Of<Name extends Kind> = Extract<PlantEvent, { readonly kind: Name }>

/** The event type of each kind, and its own fields. Kinds that are not here are told by the audit, or are for the log only. */
type Rows = {
  readonly [Name in Kind]?: {
    readonly type: RaisedTypeName
    /** Where it depends on the event. */
    readonly severity?: (event: Of<Name>) => number
    readonly fields: (event: Of<Name>, context: SpaceContext) => EventFields
  }
}

const severityByState: Readonly<Record<HistorianState, number>> = {
  Ok: 100,
  Degraded: 500,
  Locked: 500,
  Full: 800,
  ReadOnly: 800,
  Corrupt: 800,
  Unavailable: 800,
}

const rows: Rows = {
  deviceConnected: { type: 'DeviceConnectedEventType', fields: (event) => deviceFields(event, 'Connected') },
  deviceDisconnected: {
    type: 'DeviceDisconnectedEventType',
    fields: (event) => ({ ...deviceFields(event, event.state), reason: localized(event.reason) }),
  },
  deviceFailed: {
    type: 'DeviceErrorEventType',
    fields: (event) => ({ ...deviceFields(event, event.state), errorCode: statusCode(event.status) }),
  },
  tagWritten: {
    type: 'TagWrittenEventType',
    severity: ({ status }) => (isBad(status) ? 400 : severities.TagWrittenEventType),
    fields: writtenFields,
  },
  faultInjected: { type: 'FaultInjectedEventType', fields: (event, context) => faultFields(event, context) },
  faultCleared: {
    type: 'FaultClearedEventType',
    fields: (event, context) => ({ ...faultFields(event, context), reason: text(event.reason) }),
  },
  pipelineStarted: {
    type: 'PipelineStartedEventType',
    fields: (event, context) => ({
      ...runFields(event, context),
      initiator: text(event.initiator),
      version: uint32(event.version),
    }),
  },
  pipelineCompleted: {
    type: 'PipelineCompletedEventType',
    fields: (event, context) => ({
      ...runFields(event, context),
      outcome: int32(outcomes.indexOf(event.outcome)),
      duration: duration(event.durationMs),
      cycleCount: uint32(event.cycles),
    }),
  },
  runCutOff: {
    type: 'PipelineCompletedEventType',
    fields: (event, context) => ({
      ...runFields(event, context),
      outcome: int32(outcomes.indexOf('Halted')),
      // At most: when the program ended is not known.
      duration: duration(event.time - event.startedAt),
      cycleCount: uint32(0),
    }),
  },
  pipelineFailed: {
    type: 'PipelineErrorEventType',
    fields: (event, context) => ({
      ...runFields(event, context),
      errorCode: statusCode(event.status),
      failedStep: nodeId(stepNode(context, event.pipeline, event.step)),
    }),
  },
  stepStarted: { type: 'StepStartedEventType', fields: (event, context) => stepFields(event, context) },
  stepCompleted: {
    type: 'StepCompletedEventType',
    fields: (event, context) => ({ ...stepFields(event, context), duration: duration(event.durationMs) }),
  },
  stepFailed: {
    type: 'StepErrorEventType',
    fields: (event, context) => ({ ...stepFields(event, context), errorCode: statusCode(event.status) }),
  },
  stepRestarted: { type: 'StepRestartedEventType', fields: (event, context) => stepFields(event, context) },
  stepBlocked: {
    type: 'StepBlockedEventType',
    fields: (event, context) => ({ ...stepFields(event, context), duration: duration(event.durationMs) }),
  },
  stepEventsHeldBack: {
    type: 'StepEventsHeldBackEventType',
    fields: (event, context) => ({ ...runFields(event, context), count: uint32(event.count) }),
  },
  pluginRefused: {
    type: 'PluginRefusedEventType',
    fields: (event) => ({ fileName: text(event.file), initiator: text(event.initiator) }),
  },
  jobChanged: { type: 'JobOrderStatusEventType', fields: (event, context) => jobEventFields(context, event) },
  serviceLevelChanged: {
    type: 'ServiceLevelEventType',
    severity: ({ reason }) => (reason === '' ? 100 : severities.ServiceLevelEventType),
    fields: ({ level, reason }) => ({
      serviceLevel: { dataType: DataType.Byte, value: level },
      reason: localized(reason),
    }),
  },
  eventLoopBlocked: {
    type: 'EventLoopBlockedEventType',
    fields: ({ durationMs, count }) => ({ duration: duration(durationMs), count: uint32(count) }),
  },
  clockJumped: { type: 'ClockJumpedEventType', fields: ({ byMs }) => ({ jump: duration(byMs) }) },
  rejectionUnhandled: { type: 'UnhandledRejectionEventType', fields: ({ count }) => ({ count: uint32(count) }) },
  programTransitioned: { type: 'PipelineTransitionEventType', fields: transitionFields },
  historianStateChanged: {
    type: 'HistorianStateEventType',
    severity: ({ state }) => severityByState[state],
    fields: ({ state, reason }) => ({ state: int32(historianStates.indexOf(state)), reason: localized(reason) }),
  },
  historyGap: {
    type: 'HistoryGapEventType',
    fields: ({ tags, lost, lostEvents, from }) => ({
      tagCount: uint32(tags),
      lostCount: uint32(lost),
      lostEventCount: uint32(lostEvents),
      gapStartTime: dateTime(from),
    }),
  },
}

/** Raises the OPC UA event of something that happened in the plant; without a listener it costs a look-up. */
export function raisePlantEvent(context: SpaceContext, event: PlantEvent): void {
  const row = rows[event.kind] as
    | {
        type: RaisedTypeName
        severity?: (event: PlantEvent) => number
        fields: (event: PlantEvent, context: SpaceContext) => EventFields
      }
    | undefined
  const source = row && sourceOf(context, event)
  if (!source) return
  const { message, time } = event
  const severity = row.severity?.(event)
  const eventId = event.kind === 'jobChanged' ? event.eventId : undefined
  raise(context, { source, type: row.type, message, time, severity, eventId }, () => row.fields(event, context))
}

/** What belongs to nothing that has an object of its own comes from the Server. */
function sourceOf({ objectById, addressSpace }: SpaceContext, event: PlantEvent): UAObject | undefined {
  return event.kind === 'pluginRefused' ? addressSpace.rootFolder.objects.server : objectById.get(sourceIdOf(event))
}

function runFields(
  { pipeline, runId }: { readonly pipeline: string; readonly runId: string },
  { view }: SpaceContext,
): EventFields {
  return { pipelineId: text(pipeline), runId: text(runId), jobOrderId: text(view.jobs?.orderOf(runId) ?? '') }
}

function stepFields(
  event: Of<'stepStarted' | 'stepCompleted' | 'stepFailed' | 'stepRestarted' | 'stepBlocked'>,
  context: SpaceContext,
): EventFields {
  return { ...runFields(event, context), stepName: text(event.step), cycleNumber: uint32(event.cycle) }
}

/** States and transitions are the nodes of the standard type; IntermediateResult has the outputs as they are then (Part 10 §5.2.5). */
function transitionFields(event: Of<'programTransitioned'>, context: SpaceContext): EventFields {
  const state = (field: string, name: ProgramState | ProgramTransitionName): EventFields => ({
    [field]: localized(name),
    [`${field}.id`]: nodeId(programNodeOf(context, name).id),
  })
  return {
    pipelineId: text(event.pipeline),
    runId: text(event.runId),
    ...state('transition', event.transition),
    ...state('fromState', event.from),
    ...state('toState', event.to),
    intermediateResult: outputsOf(context, event.pipeline),
  }
}

/** The values of a pipeline's outputs, in their order; those without a value are null. */
function outputsOf({ view }: SpaceContext, pipeline: string): VariantLike {
  const outputs = view.pipelines.find(({ id }) => id === pipeline)?.outputs ?? []
  const value = outputs.map((port) => {
    const converted = toVariant(port, view.latest(ownerTag(pipeline, port.name))?.value ?? null)
    return 'variant' in converted ? converted.variant : { dataType: DataType.Null }
  })
  return { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value }
}

function stepNode({ objectById }: SpaceContext, pipeline: string, step: string | undefined): NodeId {
  return objectById.get(`pipe/${pipeline}/${step}`)?.nodeId ?? new NodeIdClass()
}
