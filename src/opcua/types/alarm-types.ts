import type { UAObjectType } from 'node-opcua'
import { addFields } from './event-types.ts'
import type { TypeContext } from './type-context.ts'

/**
 * Alarm types of ours, all derived from `SystemOffNormalAlarmType` (Part 9 §5.8.24.3): the system does not work as it
 * should. A failed connection is a `FailureAlarmType` of DI and a limit an `ExclusiveLevelAlarmType`, so neither has one.
 */
export const alarmTypes = {
  PipelineFaultAlarmType: {
    description: 'A pipeline was halted by an error.',
    fields: {
      PipelineId: { dataType: 'String', description: 'Id of the pipeline.' },
      RunId: { dataType: 'String', description: 'Id of the run that failed.' },
      ErrorCode: { dataType: 'StatusCode', description: 'Status code of the error.' },
      FailedStep: { dataType: 'NodeId', description: 'Step that failed; null when it was none.' },
    },
  },
  BreakerOpenAlarmType: {
    description: 'A circuit breaker is open: a device failed so often that it is left alone for a while.',
    fields: {
      DeviceId: { dataType: 'String', description: 'Id of the device.' },
      FailureCount: { dataType: 'UInt32', description: 'Failures in a row.' },
      ErrorCode: { dataType: 'StatusCode', description: 'Status code of the last failure.' },
    },
  },
} as const

/** BrowseName of an alarm type of ours. */
export type AlarmTypeName = keyof typeof alarmTypes

/** Adds the alarm types and returns them by name. */
export function addAlarmTypes(context: TypeContext): Readonly<Record<AlarmTypeName, UAObjectType>> {
  const { namespace, typeOf } = context
  const entries = Object.entries(alarmTypes).map(([browseName, { description, fields }]) => {
    const type = namespace.addObjectType({ browseName, description, subtypeOf: typeOf('SystemOffNormalAlarmType') })
    addFields(context, type, fields)
    return [browseName, type]
  })
  return Object.fromEntries(entries) as Record<AlarmTypeName, UAObjectType>
}
