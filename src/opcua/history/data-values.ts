import {
  DataType,
  DataValue,
  extractRange,
  HistoryData,
  type NumericRange,
  StatusCodes,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import type { Port } from '../../model/port.ts'
import { integerRange, type Value } from '../../model/value.ts'
import { nullVariant, toVariant } from '../conversion.ts'
import { statusCodeOf } from '../status-codes.ts'
import { ColumnHistoryData, type Columns, numberFormOf, type Wrap } from './column-data.ts'
import type { HistoryEntry } from './history-view.ts'

/** The values of a port; a historian keeps what came, whatever the port says now. */
export function wrapOf(port: Port): Wrap {
  return {
    numbers: numberFormOf(port),
    variant(value) {
      const converted = toVariant(port, value)
      return 'variant' in converted ? converted.variant : looseVariant(value)
    },
  }
}

/** Numbers that were computed and belong to a port: whole where the port is. */
export function wrapComputed(port: Port): Wrap {
  const wrap = wrapOf(port)
  const isBig = port.dataType === 'Int64' || port.dataType === 'UInt64'
  if (!integerRange[port.dataType] && !isBig) return wrap
  return {
    numbers: wrap.numbers,
    variant(value) {
      if (typeof value !== 'number') return wrap.variant(value)
      return wrap.variant(isBig ? BigInt(Math.round(value)) : Math.round(value))
    },
  }
}

/** Values of a fixed type. */
export function wrapAs(dataType: DataType): Wrap {
  return {
    variant(value) {
      if (value === null) return nullVariant
      if (dataType === DataType.StatusCode) return new Variant({ dataType, value: statusCodeOf(value as number) })
      return new Variant({ dataType, value: dataType === DataType.Double ? Number(value) : value })
    },
  }
}

/** What an answer holds; only source times are kept, so only they are returned. */
export function historyDataOf(parts: readonly Columns[], wrap: Wrap, indexRange?: NumericRange | null): HistoryData {
  if (!indexRange || indexRange.isEmpty()) return new ColumnHistoryData(parts, wrap)
  const data = new HistoryData(null)
  // Assigned, because the constructor would copy each of them.
  data.dataValues = parts.flatMap((part) => dataValuesOf(part, wrap, indexRange))
  return data
}

/** One DataValue for each sample. */
export function dataValuesOf(columns: Columns, wrap: Wrap, indexRange?: NumericRange | null): DataValue[] {
  return Array.from({ length: columns.count }, (_, index) => {
    const { times, statuses, values } = columns
    const entry = { time: times[index] as number, status: statuses[index] as number, value: values[index] as Value }
    return cut(dataValueOf(entry, wrap), indexRange)
  })
}

function dataValueOf({ time, status, value }: HistoryEntry, wrap: Wrap): DataValue {
  const dataValue = new DataValue(null)
  const milliseconds = Math.floor(time)
  dataValue.value = wrap.variant(value)
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
