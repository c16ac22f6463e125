import { AttributeIds, type BaseNode, DataType, type UAObject, type UAVariable, VariantArrayType } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { transitionFor } from '../../model/program.ts'
import { isGood } from '../../model/status.ts'
import type { AskedCall, CallAnswer, MadeWrite } from '../call-witness.ts'
import { programNodeOf } from '../program-state.ts'
import type { SpaceContext } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { raiseAttempt } from './attempt-audit.ts'
import { auditFields, messageOf, nameOf, nodeId } from './audit-fields.ts'
import { conditionAuditOf } from './condition-audit.ts'
import { raiseHistoryUpdate } from './history-audit.ts'
import { notifierOf } from './notifiers.ts'
import { type EventFields, localized, type RaisedTypeName, raise, text } from './raising.ts'
import { toldInputs } from './secret-arguments.ts'

/**
 * Raises an audit event for each method that a client calls, each variable that it writes and each history that it changes,
 * also when it is refused (Part 4 §6.5; the stack raises none for them). Only roles that may receive audit events get them.
 */
export function auditClients(context: SpaceContext): void {
  context.witnesses.ofCalls((asked) => {
    const time = systemClock.now()
    const { program } = asked
    const transition = program && transitionFor(context.view.programState(program.pipeline), program.cause)
    return (answer) => {
      if (transition && isGood(answer.status)) {
        raiseCall(context, { asked, answer, time }, 'PipelineAuditTransitionEventType', {
          pipelineId: text(program.pipeline),
          oldStateId: nodeId(programNodeOf(context, transition.from).id),
          newStateId: nodeId(programNodeOf(context, transition.to).id),
          transition: localized(transition.name),
          'transition.id': nodeId(programNodeOf(context, transition.name).id),
        })
        return
      }
      const condition = conditionAuditOf(asked.method, asked.inputs)
      if (!condition) raiseCall(context, { asked, answer, time }, 'MethodCallAuditEventType')
      else {
        const sourceNode = nodeId(condition.condition)
        raiseCall(context, { asked, answer, time }, condition.type, { ...condition.fields, sourceNode })
      }
    }
  })
  context.witnesses.ofWrites((made) => raiseWrite(context, made))
  context.witnesses.ofHistoryUpdates((made) => raiseHistoryUpdate(context, made))
  context.witnesses.ofAttempts((tried) => raiseAttempt(context, tried))
}

function raiseCall(
  context: SpaceContext,
  { asked, answer, time }: { readonly asked: AskedCall; readonly answer: CallAnswer; readonly time: number },
  type: RaisedTypeName,
  more: EventFields = {},
): void {
  const { method, session, inputs } = asked
  const source = sourceFor(context, method)
  const name = `${method.browseName.name} of ${nameOf(notifierOf(method) ?? method.parent ?? source)}`
  raise(context, { source, type, time, message: messageOf(session, `called ${name}`, answer.status) }, () => ({
    ...auditFields(context, { session, status: answer.status, time, service: 'Call' }),
    // The object that the method belongs to, which for a device's own methods is its MethodSet (Part 5 §6.4.27).
    sourceNode: nodeId(method.parent?.nodeId ?? source.nodeId),
    methodId: nodeId(method.nodeId),
    statusCodeId: { dataType: DataType.StatusCode, value: statusCodeOf(answer.status) },
    inputArguments: {
      dataType: DataType.Variant,
      arrayType: VariantArrayType.Array,
      value: [...toldInputs(method, inputs)],
    },
    outputArguments: { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [...answer.outputs] },
    ...more,
  }))
}

/** What belongs to no notifier, such as the runtime, is told by the Server. */
function sourceFor({ addressSpace }: SpaceContext, node: BaseNode): UAObject {
  return notifierOf(node) ?? addressSpace.rootFolder.objects.server
}

function raiseWrite(context: SpaceContext, { variable, session, oldValue, written, status }: MadeWrite): void {
  const source = sourceFor(context, variable)
  const time = systemClock.now()
  const message = messageOf(session, `wrote ${variable.browseName.name} of ${nameOf(source)}`, status)
  raise(context, { source, type: 'WriteAuditEventType', time, message }, () => ({
    ...auditFields(context, { session, status, time, service: 'Write' }),
    sourceNode: nodeId((variable as UAVariable).nodeId),
    attributeId: { dataType: DataType.UInt32, value: AttributeIds.Value },
    indexRange: text(''),
    oldValue,
    newValue: written.value,
  }))
}
