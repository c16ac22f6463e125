import { type AddressSpace, DataType, type UAObject } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { boundedText } from '../events/plain-value.ts'
import { dateTime, type EventFields, text } from '../events/raising.ts'
import type { Caller } from './secured-method.ts'

/** What the audit events of changed lists and certificates have in common (Part 5 §6.4.3). */
export function changeFields(addressSpace: AddressSpace, { context }: Caller, object: UAObject, what: string) {
  const time = systemClock.now()
  const user = boundedText(context.getUserName?.() ?? '', 200)
  const fields = (isDone: boolean): EventFields => ({
    sourceNode: { dataType: DataType.NodeId, value: object.nodeId },
    sourceName: text(object.browseName.name ?? ''),
    actionTimeStamp: dateTime(time),
    status: { dataType: DataType.Boolean, value: isDone },
    serverId: text(addressSpace.getNamespace(1).namespaceUri),
    clientAuditEntryId: text(context.getAuditEntryId?.() ?? ''),
    clientUserId: text(user),
  })
  return { time, message: `${user || 'somebody'} ${what}`, fields }
}
