import {
  DataType,
  type ISessionContext,
  MessageSecurityMode,
  type ServerSecureChannelLayer,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  type UAMethod,
  type UAObject,
  Variant,
  type VariantLike,
} from 'node-opcua'
import type { Witnesses } from '../call-witness.ts'
import type { Log } from '../space-context.ts'

/** What methods of the configuration need of the server. */
export interface MethodContext {
  readonly witnesses: Witnesses
  readonly log: Log
}

/** Who calls. */
export interface Caller {
  readonly session: ServerSession
  readonly channel: ServerSecureChannelLayer
  readonly context: ISessionContext
}

/** Carries a call out; {@link refuse} gives it another status than Good. */
export type SecuredCall = (inputs: readonly Variant[], caller: Caller) => Promise<readonly VariantLike[]>

class Refused extends Error {
  readonly statusCode: StatusCode

  constructor(statusCode: StatusCode) {
    super(statusCode.name)
    this.statusCode = statusCode
  }
}

/** Ends a call with this status. */
export function refuse(statusCode: StatusCode): never {
  throw new Refused(statusCode)
}

/** The status of a call that ended with this error; Good without one. */
export function statusOf(error: unknown): StatusCode {
  if (error === undefined) return StatusCodes.Good
  return error instanceof Refused ? error.statusCode : StatusCodes.BadInternalError
}

/**
 * Binds a method that only an encrypted channel may carry: who could listen would learn keys, and who could write along would be trusted.
 * The roles that may call it stand in the standard NodeSet.
 */
export function bindSecured(
  { witnesses, log }: MethodContext,
  object: UAObject,
  name: string,
  call: SecuredCall,
): void {
  const method = object.getMethodByName(name)
  if (!method) throw new Error(`${object.browseName.toString()} has no method ${name}`)
  method.bindMethod(async (inputs: Variant[], context: ISessionContext) => {
    const answered = witnesses.called({ method, inputs: inputs.map(boundedInput), session: context })
    const answer = await answerOf(method, log, () => call(inputs, callerOf(context)))
    // What was read is not what was done.
    answered({ status: answer.statusCode.value, outputs: [] })
    return answer
  })
}

/** Bytes of an argument that the audit tells at most; a certificate has fewer. */
const toldBytesMax = 4096

/** An argument as it may be told. */
export function boundedInput(input: Variant): Variant {
  const { dataType, value } = input
  if (dataType !== DataType.ByteString || !Buffer.isBuffer(value) || value.length <= toldBytesMax) return input
  return new Variant({ dataType, value: value.subarray(0, toldBytesMax) })
}

function callerOf(context: ISessionContext): Caller {
  const session = context.session as unknown as ServerSession | undefined
  const channel = session?.channel
  if (!session || !channel) refuse(StatusCodes.BadSessionIdInvalid)
  if (channel.securityMode !== MessageSecurityMode.SignAndEncrypt) refuse(StatusCodes.BadSecurityModeInsufficient)
  return { session, channel, context }
}

async function answerOf(method: UAMethod, log: Log, call: () => Promise<readonly VariantLike[]>) {
  try {
    const outputs = (await call()).map((output) => new Variant(output))
    return { statusCode: StatusCodes.Good, outputArguments: outputs }
  } catch (error) {
    if (!(error instanceof Refused)) log('error', `${method.browseName.name} failed: ${String(error)}`)
    return { statusCode: statusOf(error), outputArguments: [] }
  }
}
