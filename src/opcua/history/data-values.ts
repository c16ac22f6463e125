import {
  DataType,
  DataValue,
  extractRange,
  type NumericRange,
  StatusCodes,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import type { Port } from '../../model/port.ts'
import { integerRange, type Value } from '../../model/value.ts'
import { nullVariant, toVariant } from '../conversion.ts'
import { statusCodeOf } from '../status-codes.ts'
import type { HistoryEntry, HistoryPage } from './history-view.ts'

/** Makes a Variant of a value of history. */
export type Wrap = (value: Value) => Variant

/** The value of a sample of a port; a historian keeps what came, whatever the port says now. */
export function wrapOf(port: Port): Wrap {
  return (value) => {
    const converted = toVariant(port, value)
    return 'variant' in converted ? converted.variant : looseVariant(value)
  }
}

/** A number that was computed and belongs to a port: whole where the port is. */
export function wrapComputed(port: Port): Wrap {
  const wrap = wrapOf(port)
  const isBig = port.dataType === 'Int64' || port.dataType === 'UInt64'
  if (!integerRange[port.dataType] && !isBig) return wrap
  return (value) => {
    if (typeof value !== 'number') return wrap(value)
    return wrap(isBig ? BigInt(Math.round(value)) : Math.round(value))
  }
}

/** A value of a fixed type. */
export function wrapAs(dataType: DataType): Wrap {
  return (value) => {
    if (value === null) return nullVariant
    if (dataType === DataType.StatusCode) return new Variant({ dataType, value: statusCodeOf(value as number) })
    return new Variant({ dataType, value: dataType === DataType.Double ? Number(value) : value })
  }
}

/** The DataValues of entries. Only source times are kept, so only they are returned. */
export function dataValuesOf(
  entries: Iterable<HistoryEntry>,
  wrap: Wrap,
  indexRange?: NumericRange | null,
): DataValue[] {
  return Array.from(entries, (entry) => cut(dataValueOf(entry, wrap), indexRange))
}

/** The entries of a page. */
export function* entriesOf({ samples }: HistoryPage): Iterable<HistoryEntry> {
  const { count, times, statuses, values } = samples
  for (let index = 0; index < count; index++) {
    yield { time: times[index] as number, status: statuses[index] as number, value: values[index] as Value }
  }
}

function dataValueOf({ time, status, value }: HistoryEntry, wrap: Wrap): DataValue {
  const dataValue = new DataValue(null)
  const milliseconds = Math.floor(time)
  dataValue.value = wrap(value)
  dataValue.statusCode = statusCodeOf(status)
  dataValue.sourceTimestamp = new Date(milliseconds)
  // The stack counts what is below a millisecond in picoseconds; the wire carries steps of 100 ns.
  dataValue.sourcePicoseconds = Math.round((time - milliseconds) * 1e4) * 1e5
  return dataValue
}

function cut(dataValue: DataValue, indexRange: NumericRange | null | undefined): DataValue {
  if (!indexRange || indexRange.isEmpty() || dataValue.value === nullVariant) return dataValue
  const part = extractRange(dataValue, indexRange)
  if (part.statusCode.isGood() || part.statusCode === dataValue.statusCode) return part
  part.sourceTimestamp = dataValue.sourceTimestamp
  return part
}

/** A value that does not fit the port any more, in a type that it fits. */
function looseVariant(value: Value): Variant {
  if (typeof value === 'number') return new Variant({ dataType: DataType.Double, value })
  if (typeof value === 'boolean') return new Variant({ dataType: DataType.Boolean, value })
  if (typeof value === 'string') return new Variant({ dataType: DataType.String, value })
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) {
    return new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [...value] })
  }
  return nullVariant
}

/** The status of a result without any data (Part 11 §6.5.3.2). */
export const noData = StatusCodes.GoodNoData
