import type { Namespace, UADataType } from 'node-opcua'
import { stepStates } from '../../model/diagnostics.ts'
import { connectionStates, historianStates, outcomes } from '../../model/event.ts'

/** Texts of each enumeration; the position is the number, contiguous from 0, so that an HMI maps it directly. */
export const enumerations = {
  DeviceConnectionStateEnumeration: connectionStates,
  PipelineStepStateEnumeration: stepStates,
  PipelineOutcomeEnumeration: outcomes,
  FindingSeverityEnumeration: ['Error', 'Warning'],
  HistorianStateEnumeration: historianStates,
} as const

/** Name of an enumeration of ours. */
export type EnumerationName = keyof typeof enumerations

/** Adds the enumerations of the information model and returns their data types. */
export function addEnumerations(namespace: Namespace): Readonly<Record<EnumerationName, UADataType>> {
  const entries = Object.entries(enumerations).map(([browseName, texts]) => [
    browseName,
    namespace.addEnumerationType({ browseName, enumeration: [...texts] }),
  ])
  return Object.fromEntries(entries) as Record<EnumerationName, UADataType>
}
