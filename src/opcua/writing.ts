import {
  AccessLevelFlag,
  type DataValue,
  type ISessionContext,
  NumericRange,
  PermissionType,
  type StatusCode,
  StatusCodes,
  type UAVariable,
  DataType as UaDataType,
  type Variant,
  VariantArrayType,
} from 'node-opcua'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { fromVariant, isMultiState, type ValueShape } from './conversion.ts'
import type { SpaceContext } from './space-context.ts'
import { statusCodeOf, statusOfError } from './status-codes.ts'
import { toldError } from './told-error.ts'

/** Carries a written value out and returns the status for the writer. */
export type Write = (value: Value, initiator: string) => Promise<number>

type WriteCallback = (error: Error | null, status: StatusCode) => void

/** The methods of a variable that a write goes through. */
interface WritableNode {
  writeValue(context: ISessionContext, dataValue: DataValue, ...rest: unknown[]): void
  isWritable(context: ISessionContext): boolean
  checkVariantCompatibility(variant: Variant): StatusCode
  adjustVariant(variant: Variant): Variant
}

/**
 * Lets clients write a variable.
 *
 * The stack's own path keeps the written value as the variable's value whatever the status of the write was. Here a write
 * is only passed on; the variable shows the new value when a sample with it comes back.
 */
export function makeWritable(context: SpaceContext, variable: UAVariable, shape: ValueShape, write: Write): void {
  context.writable.add(variable)
  variable.accessLevel = AccessLevelFlag.CurrentRead | AccessLevelFlag.CurrentWrite
  variable.userAccessLevel = variable.accessLevel
  const node = variable as unknown as WritableNode
  node.writeValue = (session, dataValue, ...rest) => {
    // Values are replaced and not changed, so that this one stays.
    const oldValue = (variable as unknown as { readonly $dataValue: DataValue }).$dataValue.value
    const callback: WriteCallback = (error, status) => {
      context.witnesses.wrote({ variable, session, oldValue, written: dataValue, status: status.value })
      ;(rest.at(-1) as WriteCallback)(error, status)
    }
    const range = rest.length > 1 ? rest[0] : undefined
    const isExact = isOfShape(shape, dataValue.value)
    const refused = refusal(node, session, dataValue, { range, isExact })
    if (refused) {
      callback(null, refused)
      return
    }
    const value = fromVariant(shape, isExact ? dataValue.value : node.adjustVariant(dataValue.value))
    if (value === undefined) {
      callback(null, misfitOf(shape, dataValue.value))
      return
    }
    carryOut(context, variable, () => write(value, session.getUserName?.() ?? '')).then(
      (status) => callback(null, statusCodeOf(status)),
      () => callback(null, StatusCodes.BadInternalError),
    )
  }
}

/** The status of a write that never reaches the plant (Part 4 §5.10.4.4); undefined when it may. */
function refusal(
  node: WritableNode,
  session: ISessionContext,
  dataValue: DataValue,
  { range, isExact }: { readonly range: unknown; readonly isExact: boolean },
) {
  if (!session.checkPermission(node as unknown as UAVariable, PermissionType.Write))
    return StatusCodes.BadUserAccessDenied
  const isPartial = range !== undefined && range !== null && !NumericRange.coerce(range as string).isEmpty()
  const bringsMore = dataValue.statusCode.value !== 0 || dataValue.sourceTimestamp !== null
  if (isPartial || bringsMore) return StatusCodes.BadWriteNotSupported
  // Of the very type that the variable has: the stack would go through the hierarchy of types to find that out.
  if (isExact) return undefined
  const compatible = node.checkVariantCompatibility(node.adjustVariant(dataValue.value))
  return compatible.isGood() ? undefined : compatible
}

function isOfShape(shape: ValueShape, { dataType, arrayType, value }: Variant): boolean {
  if (isMultiState(shape) || value === null || dataType !== UaDataType[shape.dataType]) return false
  return arrayType === (shape.isArray ? VariantArrayType.Array : VariantArrayType.Scalar)
}

/** A number that is no position of a multi-state variable is out of range; anything else is of the wrong type. */
function misfitOf(shape: ValueShape, variant: Variant): StatusCode {
  return shape.choices && typeof variant.value === 'number' ? StatusCodes.BadOutOfRange : StatusCodes.BadTypeMismatch
}

async function carryOut({ log }: SpaceContext, variable: UAVariable, write: () => Promise<number>): Promise<number> {
  try {
    return await write()
  } catch (error) {
    const status = statusOfError(error)
    if (status !== undefined) return status
    log('error', `write to ${variable.nodeId.value.toString()} failed: ${toldError(error)}`)
    return Status.BadInternalError
  }
}
