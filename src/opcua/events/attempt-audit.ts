import { DataType, VariantArrayType, type VariantLike } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import type { Tried } from '../call-witness.ts'
import { nullVariant } from '../conversion.ts'
import type { SpaceContext } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { auditFields, messageOf, nameOf, nodeId } from './audit-fields.ts'
import { notifierOf } from './notifiers.ts'
import { type EventFields, raise, text } from './raising.ts'
import { toldInputs } from './secret-arguments.ts'

/** Raises the audit event of a write or call that reached nothing of the plant: refused, or answered by the stack itself. */
export function raiseAttempt(context: SpaceContext, tried: Tried): void {
  const { node, session, status, heldBack, kind } = tried
  const time = systemClock.now()
  const source = (node && notifierOf(node)) ?? context.addressSpace.rootFolder.objects.server
  const more = heldBack > 0 ? ` (${heldBack} more attempts before it)` : ''
  const message = `${messageOf(session, `${kind === 'write' ? 'wrote' : 'called'} ${whatOf(tried)}`, status)}${more}`
  const type = kind === 'write' ? 'WriteAuditEventType' : 'MethodCallAuditEventType'
  raise(context, { source, type, time, message }, () => ({
    ...auditFields(context, { session, status, time, service: kind === 'write' ? 'Write' : 'Call' }),
    sourceNode: nodeId(tried.nodeId),
    ...(kind === 'write' ? writeFields(tried) : callFields(tried)),
  }))
}

/** What was written or called, for people; a node that does not exist has its NodeId only. */
function whatOf(tried: Tried): string {
  const named = tried.kind === 'call' ? tried.method : tried.node
  const id = tried.kind === 'call' ? tried.methodId : tried.nodeId
  return named ? nameOf(named) : id.toString().slice(0, 200)
}

/** Nothing was written, so there is no old value. */
function writeFields({ attributeId, indexRange, written }: Tried & { readonly kind: 'write' }): EventFields {
  return {
    attributeId: { dataType: DataType.UInt32, value: attributeId >>> 0 },
    indexRange: text(indexRange),
    oldValue: nullVariant,
    newValue: written.value ?? nullVariant,
  }
}

function callFields({ methodId, method, inputs, status }: Tried & { readonly kind: 'call' }): EventFields {
  const listOf = (value: readonly unknown[]): VariantLike => ({
    dataType: DataType.Variant,
    arrayType: VariantArrayType.Array,
    value: [...value],
  })
  return {
    methodId: nodeId(methodId),
    statusCodeId: { dataType: DataType.StatusCode, value: statusCodeOf(status) },
    inputArguments: listOf(toldInputs(method, inputs)),
    outputArguments: listOf([]),
  }
}
