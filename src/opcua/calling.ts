import {
  AttributeIds,
  coerceLocalizedText,
  DataType,
  DataValue,
  type ISessionContext,
  PermissionType,
  type UAMethod,
  type Variant,
} from 'node-opcua'
import { Status } from '../model/status.ts'
import type { AskedCall, CallAnswer } from './call-witness.ts'
import type { SpaceContext } from './space-context.ts'
import { statusCodeOf, statusOfError } from './status-codes.ts'
import { toldError } from './told-error.ts'

/** What a call answers with when it is not plainly Good. */
export interface CallResult extends CallAnswer {
  /** A status for each input argument, where one of them is why the call was refused (Part 4 §5.12.2.2). */
  readonly argumentStatuses?: readonly number[] | undefined
}

/**
 * Carries a call out and returns its output arguments, or these with a status: an Uncertain one brings them too, a Bad one has
 * none (Part 4 §5.12.2.2). An operating error that it throws becomes the status of the call.
 */
export type Call = (inputs: readonly Variant[], initiator: string) => Promise<readonly Variant[] | CallResult>

/**
 * Binds a method of an instance. Nothing that the handler throws gets into the stack: operating errors answer with their
 * status, anything else with BadInternalError and a line in the log. `program` tells what a method of a pipeline asks for.
 */
export function bindMethod(context: SpaceContext, method: UAMethod, call: Call, program?: AskedCall['program']): void {
  method.bindMethod(async (inputs: Variant[], session: ISessionContext) => {
    const answered = context.witnesses.called({ method, inputs, session, program })
    const answer = await answerOf(context, method, () => call(inputs, session.getUserName?.() ?? ''))
    answered(answer)
    return {
      statusCode: statusCodeOf(answer.status),
      outputArguments: [...answer.outputs],
      ...(answer.argumentStatuses ? { inputArgumentResults: answer.argumentStatuses.map(statusCodeOf) } : {}),
    }
  })
  tellRefusals(context, method)
}

/** The method of a method node that the Call service uses. */
interface Executes {
  execute(object: unknown, inputs: readonly Variant[] | null, session: ISessionContext, ...rest: unknown[]): unknown
}

const watched = new WeakSet<UAMethod>()

/** Tells of calls that the stack refuses before they reach the handler, because the role does not allow them. */
function tellRefusals({ witnesses }: SpaceContext, method: UAMethod): void {
  if (watched.has(method)) return
  watched.add(method)
  const node = method as unknown as Executes
  const execute = node.execute.bind(method)
  node.execute = (object, inputs, session, ...rest) => {
    if (!session.checkPermission(method, PermissionType.Call)) {
      witnesses.refused({ method, inputs: inputs ?? [], session }, Status.BadUserAccessDenied)
    }
    return execute(object, inputs, session, ...rest)
  }
}

async function answerOf(
  { log }: SpaceContext,
  method: UAMethod,
  call: () => Promise<readonly Variant[] | CallResult>,
): Promise<CallResult> {
  try {
    const result = await call()
    return 'status' in result ? result : { status: Status.Good, outputs: result }
  } catch (error) {
    const status = statusOfError(error)
    if (status === undefined) log('error', `${method.nodeId.value.toString()} failed: ${toldError(error)}`)
    return { status: status ?? Status.BadInternalError, outputs: [] }
  }
}

/** Describes a method of an instance: the stack's loader drops the description that the NodeSet gives it. */
export function describeMethod(method: UAMethod, text: string): void {
  method.setDescription(coerceLocalizedText(text))
}

/** The parts of a method that say whether it can be called now. */
interface ReadsExecutable {
  readAttribute(context: ISessionContext | null, attributeId: AttributeIds, ...rest: unknown[]): DataValue
}

/**
 * Lets the attributes Executable and UserExecutable of a method follow a condition.
 *
 * Only what is read changes: the stack would answer a call of a method that is not executable with BadNotExecutable,
 * and a Program says BadInvalidState instead (section 5.5 of the information model).
 */
export function followExecutable(method: UAMethod, isExecutable: () => boolean): void {
  const node = method as unknown as ReadsExecutable
  const isFollowed = conditionByMethod.has(method)
  conditionByMethod.set(method, isExecutable)
  if (isFollowed) return
  const read = node.readAttribute.bind(method)
  node.readAttribute = (context, attributeId, ...rest) => {
    const value = read(context, attributeId, ...rest)
    if (attributeId !== AttributeIds.Executable && attributeId !== AttributeIds.UserExecutable) return value
    if (!value.statusCode.isGood()) return value
    const isTrue = value.value.value === true && conditionByMethod.get(method)?.() === true
    return new DataValue({ value: { dataType: DataType.Boolean, value: isTrue } })
  }
}

/** The condition that each method follows; the last one counts when a method is described again. */
const conditionByMethod = new WeakMap<UAMethod, () => boolean>()
