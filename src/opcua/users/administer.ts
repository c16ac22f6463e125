import {
  AccessRestrictionsFlag,
  DataType,
  type ISessionContext,
  PermissionType,
  type StatusCode,
  StatusCodes,
  type UAMethod,
  type Variant,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { isMillraceError } from '../../model/errors.ts'
import { auditFields, messageOf, nodeId } from '../events/audit-fields.ts'
import { type AuditRecord, type AuditSink, argumentsOf, whoOf } from '../events/audit-trail.ts'
import { raise } from '../events/raising.ts'
import type { SpaceContext } from '../space-context.ts'
import { statusCodeOf, statusOfError } from '../status-codes.ts'
import { toldError } from '../told-error.ts'

/** What carries a method out: it throws what refuses the call, a status or an operating error. */
export type Handler = (inputs: readonly Variant[], session: ISessionContext) => Promise<void> | void

/** How the calls of a method are audited. */
export interface Audited {
  readonly type: 'MethodCallAuditEventType' | 'RoleMappingAuditEventType'
  readonly action: Extract<AuditRecord['action'], 'user' | 'role'>
  /** To whom or what it is done, for the trail: the name of a user or of a role. */
  target(inputs: readonly Variant[], session: ISessionContext): string
  readonly sink: AuditSink | undefined
}

/** A refusal with a status of its own. */
export class Refusal extends Error {
  readonly statusCode: StatusCode

  constructor(statusCode: StatusCode) {
    super(statusCode.name)
    this.statusCode = statusCode
  }
}

/** Only signed and encrypted channels reach what administers users. The stack does not take it from the NodeSet. */
export const encryptedOnly = AccessRestrictionsFlag.SigningRequired | AccessRestrictionsFlag.EncryptionRequired

/** The method of a method node that the Call service uses. */
interface Executes {
  execute(object: unknown, inputs: readonly Variant[] | null, session: ISessionContext, ...rest: unknown[]): unknown
}

/**
 * Binds a method by which users are administered, and audits each call of it, also what the role or the channel does not
 * allow. Passwords are in no event and no record.
 */
export function bindAdministration(
  context: SpaceContext,
  method: UAMethod,
  { handler, audited }: { readonly handler: Handler; readonly audited: Audited },
): void {
  method.setAccessRestrictions(encryptedOnly)
  const tell = (inputs: readonly Variant[], session: ISessionContext, status: StatusCode): void =>
    tellCall(context, { method, inputs, session, status, audited })
  method.bindMethod(async (inputs: Variant[], session: ISessionContext) => {
    const statusCode = await statusOf(context, () => handler(inputs, session))
    tell(inputs, session, statusCode)
    return { statusCode, outputArguments: [] }
  })
  const node = method as unknown as Executes
  const execute = node.execute.bind(method)
  node.execute = (object, inputs, session, ...rest) => {
    if (session.isAccessRestricted(method)) tell(inputs ?? [], session, StatusCodes.BadSecurityModeInsufficient)
    else if (!session.checkPermission(method, PermissionType.Call)) {
      tell(inputs ?? [], session, StatusCodes.BadUserAccessDenied)
    }
    return execute(object, inputs, session, ...rest)
  }
}

async function statusOf({ log }: SpaceContext, work: () => Promise<void> | void): Promise<StatusCode> {
  try {
    await work()
    return StatusCodes.Good
  } catch (error) {
    if (error instanceof Refusal) return error.statusCode
    if (isMillraceError(error)) return statusByCode[error.code] ?? fallbackOf(error)
    log('error', `users cannot be administered: ${toldError(error)}`)
    return StatusCodes.BadInternalError
  }
}

/** What Part 18 §5.2 and §4.4 call each of our errors. */
const statusByCode: Readonly<Partial<Record<string, StatusCode>>> = {
  'user-invalid': StatusCodes.BadOutOfRange,
  'user-exists': StatusCodes.BadAlreadyExists,
  'user-unknown': StatusCodes.BadNotFound,
  'user-protected': StatusCodes.BadNotSupported,
  'password-wrong': StatusCodes.BadIdentityTokenInvalid,
}

function fallbackOf(error: unknown): StatusCode {
  return statusCodeOf(statusOfError(error) ?? StatusCodes.BadInternalError.value)
}

interface Call {
  readonly method: UAMethod
  readonly inputs: readonly Variant[]
  readonly session: ISessionContext
  readonly status: StatusCode
  readonly audited: Audited
}

function tellCall(context: SpaceContext, { method, inputs, session, status, audited }: Call): void {
  context.witnesses.heard()
  const time = systemClock.now()
  const declared = method.getInputArguments()
  const shown = inputs.map((variant, index) => withoutSecret(variant, declared[index]?.name ?? ''))
  const target = audited.target(inputs, session)
  const name = method.browseName.name ?? ''
  const { server } = context.addressSpace.rootFolder.objects
  const message = messageOf(session, `called ${name} for ${target}`, status.value)
  raise(context, { source: server, type: audited.type, time, message }, () => ({
    ...auditFields(context, { session, status: status.value, time, service: 'Call' }),
    sourceNode: nodeId(method.parent?.nodeId ?? server.nodeId),
    methodId: nodeId(method.nodeId),
    statusCodeId: { dataType: DataType.StatusCode, value: status },
    inputArguments: { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: shown },
    outputArguments: { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [] },
  }))
  const details = { method: name, ...argumentsOf(declared, inputs) }
  audited.sink?.({ ...whoOf(session), action: audited.action, target, time, status: status.value, details })
}

/** An argument as it may be shown: a password is an empty text. */
function withoutSecret(variant: Variant, name: string): VariantLike {
  return /password/i.test(name) && variant.dataType === DataType.String
    ? { dataType: DataType.String, value: '' }
    : variant
}
