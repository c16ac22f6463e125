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

/** A single value of a built-in type. */
export type Scalar = boolean | number | bigint | string | Date | Uint8Array

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
