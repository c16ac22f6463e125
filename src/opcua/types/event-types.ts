import type { UAObjectType } from 'node-opcua'
import { namespaceUris } from '../namespaces.ts'
import { auditEventTypes, type EventField, type EventType, pipelineId } from './audit-event-types.ts'
import { certificateEventTypes } from './certificate-event-types.ts'
import type { EnumerationName } from './enumerations.ts'
import { addProperty } from './members.ts'
import type { TypeContext } from './type-context.ts'

const runId = { dataType: 'String', description: 'Id of the run; empty when there was none.' }
const errorCode = { dataType: 'StatusCode', description: 'Status code of the error.' }
const tagNode = { dataType: 'NodeId', description: 'Variable of the tag; null when it is about the whole device.' }
const duration = { dataType: 'Duration', description: 'How long it took, in milliseconds.' }

/**
 * The event types of the information model (section 5.6), each after its base.
 *
 * Standard event types that are abstract get a concrete subtype here, because no event may be of an abstract type.
 */
export const eventTypes = {
  DeviceEventType: {
    description: 'Something that happened to a device.',
    base: 'SystemEventType',
    isAbstract: true,
    fields: {
      DeviceId: { dataType: 'String', description: 'Id of the device.' },
      ConnectionState: { dataType: 'DeviceConnectionStateEnumeration', description: 'State of the connection since.' },
    },
  },
  DeviceConnectedEventType: { description: 'A device was connected.', base: 'DeviceEventType', fields: {} },
  DeviceDisconnectedEventType: {
    description: 'The connection of a device ended.',
    base: 'DeviceEventType',
    fields: { Reason: { dataType: 'LocalizedText', description: 'Why it ended.' } },
  },
  DeviceErrorEventType: {
    description: 'A device failed.',
    base: 'DeviceEventType',
    fields: { ErrorCode: errorCode },
  },
  TagWrittenEventType: {
    description: 'A tag of a device was written, or could not be.',
    base: 'DeviceEventType',
    fields: {
      Tag: tagNode,
      Initiator: { dataType: 'String', description: 'Name of the user, or pipeline:<id>.' },
      OldValue: { dataType: 'BaseDataType', description: 'What the tag showed before; null when it had no value.' },
      NewValue: { dataType: 'BaseDataType', description: 'What was to be written.' },
      WriteStatus: { dataType: 'StatusCode', description: 'What came of it; of several writes, the worst.' },
      Count: { dataType: 'UInt32', description: 'Writes of a pipeline that it tells of; 1 for those of a client.' },
    },
  },
  FaultEventType: {
    description: 'A fault was injected into a device, or is over.',
    base: 'DeviceEventType',
    isAbstract: true,
    fields: {
      Fault: {
        dataType: 'String',
        description: 'Its kind: delay, drop, stuck, spike, badStatus, disconnect or trip.',
      },
      Tag: tagNode,
      Initiator: { dataType: 'String', description: 'Name of the user; auto when it ended by itself.' },
      Duration: {
        dataType: 'Duration',
        description: 'How long it is to last, or has lasted, in milliseconds; 0 for a trip.',
      },
    },
  },
  FaultInjectedEventType: { description: 'A fault was injected into a device.', base: 'FaultEventType', fields: {} },
  FaultClearedEventType: {
    description: 'A fault that was injected into a device is over.',
    base: 'FaultEventType',
    fields: {
      Reason: { dataType: 'String', description: 'Why: expired, cleared, replaced, disabled or closed.' },
    },
  },
  PipelineEventType: {
    description: 'Something that happened to a pipeline.',
    base: 'BaseEventType',
    isAbstract: true,
    fields: {
      PipelineId: pipelineId,
      RunId: runId,
      JobOrderId: { dataType: 'String', description: 'Job order that the run belongs to; empty when there is none.' },
    },
  },
  PipelineStartedEventType: {
    description: 'A run of a pipeline was started.',
    base: 'PipelineEventType',
    fields: {
      Initiator: { dataType: 'String', description: 'Who or what started it.' },
      Version: {
        dataType: 'UInt32',
        description: 'Number of the version of the definition; 0 when it was never kept.',
      },
    },
  },
  PipelineCompletedEventType: {
    description: 'A run of a pipeline ended.',
    base: 'PipelineEventType',
    fields: {
      Outcome: { dataType: 'PipelineOutcomeEnumeration', description: 'How it ended.' },
      Duration: duration,
      CycleCount: { dataType: 'UInt32', description: 'Waves of the run.' },
    },
  },
  PipelineErrorEventType: {
    description: 'A run of a pipeline failed.',
    base: 'PipelineEventType',
    fields: {
      ErrorCode: errorCode,
      FailedStep: { dataType: 'NodeId', description: 'Step that failed; null when it was none.' },
    },
  },
  PipelineStepEventType: {
    description: 'Something that happened to a step of a pipeline.',
    base: 'PipelineEventType',
    isAbstract: true,
    fields: {
      StepName: { dataType: 'String', description: 'Name of the step.' },
      CycleNumber: { dataType: 'UInt32', description: 'Wave of the run, from 1.' },
    },
  },
  StepStartedEventType: {
    description: 'The execution of a step started.',
    base: 'PipelineStepEventType',
    fields: {},
  },
  StepCompletedEventType: {
    description: 'The execution of a step ended well.',
    base: 'PipelineStepEventType',
    fields: { Duration: duration },
  },
  StepErrorEventType: {
    description: 'The execution of a step failed after all its attempts.',
    base: 'PipelineStepEventType',
    fields: { ErrorCode: errorCode },
  },
  StepRestartedEventType: {
    description: 'A step goes on, but what it remembered was lost with the thread of its plugin.',
    base: 'PipelineStepEventType',
    fields: {},
  },
  StepBlockedEventType: {
    description: 'A step kept the event loop, and so everything, waiting.',
    base: 'PipelineStepEventType',
    fields: { Duration: duration },
  },
  StepEventsHeldBackEventType: {
    description: 'Step events of a pipeline were too many to be told one by one.',
    base: 'PipelineEventType',
    fields: { Count: { dataType: 'UInt32', description: 'Step events that were not told since the last such event.' } },
  },
  PluginRefusedEventType: {
    description: 'A definition asks for a plugin that the plant does not allow, so it was not put into use.',
    base: 'SystemEventType',
    fields: {
      FileName: { dataType: 'String', description: 'File of the definition.' },
      Initiator: { dataType: 'String', description: 'Who or what asked for it.' },
    },
  },
  ServiceLevelEventType: {
    description: 'The server as a whole serves worse, or better again.',
    base: 'SystemEventType',
    fields: {
      ServiceLevel: { dataType: 'Byte', description: 'Level since.' },
      Reason: { dataType: 'LocalizedText', description: 'Why not better; empty when nothing is wrong.' },
    },
  },
  EventLoopBlockedEventType: {
    description: 'Everything had to wait, not because of a step.',
    base: 'SystemEventType',
    fields: {
      Duration: { dataType: 'Duration', description: 'The longest time that it had to wait, in milliseconds.' },
      Count: { dataType: 'UInt32', description: 'Times since the last such event.' },
    },
  },
  ClockJumpedEventType: {
    description: 'The clock of the machine was put forward or back by more than a second.',
    base: 'SystemEventType',
    fields: { Jump: { dataType: 'Duration', description: 'By how many milliseconds; negative when it was put back.' } },
  },
  UnhandledRejectionEventType: {
    description: 'An error of the program that nobody took care of.',
    base: 'SystemEventType',
    fields: { Count: { dataType: 'UInt32', description: 'Of these errors since the start of the program.' } },
  },
  PipelineTransitionEventType: {
    description: 'The Program of a pipeline changed its state.',
    base: 'ProgramTransitionEventType',
    fields: { PipelineId: pipelineId, RunId: runId },
  },
  ...auditEventTypes,
  HistorianStateEventType: {
    description: 'The historian began or ceased to keep what it should.',
    base: 'SystemEventType',
    fields: {
      State: { dataType: 'HistorianStateEnumeration', description: 'State of the historian since.' },
      Reason: { dataType: 'LocalizedText', description: 'What is wrong, and what to do; empty when nothing is.' },
    },
  },
  HistoryGapEventType: {
    description: 'Samples were lost, and the history of their tags says so; or events were lost.',
    base: 'SystemEventType',
    fields: {
      TagCount: { dataType: 'UInt32', description: 'Tags whose history has a gap.' },
      LostCount: { dataType: 'UInt32', description: 'Samples that were lost.' },
      LostEventCount: { dataType: 'UInt32', description: 'Events that were lost.' },
      GapStartTime: { dataType: 'UtcTime', description: 'Time of the first sample or event that was lost.' },
    },
  },
  ...certificateEventTypes,
  JobOrderStatusEventType: {
    description: 'The state of a job order changed.',
    base: 'ISA95JobOrderStatusEventType',
    uri: namespaceUris.jobControl,
    fields: {},
  },
} as const satisfies Readonly<Record<string, EventType>>

