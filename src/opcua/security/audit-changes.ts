import { type AddressSpace, DataType, type StatusCode, type UAObject, type Variant, VariantArrayType } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { boundedText } from '../events/plain-value.ts'
import { dateTime, type EventFields, type RaisedTypeName, raise, text } from '../events/raising.ts'
import { toldInputs } from '../events/secret-arguments.ts'
import type { Caller, SecuredCall } from './secured-method.ts'
import { boundedInput, statusOf } from './secured-method.ts'

/** A method that changes something, and how that is told. */
export interface Change {
  readonly addressSpace: AddressSpace
  readonly object: UAObject
  readonly method: string
  readonly type: RaisedTypeName
  /** What was done, for people. */
  readonly what: string
  readonly fields: EventFields
}

/** Lets a call raise the audit event of what it changes, also when it is refused (AuditUpdateMethodEventType, Part 5 §6.4.27). */
export function audited(
  change: Change,
  call: SecuredCall,
  onDone: (time: number) => void = () => undefined,
): SecuredCall {
  return async (inputs, caller) => {
    const time = systemClock.now()
    try {
      const outputs = await call(inputs, caller)
      onDone(time)
      tell(change, { caller, inputs, time, status: statusOf(undefined) })
      return outputs
    } catch (error) {
      tell(change, { caller, inputs, time, status: statusOf(error) })
      throw error
    }
  }
}

interface Made {
  readonly caller: Caller
  readonly inputs: readonly Variant[]
  readonly time: number
  readonly status: StatusCode
}

function tell({ addressSpace, object, method, type, what, fields }: Change, made: Made): void {
  const { caller, inputs, time, status } = made
  const { context } = caller
  const user = boundedText(context.getUserName?.() ?? '', 200)
  const source = addressSpace.rootFolder.objects.server
  const result = status.isGood() ? '' : `: ${status.name}`
  raise({ addressSpace }, { source, type, time, message: `${user || 'somebody'} ${what}${result}` }, () => {
    const node = object.getMethodByName(method)
    const told = toldInputs(node, inputs.map(boundedInput))
    return {
      sourceNode: { dataType: DataType.NodeId, value: object.nodeId },
      sourceName: text(`Method/${method}`),
      actionTimeStamp: dateTime(time),
      status: { dataType: DataType.Boolean, value: status.isGood() },
      statusCodeId: { dataType: DataType.StatusCode, value: status },
      serverId: text(addressSpace.getNamespace(1).namespaceUri),
      clientAuditEntryId: text(context.getAuditEntryId?.() ?? ''),
      clientUserId: text(user),
      ...(node ? { methodId: { dataType: DataType.NodeId, value: node.nodeId } } : {}),
      inputArguments: { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [...told] },
      ...fields,
    }
  })
}
