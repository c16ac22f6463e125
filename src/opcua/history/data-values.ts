import { DataType, DataValue, extractRange, HistoryData, type NumericRange, StatusCodes, Variant } from 'node-opcua'
import { worst } from '../../model/status.ts'
import { integerRange, type Value } from '../../model/value.ts'
import { type Converted, nullVariant, toVariant } from '../conversion.ts'
import { encodedVariant } from '../encoded-values.ts'
import { statusCodeOf } from '../status-codes.ts'
import { ColumnHistoryData, numberFormOf, type Wrap } from './column-data.ts'
import type { Historized } from './historized-variables.ts'
import type { HistoryColumns, HistoryEntry } from './history-view.ts'

/** The values of a port; a historian keeps what came, whatever the port says now. */
export function wrapOf({ port, namespaces }: Pick<Historized, 'port' | 'namespaces'>): Wrap {
  return {
    numbers: numberFormOf(port),
    convert(value) {
      const converted = toVariant(port, value)
      return 'variant' in converted ? converted : looseVariant(value, namespaces)
    },
  }
}

/** Numbers that were computed and belong to a port: whole where the port is. */
export function wrapComputed(historized: Pick<Historized, 'port' | 'namespaces'>): Wrap {
  const { port } = historized
  const wrap = wrapOf(historized)
  const isBig = port.dataType === 'Int64' || port.dataType === 'UInt64'
  if (!integerRange[port.dataType] && !isBig) return wrap
  return {
    numbers: wrap.numbers,
    convert(value) {
      if (typeof value !== 'number') return wrap.convert(value)
      return wrap.convert(isBig ? BigInt(Math.round(value)) : Math.round(value))
    },
  }
}

/** Values of a fixed type. */
export function wrapAs(dataType: DataType): Wrap {
  return {
    convert(value) {
      if (value === null) return { variant: nullVariant }
      if (dataType === DataType.StatusCode)
        return { variant: new Variant({ dataType, value: statusCodeOf(Number(value)) }) }
      return { variant: new Variant({ dataType, value: dataType === DataType.Double ? Number(value) : value }) }
    },
  }
}

/** What an answer holds; only source times are kept, so only they are returned. */
export function historyDataOf(
  parts: readonly HistoryColumns[],
  wrap: Wrap,
  indexRange?: NumericRange | null,
): HistoryData {
  if (!indexRange || indexRange.isEmpty()) return new ColumnHistoryData(parts, wrap)
  const data = new HistoryData(null)
  // Assigned, because the constructor would copy each of them.
  data.dataValues = parts.flatMap((part) => dataValuesOf(part, wrap, indexRange))
  return data
}

/** One DataValue for each sample. */
export function dataValuesOf(columns: HistoryColumns, wrap: Wrap, indexRange?: NumericRange | null): DataValue[] {
  return Array.from({ length: columns.count }, (_, index) => {
    const { times, statuses, values } = columns
    const entry = { time: times[index] as number, status: statuses[index] as number, value: values[index] as Value }
    return cut(dataValueOf(entry, wrap), indexRange)
  })
}

function dataValueOf({ time, status, value }: HistoryEntry, wrap: Wrap): DataValue {
  const dataValue = new DataValue(null)
  const milliseconds = Math.floor(time)
  const wrapped = wrap.convert(value)
  const isWrapped = 'variant' in wrapped
  dataValue.value = isWrapped ? wrapped.variant : nullVariant
  dataValue.statusCode = statusCodeOf(isWrapped ? status : worst(status, wrapped.status))
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
function looseVariant(value: Value, namespaces: readonly string[]): Converted {
  const items: readonly Value[] = Array.isArray(value) ? value : [value]
  const isArray = Array.isArray(value)
  for (const dataType of looseTypes) {
    const shape = { dataType, isArray: false }
    if (items.every((item) => 'variant' in toVariant(shape, item))) return toVariant({ dataType, isArray }, value)
  }
  return encodedVariant(value, namespaces)
}

/** Types for values whose type is not known, the usual one of each form first. */
const looseTypes = ['Double', 'Boolean', 'String', 'DateTime', 'ByteString', 'Int64', 'UInt64'] as const

/** The status of a result without any data (Part 11 §6.5.3.2). */
export const noData = StatusCodes.GoodNoData
