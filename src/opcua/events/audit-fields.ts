import { DataType, type ISessionContext } from 'node-opcua'
import { isGood } from '../../model/status.ts'
import type { SpaceContext } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { dateTime, type EventFields, text } from './raising.ts'

export { nodeId } from './field-values.ts'

/** The fields of AuditEventType (Part 5 §6.4.3) and the name of the service that SourceName has to give. */
export function auditFields(
  { addressSpace }: SpaceContext,
  made: { session: ISessionContext; status: number; time: number; service: 'Call' | 'Write' | 'HistoryUpdate' },
): EventFields {
  return {
    sourceName: text(`Attribute/${made.service}`),
    actionTimeStamp: dateTime(made.time),
    status: { dataType: DataType.Boolean, value: isGood(made.status) },
    serverId: text(addressSpace.getNamespace(1).namespaceUri),
    clientAuditEntryId: text(made.session.getAuditEntryId?.() ?? ''),
    clientUserId: text(userOf(made.session)),
  }
}

/** Who did what, with the status when it was refused. */
export function messageOf(session: ISessionContext, what: string, status: number): string {
  const result = isGood(status) ? '' : `: ${statusCodeOf(status).name}`
  return `${userOf(session) || 'somebody'} ${what}${result}`
}

function userOf(session: ISessionContext): string {
  return session.getUserName?.() ?? ''
}

/** What a node is called. */
export function nameOf({
  displayName,
}: {
  readonly displayName: readonly { readonly text?: string | null }[]
}): string {
  return displayName[0]?.text ?? ''
}
