import { type DataType, dataTypes, integerRange, Rejected, Status } from 'millrace/plugin'
import { DataType as Builtin, Variant, VariantArrayType } from 'node-opcua-client'
import { type Declared, isExactIn, typeOf } from './types.ts'

/** Name of a built-in type of OPC UA, of which some are not types of a tag: LocalizedText, Guid, ExtensionObject. */
export type BuiltinName = keyof typeof Builtin

type Scalar = boolean | number | bigint | string | Date | Uint8Array

/** Built-in types that have a text of their own and become a String. */
const textual: readonly BuiltinName[] = [
  ...(['String', 'XmlElement', 'LocalizedText', 'QualifiedName'] as const),
  ...(['Guid', 'NodeId', 'ExpandedNodeId', 'StatusCode'] as const),
]

/**
 * Why values of a built-in type cannot be those of a declared type; undefined when all of them can.
 *
 * A type of values that is supported elsewhere, such as structures, is let in here and decoded in {@link valueIn}.
 */
export function typeMisfit(declared: Declared, builtin: BuiltinName): string | undefined {
  const type = typeOf(declared)
  if (builtin === 'ExtensionObject') {
    return 'it is a structure, which cannot be a tag; name a variable for each of its members instead'
  }
  const isTaken = type === 'String' ? textual.includes(builtin) : isTagType(builtin) && isExactIn(builtin, type)
  if (isTaken) return undefined
  const better = isTagType(builtin) ? builtin : textual.includes(builtin) ? 'String' : undefined
  const remedy = better === undefined ? 'which cannot be a tag' : `declare it with type: ${better}`
  return `the server has a ${builtin}, which does not fit into a ${type}; ${remedy}`
}

function isTagType(builtin: BuiltinName): builtin is DataType {
  return (dataTypes as readonly string[]).includes(builtin)
}

/** The value of a declared type inside a variant, or the reason why there is none. `null` is no value at all. */
export function valueIn(
  declared: Declared,
  variant: Variant,
): { readonly value: Scalar | readonly Scalar[] | null } | { readonly reason: string } {
  const { dataType, arrayType } = variant
  const raw: unknown = variant.value
  if (dataType === Builtin.Null) return { value: null }
  const builtin = Builtin[dataType] as BuiltinName
  const reason = typeMisfit(declared, builtin)
  if (reason !== undefined) return { reason }
  if (arrayType === VariantArrayType.Matrix) return { reason: 'the server has an array of several dimensions' }
  const isArray = arrayType === VariantArrayType.Array
  if (isArray !== declared.array) return { reason: rankMisfit(declared) }
  if (!isArray) return { value: decoded(builtin, raw) }
  return { value: Array.from((raw ?? []) as ArrayLike<unknown>, (each) => decoded(builtin, each)) }
}

/** What to say when one has an array and the other a single value. */
export function rankMisfit({ array }: Declared): string {
  return array
    ? 'the server has a single value, not an array; declare it without array'
    : 'the server has an array; declare it with array: true'
}

function decoded(builtin: BuiltinName, raw: unknown): Scalar {
  switch (builtin) {
    case 'Int64':
      return BigInt.asIntN(64, joined(raw as readonly [number, number]))
    case 'UInt64':
      return joined(raw as readonly [number, number])
    case 'ByteString':
      return new Uint8Array((raw ?? []) as Uint8Array)
    case 'LocalizedText':
      return (raw as { text?: string | null } | null)?.text ?? ''
    case 'QualifiedName':
    case 'StatusCode':
      return (raw as { name?: string | null } | null)?.name ?? ''
    case 'NodeId':
    case 'ExpandedNodeId':
      return String(raw ?? '')
    case 'String':
    case 'XmlElement':
    case 'Guid':
      // A null String is an empty text: the model knows no text that is missing.
      return (raw ?? '') as string
    default:
      return raw as Scalar
  }
}

/** A 64-bit integer of the stack: its high and its low half. */
function joined([high, low]: readonly [number, number]): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/**
 * Makes a variant of the type that the server has out of a value of the declared type.
 *
 * Throws Rejected: BadOutOfRange when the value does not fit into the server's type, BadTypeMismatch when none of its kind does.
 */
export function variantOf(declared: Declared, builtin: BuiltinName | undefined, value: unknown): Variant {
  const target = builtin ?? typeOf(declared)
  const isArray = Array.isArray(value)
  const encode = (each: unknown) => encoded(declared, target, each as Scalar)
  return new Variant({
    dataType: Builtin[target],
    arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar,
    value: isArray ? value.map(encode) : encode(value),
  })
}

function encoded({ name }: Declared, builtin: BuiltinName, value: Scalar): unknown {
  const range = integerRange[builtin as DataType]
  const refuse = (status: number): never => {
    throw new Rejected(`${String(value)} does not fit into ${name}, a ${builtin} of the server`, { status })
  }
  if (range || builtin === 'Float' || builtin === 'Double') {
    if (typeof value !== 'number') return refuse(Status.BadTypeMismatch)
    const fits = range ? Number.isInteger(value) && value >= range[0] && value <= range[1] : true
    return fits && (builtin !== 'Float' || Number.isFinite(Math.fround(value))) ? value : refuse(Status.BadOutOfRange)
  }
  switch (builtin) {
    case 'Boolean':
      return typeof value === 'boolean' ? value : refuse(Status.BadTypeMismatch)
    case 'Int64':
    case 'UInt64':
      return typeof value === 'bigint' ? split(value) : refuse(Status.BadTypeMismatch)
    case 'DateTime':
      return value instanceof Date ? value : refuse(Status.BadTypeMismatch)
    case 'ByteString':
      return value instanceof Uint8Array ? Buffer.from(value) : refuse(Status.BadTypeMismatch)
    case 'String':
    case 'XmlElement':
      return typeof value === 'string' ? value : refuse(Status.BadTypeMismatch)
    case 'LocalizedText':
      return typeof value === 'string' ? { text: value } : refuse(Status.BadTypeMismatch)
    case 'Guid':
      return typeof value === 'string' && guidPattern.test(value) ? value : refuse(Status.BadOutOfRange)
    default:
      return refuse(Status.BadTypeMismatch)
  }
}

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function split(value: bigint): [number, number] {
  return [Number(BigInt.asUintN(32, value >> 32n)), Number(BigInt.asUintN(32, value))]
}
