import type { Port } from '../../model/port.ts'
import { isGood, Status } from '../../model/status.ts'
import { type DataType, integerRange, type Scalar, type Value } from '../../model/value.ts'

/** What a port makes of a value: the value itself with Good or Uncertain, or null with Bad. */
export interface Accepted {
  readonly value: Value
  readonly status: number
}

const refused = (status: number): Accepted => ({ value: null, status })

/**
 * Judges a value that a step gives to a port. Nothing at all is BadNoData, another type is BadTypeMismatch; a number that is
 * not finite or does not fit into an integer type is BadOutOfRange. A number outside EURange stays, but as Uncertain when
 * nothing worse is known of it (UncertainEngineeringUnitsExceeded, Part 8 §5.3.2.3 and §6.3.2).
 */
export function accept(port: Port, value: unknown, status: number): Accepted {
  if (value === undefined || value === null) return refused(Status.BadNoData)
  if (port.isArray) {
    if (!Array.isArray(value)) return refused(Status.BadTypeMismatch)
    const wrong = value.map((each) => fault(port.dataType, each)).find((each) => each !== undefined)
    return wrong === undefined ? { value: value as Scalar[], status } : refused(wrong)
  }
  const wrong = fault(port.dataType, value)
  if (wrong !== undefined) return refused(wrong)
  const exceeds = port.range && typeof value === 'number' && (value < port.range[0] || value > port.range[1])
  return {
    value: value as Scalar,
    status: exceeds && isGood(status) ? Status.UncertainEngineeringUnitsExceeded : status,
  }
}

function fault(type: DataType, value: unknown): number | undefined {
  switch (type) {
    case 'Boolean':
      return typeof value === 'boolean' ? undefined : Status.BadTypeMismatch
    case 'String':
      return typeof value === 'string' ? undefined : Status.BadTypeMismatch
    case 'DateTime':
      return value instanceof Date ? undefined : Status.BadTypeMismatch
    case 'ByteString':
      return value instanceof Uint8Array ? undefined : Status.BadTypeMismatch
    case 'Int64':
      return bigintFault(value, -(2n ** 63n), 2n ** 63n - 1n)
    case 'UInt64':
      return bigintFault(value, 0n, 2n ** 64n - 1n)
    default:
      return numberFault(type, value)
  }
}

function bigintFault(value: unknown, low: bigint, high: bigint): number | undefined {
  if (typeof value !== 'bigint') return Status.BadTypeMismatch
  return value < low || value > high ? Status.BadOutOfRange : undefined
}

function numberFault(type: DataType, value: unknown): number | undefined {
  if (typeof value !== 'number') return Status.BadTypeMismatch
  if (!Number.isFinite(value)) return Status.BadOutOfRange
  const range = integerRange[type]
  if (!range) return undefined
  if (!Number.isInteger(value)) return Status.BadTypeMismatch
  return value < range[0] || value > range[1] ? Status.BadOutOfRange : undefined
}
