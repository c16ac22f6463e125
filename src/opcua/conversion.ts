import { DataType as UaDataType, Variant, VariantArrayType } from 'node-opcua'
import type { Port } from '../model/port.ts'
import { Status } from '../model/status.ts'
import { type DataType, integerRange, type Scalar, type Value } from '../model/value.ts'

/** What a conversion needs to know of a port. */
export type ValueShape = Pick<Port, 'dataType' | 'isArray' | 'choices'>

/** A value as the stack wants it, or the status that says why it is none. */
export type Converted = { readonly variant: Variant } | { readonly status: number }

/** No value; what a Bad sample carries. */
export const nullVariant = new Variant({ dataType: UaDataType.Null })

/** Tells whether a port is shown as a multi-state variable whose value is the position of a text in `choices`. */
export function isMultiState(shape: ValueShape): boolean {
  return shape.choices !== undefined && shape.dataType === 'String' && !shape.isArray
}

/**
 * Turns a value of a port into a Variant, and checks it on the way: a value that does not fit its declared type would end
 * in the encoder, where the whole answer fails.
 */
export function toVariant(shape: ValueShape, value: Value): Converted {
  if (value === null) return { variant: nullVariant }
  if (isMultiState(shape)) return positionOf(shape, value)
  if (Array.isArray(value) !== shape.isArray) return { status: Status.BadTypeMismatch }
  const dataType = UaDataType[shape.dataType]
  if (!shape.isArray) {
    const status = misfit(shape.dataType, value as Scalar)
    if (status !== undefined) return { status }
    return { variant: variantOf(dataType, VariantArrayType.Scalar, encoded(shape.dataType, value as Scalar)) }
  }
  const elements = value as readonly Scalar[]
  for (const element of elements) {
    const status = misfit(shape.dataType, element)
    if (status !== undefined) return { status }
  }
  const values = elements.map((element) => encoded(shape.dataType, element))
  return { variant: variantOf(dataType, VariantArrayType.Array, values) }
}

/** Turns a Variant from a client into a value; undefined when it does not fit the port, a ByteString for a String for example. */
export function fromVariant(shape: ValueShape, variant: Variant): Value | undefined {
  const value: unknown = variant.value
  const arrayType = shape.isArray ? VariantArrayType.Array : VariantArrayType.Scalar
  if (value === null || value === undefined || variant.arrayType !== arrayType) return undefined
  if (isMultiState(shape)) return shape.choices?.[value as number]
  if (variant.dataType !== UaDataType[shape.dataType]) return undefined
  if (!shape.isArray) return decoded(shape.dataType, value)
  // Numeric arrays arrive as typed arrays, the others as plain ones.
  return [...(value as Iterable<unknown>)].map((element) => decoded(shape.dataType, element))
}

function positionOf(shape: ValueShape, value: Value): Converted {
  const position = shape.choices?.indexOf(value as string) ?? -1
  if (position < 0) return { status: Status.BadOutOfRange }
  return { variant: variantOf(UaDataType.UInt32, VariantArrayType.Scalar, position) }
}

/** Without the options of its constructor, which would be looked into again: the value has been checked. */
function variantOf(dataType: UaDataType, arrayType: VariantArrayType, value: unknown): Variant {
  if (arrayType !== VariantArrayType.Scalar) return new Variant({ dataType, arrayType, value })
  const variant = new Variant(null)
  variant.dataType = dataType
  variant.value = value
  return variant
}

/** The status of a scalar that is not of its declared type, or undefined when it is. */
function misfit(dataType: DataType, value: Scalar): number | undefined {
  const range = integerRange[dataType]
  if (range) {
    if (typeof value !== 'number' || !Number.isInteger(value)) return Status.BadTypeMismatch
    return value < range[0] || value > range[1] ? Status.BadOutOfRange : undefined
  }
  switch (dataType) {
    case 'Boolean':
      return typeof value === 'boolean' ? undefined : Status.BadTypeMismatch
    case 'String':
      return typeof value === 'string' ? undefined : Status.BadTypeMismatch
    case 'DateTime':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : Status.BadTypeMismatch
    case 'ByteString':
      return value instanceof Uint8Array ? undefined : Status.BadTypeMismatch
    case 'Int64':
      if (typeof value !== 'bigint') return Status.BadTypeMismatch
      return BigInt.asIntN(64, value) === value ? undefined : Status.BadOutOfRange
    case 'UInt64':
      if (typeof value !== 'bigint') return Status.BadTypeMismatch
      return BigInt.asUintN(64, value) === value ? undefined : Status.BadOutOfRange
    default:
      return typeof value === 'number' ? undefined : Status.BadTypeMismatch
  }
}

/** The stack holds 64-bit integers as high and low words, and byte strings as Buffers. */
function encoded(dataType: DataType, value: Scalar): unknown {
  if (dataType === 'Int64' || dataType === 'UInt64') {
    const bits = BigInt.asUintN(64, value as bigint)
    return [Number(bits >> 32n), Number(bits & 0xffffffffn)]
  }
  return dataType === 'ByteString' ? Buffer.from(value as Uint8Array) : value
}

function decoded(dataType: DataType, value: unknown): Scalar {
  if (dataType === 'Int64' || dataType === 'UInt64') {
    const [high, low] = value as [number, number]
    const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
    return dataType === 'Int64' ? BigInt.asIntN(64, bits) : bits
  }
  return dataType === 'ByteString' ? new Uint8Array(value as Buffer) : (value as Scalar)
}
