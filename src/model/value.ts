/** Names of the OPC UA built-in data types that a field may have (Part 6 §5.1.2). */
export const dataTypes = [
  'Boolean',
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float',
  'Double',
  'String',
  'DateTime',
  'ByteString',
] as const

/** An OPC UA built-in data type, by its standard name. */
export type DataType = (typeof dataTypes)[number]

/** A value that flows: a scalar of a built-in type or an array of them. Int64 and UInt64 are `bigint`; a missing value is `null`. */
export type Value = Scalar | readonly Scalar[] | null

/** A single value: of a built-in type that a field may have, or an encoded one of any other type. */
export type Scalar = boolean | number | bigint | string | Date | Uint8Array | EncodedValue

/**
 * A value of a type that has no JavaScript form here, as OPC UA Binary (Part 6 §5.2): LocalizedText, Guid, NodeId and the
 * like, structures, matrices. It passes through unread, and comes back bit by bit.
 *
 * Namespace indices in the body mean nothing after a restart, so what they meant is kept beside it: the URI of index 1 first.
 * The body of a type that nobody could read has the whole table.
 */
export interface EncodedValue {
  /**
   * Name of a built-in type (Part 6 §5.1.2), whose body is one value of it; `Variant` for what is neither one value nor a plain
   * list. Or the NodeId of a structure's encoding with its namespace as URI (`i=297`, `nsu=urn:acme;i=7`), whose body is
   * that of the ExtensionObject.
   */
  readonly type: string
  readonly namespaces: readonly string[]
  readonly body: Uint8Array
}

/** Lowest and highest value of each integer type, in its own representation. */
export const integerRange: Readonly<Partial<Record<DataType, readonly [number, number]>>> = {
  SByte: [-128, 127],
  Byte: [0, 255],
  Int16: [-32768, 32767],
  UInt16: [0, 65535],
  Int32: [-2147483648, 2147483647],
  UInt32: [0, 4294967295],
}

/** Tells whether values of a data type are JavaScript numbers (Int64 and UInt64 are `bigint` and answer false). */
export function isNumeric(type: DataType): boolean {
  return type in integerRange || type === 'Float' || type === 'Double'
}

/** Tells whether a value is an encoded one. */
export function isEncoded(value: unknown): value is EncodedValue {
  return typeof value === 'object' && value !== null && 'body' in value && value.body instanceof Uint8Array
}

/** Tells whether two values are equal in all that they are made of; numbers by `===`, so NaN equals nothing. */
export function isSameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSameValue(item, b[index]))
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (a instanceof Uint8Array && b instanceof Uint8Array) return isSameBytes(a, b)
  if (!isEncoded(a) || !isEncoded(b)) return false
  return a.type === b.type && isSameBytes(a.body, b.body) && isSameValue(a.namespaces, b.namespaces)
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Bytes of a value, about: texts and byte strings by their length, everything else 8. */
export function bytesOf(value: Value | undefined): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (isEncoded(value)) return value.body.length + value.type.length
  if (Array.isArray(value)) return value.reduce((sum: number, item: Value) => sum + bytesOf(item), 0)
  return 8
}