/** BrowseName of an event type of ours. */
export type EventTypeName = keyof typeof eventTypes

/** Adds the event types and returns them by name. */
export function addEventTypes(context: TypeContext): Readonly<Record<EventTypeName, UAObjectType>> {
  const { namespace, typeOf } = context
  const byName = new Map<string, UAObjectType>()
  for (const [name, row] of Object.entries<EventType>(eventTypes)) {
    const type = namespace.addObjectType({
      browseName: name,
      description: row.description,
      subtypeOf: byName.get(row.base) ?? typeOf(row.base, row.uri),
      isAbstract: row.isAbstract === true,
    })
    addFields(context, type, row.fields)
    byName.set(name, type)
  }
  return Object.fromEntries(byName) as Record<EventTypeName, UAObjectType>
}

/** Adds fields to an event or condition type: properties that every event of it has (Part 3 §9). */
export function addFields(
  { namespace, enumerations }: TypeContext,
  type: UAObjectType,
  fields: Readonly<Record<string, EventField>>,
): void {
  for (const [name, { dataType, description }] of Object.entries(fields)) {
    const enumeration = enumerations[dataType as EnumerationName] as (typeof enumerations)[EnumerationName] | undefined
    addProperty(namespace, type, { name, description, dataType: enumeration ?? dataType })
  }
}
