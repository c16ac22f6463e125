import { DataType, type NodeId, type UAMethod, type Variant, VariantArrayType, type VariantLike } from 'node-opcua'
import type { EventFields, RaisedTypeName } from './raising.ts'
import { text } from './raising.ts'

/** The audit event of a method of a condition: its type, and what it tells besides a method call. */
export interface ConditionAudit {
  readonly type: RaisedTypeName
  /** The condition, which is the source of the event. */
  readonly condition: NodeId
  readonly fields: EventFields
}

const typeByMethod: Readonly<Record<string, RaisedTypeName>> = {
  Acknowledge: 'AuditConditionAcknowledgeEventType',
  Confirm: 'AuditConditionConfirmEventType',
  AddComment: 'AuditConditionCommentEventType',
  Enable: 'AuditConditionEnableEventType',
  Disable: 'AuditConditionEnableEventType',
  TimedShelve: 'AuditConditionShelvingEventType',
  OneShotShelve: 'AuditConditionShelvingEventType',
  Unshelve: 'AuditConditionShelvingEventType',
}

/** The audit event of a call (Part 9 §5.10); undefined when the method is not one of a condition. */
export function conditionAuditOf(method: UAMethod, inputs: readonly Variant[]): ConditionAudit | undefined {
  const name = method.browseName.name ?? ''
  const type = typeByMethod[name]
  const condition = type && conditionOf(method)
  if (!condition) return undefined
  return { type, condition, fields: { sourceName: text(`Method/${name}`), ...fieldsOf(type, inputs) } }
}

interface Owner {
  readonly nodeId: NodeId
  readonly parent?: Owner | null
  readonly typeDefinitionObj?: { isSubtypeOf(type: unknown): boolean }
  readonly addressSpace: { findObjectType(name: string): unknown }
}

/** The condition that a method belongs to, or the shelving state of it. */
function conditionOf(method: UAMethod): NodeId | undefined {
  const parent = method.parent as unknown as Owner | null
  for (const owner of [parent, parent?.parent]) {
    const type = owner?.addressSpace.findObjectType('ConditionType')
    if (owner && type && owner.typeDefinitionObj?.isSubtypeOf(type)) return owner.nodeId
  }
  return undefined
}

function fieldsOf(type: RaisedTypeName, [first, second]: readonly Variant[]): EventFields {
  if (type === 'AuditConditionEnableEventType') return {}
  if (type === 'AuditConditionShelvingEventType') return { shelvingTime: scalar(DataType.Double, first, 0) }
  return {
    conditionEventId: scalar(DataType.ByteString, first, null),
    comment: scalar(DataType.LocalizedText, second, { text: '' }),
  }
}

/** What was given, when it is of the type that it ought to be. */
function scalar(dataType: DataType, given: Variant | undefined, otherwise: unknown): VariantLike {
  const isSound = given?.dataType === dataType && given.arrayType === VariantArrayType.Scalar
  return { dataType, value: isSound ? given.value : otherwise }
}
