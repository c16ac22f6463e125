import type { Namespace, UAObjectType } from 'node-opcua'
import type { EventTypeName } from './event-types.ts'

/** Which events the instances of a type raise. Concrete event types stand for themselves. */
const generated: Readonly<Record<string, readonly EventTypeName[]>> = {
  ConnectedDeviceType: [
    'DeviceConnectedEventType',
    'DeviceDisconnectedEventType',
    'DeviceErrorEventType',
    'TagWrittenEventType',
    'FaultInjectedEventType',
    'FaultClearedEventType',
  ],
  HistorianType: ['HistorianStateEventType', 'HistoryGapEventType'],
  PlantElementType: ['JobOrderStatusEventType'],
  ServerHealthType: [
    'ServiceLevelEventType',
    'EventLoopBlockedEventType',
    'ClockJumpedEventType',
    'UnhandledRejectionEventType',
  ],
  PipelineType: [
    'PipelineStartedEventType',
    'PipelineCompletedEventType',
    'PipelineErrorEventType',
    'StepStartedEventType',
    'StepCompletedEventType',
    'StepErrorEventType',
    'StepRestartedEventType',
    'StepBlockedEventType',
    'StepEventsHeldBackEventType',
    'PipelineTransitionEventType',
  ],
}

/** Says on the types which events their instances raise (Part 3 §7.11). */
export function addGeneratedEvents(namespace: Namespace, types: Readonly<Record<EventTypeName, UAObjectType>>): void {
  for (const [name, events] of Object.entries(generated)) {
    const source = namespace.findObjectType(name)
    if (!source) throw new Error(`object type ${name} is not built yet`)
    for (const event of events) source.addReference({ referenceType: 'GeneratesEvent', nodeId: types[event].nodeId })
  }
}
