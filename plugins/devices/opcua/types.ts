import {
  boolean,
  bytes,
  type DataType,
  dateTime,
  double,
  type Field,
  float,
  int8,
  int16,
  int32,
  int64,
  list,
  text,
  uint8,
  uint16,
  uint32,
  uint64,
} from 'millrace/plugin'

/** A value that is declared: a tag, or an argument of a method. A type that is absent is Double, the type that takes any number. */
export interface Declared {
  readonly name: string
  readonly type?: DataType | undefined
  readonly array: boolean
  readonly unit?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly description: string
}

const numberFields = {
  SByte: int8,
  Byte: uint8,
  Int16: int16,
  UInt16: uint16,
  Int32: int32,
  UInt32: uint32,
  Float: float,
  Double: double,
} as const

/** The data type of a declared value. */
export function typeOf({ type }: Pick<Declared, 'type'>): DataType {
  return type ?? 'Double'
}

/** Whether values of a declared type are numbers with a unit and a range. */
export function isNumber(declared: Pick<Declared, 'type'>): boolean {
  return typeOf(declared) in numberFields
}

/** The field of a declared value: what it is as a port. */
export function fieldOf(declared: Declared): Field {
  const field = scalarField(declared) as Field
  return declared.array ? (list(field, { description: declared.description }) as Field) : field
}

function scalarField(declared: Declared): unknown {
  const { unit, min, max, description } = declared
  const type = typeOf(declared)
  switch (type) {
    case 'Boolean':
      return boolean({ description })
    case 'Int64':
      return int64({ description })
    case 'UInt64':
      return uint64({ description })
    case 'String':
      return text({ description })
    case 'DateTime':
      return dateTime({ description })
    case 'ByteString':
      return bytes({ description })
    default:
      return numberFields[type]({
        description,
        ...(unit === undefined ? {} : { unit }),
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      })
  }
}

const exactIn: Readonly<Partial<Record<DataType, readonly DataType[]>>> = {
  Int16: ['SByte', 'Byte'],
  UInt16: ['Byte'],
  Int32: ['SByte', 'Byte', 'Int16', 'UInt16'],
  UInt32: ['Byte', 'UInt16'],
  Float: ['SByte', 'Byte', 'Int16', 'UInt16'],
  Double: ['SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Float'],
}

/** Whether every value of one type is exactly a value of another one. */
export function isExactIn(from: DataType, to: DataType): boolean {
  return from === to || (exactIn[to]?.includes(from) ?? false)
}
