import { DataType, type DataValue, TimestampsToReturn, type Variant, VariantArrayType } from 'node-opcua'
import { integerRange } from '../../model/value.ts'
import type { Writer } from './writer.ts'

/** Which times of a value a client has asked for. */
export interface Times {
  readonly source: boolean
  readonly server: boolean
}

/** Which times each choice of a client means (Part 4 §7.40). */
export const timesByChoice: readonly (Times | undefined)[] = Object.assign([] as (Times | undefined)[], {
  [TimestampsToReturn.Source]: { source: true, server: false },
  [TimestampsToReturn.Server]: { source: false, server: true },
  [TimestampsToReturn.Both]: { source: true, server: true },
  [TimestampsToReturn.Neither]: { source: false, server: false },
})

/** The bits of the first byte of a DataValue (Part 6 §5.2.2.17). */
const HAS_VALUE = 1
const HAS_STATUS = 2
const HAS_SOURCE_TIME = 4
const HAS_SERVER_TIME = 8
const HAS_SOURCE_PICOSECONDS = 16
const HAS_SERVER_PICOSECONDS = 32

/** The first byte, the largest scalar number, the status, and both times with their rest. */
const FIXED_BYTES_MAX = 1 + 9 + 4 + 10 + 10
const PICOSECONDS_PER_TICK = 100_000

/**
 * Encodes a value as the stack does, byte for byte, with the times that were asked for and no others.
 *
 * So a value need not be copied before some of its times are left out. The server time may be another one than that of the value.
 */
export function encodeDataValue(
  out: Writer,
  dataValue: DataValue,
  times: Times,
  serverTimestamp: Date | null = dataValue.serverTimestamp,
  serverPicoseconds: number = dataValue.serverPicoseconds,
): void {
  const { value, statusCode } = dataValue
  const sourceTime = times.source ? dataValue.sourceTimestamp?.getTime() : undefined
  const serverTime = times.server ? serverTimestamp?.getTime() : undefined
  const sourceRest = times.source ? restOf(dataValue.sourcePicoseconds) : 0
  const serverRest = times.server ? restOf(serverPicoseconds) : 0
  const status = statusCode?.value ?? 0
  const hasValue = Boolean(value) && value.dataType !== DataType.Null
  out.reserve(FIXED_BYTES_MAX)
  out.uint8(
    (hasValue ? HAS_VALUE : 0) |
      (status === 0 ? 0 : HAS_STATUS) |
      (sourceTime === undefined ? 0 : HAS_SOURCE_TIME) |
      (serverTime === undefined ? 0 : HAS_SERVER_TIME) |
      (sourceRest === 0 ? 0 : HAS_SOURCE_PICOSECONDS) |
      (serverRest === 0 ? 0 : HAS_SERVER_PICOSECONDS),
  )
  if (hasValue) {
    encodeVariant(out, value)
    out.reserve(FIXED_BYTES_MAX)
  }
  if (status !== 0) out.uint32(status)
  if (sourceTime !== undefined) out.dateTime(sourceTime, dataValue.sourcePicoseconds)
  if (sourceRest !== 0) out.uint16(Math.floor(sourceRest / 10))
  if (serverTime !== undefined) out.dateTime(serverTime, serverPicoseconds)
  if (serverRest !== 0) out.uint16(Math.floor(serverRest / 10))
}

/** What of the picoseconds does not go into the hundreds of nanoseconds of a DateTime. */
function restOf(picoseconds: number): number {
  return picoseconds ? picoseconds % PICOSECONDS_PER_TICK : 0
}

/** Encodes a Variant: plain numbers, truth values and texts here, everything else by the stack. */
export function encodeVariant(out: Writer, variant: Variant): void {
  const { dataType, arrayType, value } = variant
  if (arrayType !== VariantArrayType.Scalar || !encodeScalar(out, dataType, value)) out.foreign(variant)
}

/** Whether it could be encoded here; what does not fit its type is left to the stack, which refuses it. */
function encodeScalar(out: Writer, dataType: DataType, value: unknown): boolean {
  if (typeof value === 'number') return encodeNumber(out, dataType, value)
  if (dataType === DataType.String && typeof value === 'string') {
    out.reserve(1)
    out.uint8(DataType.String)
    out.text(value)
    return true
  }
  if (dataType !== DataType.Boolean || typeof value !== 'boolean') return false
  out.uint8(DataType.Boolean)
  out.uint8(value ? 1 : 0)
  return true
}

function encodeNumber(out: Writer, dataType: DataType, value: number): boolean {
  if (dataType === DataType.Double) {
    out.uint8(DataType.Double)
    out.double(value)
    return true
  }
  if (dataType === DataType.Float) {
    out.uint8(DataType.Float)
    out.float(value)
    return true
  }
  const range = rangeByType[dataType]
  if (!range || !Number.isInteger(value) || value < range.min || value > range.max) return false
  out.uint8(dataType)
  if (range.bytes === 4) out.uint32(value)
  else if (range.bytes === 2) out.uint16(value)
  else out.uint8(value)
  return true
}

/** The integers that have a place in a double, by the number of their type. */
const rangeByType: ({ readonly min: number; readonly max: number; readonly bytes: number } | undefined)[] = []
for (const [name, bytes] of [
  ['SByte', 1],
  ['Byte', 1],
  ['Int16', 2],
  ['UInt16', 2],
  ['Int32', 4],
  ['UInt32', 4],
] as const) {
  const [min, max] = integerRange[name] ?? [0, -1]
  rangeByType[DataType[name]] = { min, max, bytes }
}
