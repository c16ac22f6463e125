import { type DataType, integerRange, isNumeric, type Value } from '../model/value.ts'

const integer64Range: Readonly<Record<string, readonly [bigint, bigint]>> = {
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt64: [0n, 2n ** 64n - 1n],
}

/**
 * A value of a file as a value of a data type, or undefined when it does not fit.
 *
 * Int64 and UInt64 may be texts, for what a number cannot hold exactly; DateTime is an ISO 8601 text, ByteString a base64 text.
 */
export function parameterValue(dataType: DataType, written: unknown): Value | undefined {
  if (isNumeric(dataType)) return numberValue(dataType, written)
  switch (dataType) {
    case 'Boolean':
      return typeof written === 'boolean' ? written : undefined
    case 'String':
      return typeof written === 'string' ? written : undefined
    case 'DateTime':
      return typeof written === 'string' ? dateValue(written) : undefined
    case 'ByteString':
      return typeof written === 'string' ? bytesValue(written) : undefined
    default:
      return integer64Value(dataType, written)
  }
}

function numberValue(dataType: DataType, written: unknown): number | undefined {
  if (typeof written !== 'number') return undefined
  const range = integerRange[dataType]
  if (range) return Number.isInteger(written) && written >= range[0] && written <= range[1] ? written : undefined
  return dataType === 'Float' && !Number.isFinite(Math.fround(written)) ? undefined : written
}

function dateValue(written: string): Date | undefined {
  const date = new Date(/^\d{4}-\d{2}-\d{2}([T ]|$)/.test(written) ? written : Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function bytesValue(written: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(written) ? Buffer.from(written, 'base64') : undefined
}

function integer64Value(dataType: DataType, written: unknown): bigint | undefined {
  const [low, high] = integer64Range[dataType] ?? []
  const isWhole =
    typeof written === 'number'
      ? Number.isSafeInteger(written)
      : typeof written === 'string' && /^-?\d{1,20}$/.test(written)
  if (!isWhole || low === undefined || high === undefined) return undefined
  const value = BigInt(written as number | string)
  return value >= low && value <= high ? value : undefined
}
