import { DataType, HistoryData } from 'node-opcua'
import type { Port } from '../../model/port.ts'
import { worst } from '../../model/status.ts'
import { integerRange, isNumeric, type DataType as PortType, type Value } from '../../model/value.ts'
import { type Converted, nullVariant } from '../conversion.ts'
import { statusCodeOf } from '../status-codes.ts'
import type { HistoryColumns, HistoryEntry } from './history-view.ts'

/** The stream of the stack that an answer is encoded into. */
type Stream = Parameters<HistoryData['encode']>[0]

/** How numbers of one type get onto the wire; a number that does not fit takes the way of every other value. */
export interface NumberForm {
  readonly dataType: DataType
  readonly bytes: number
  readonly fits: (value: number) => boolean
  readonly write: (view: DataView, at: number, value: number) => void
}

/** How the values of an answer are shown. */
export interface Wrap {
  /** Makes a Variant of any value, or tells why there is none. */
  readonly convert: (value: Value) => Converted
  /** Numbers of most answers need no Variant. */
  readonly numbers?: NumberForm | undefined
}

/** Bits of the first byte of a DataValue (Part 6 §5.2.2.17). */
const Mask = { value: 1, status: 2, sourceTime: 4 } as const

/**
 * HistoryData that is encoded from columns. It gives the same bytes as the stack's own, which makes a DataValue, a Variant, a
 * Date and a few more for every sample; a page of ten thousand would keep the event loop, and so every subscription, for long.
 */
export class ColumnHistoryData extends HistoryData {
  readonly #parts: readonly HistoryColumns[]
  readonly #wrap: Wrap

  constructor(parts: readonly HistoryColumns[], wrap: Wrap) {
    super(null)
    this.#parts = parts
    this.#wrap = wrap
  }

  override encode(stream: Stream): void {
    stream.writeUInt32(countOf(this.#parts))
    for (const part of this.#parts) encodeColumns(stream, part, this.#wrap)
  }
}

/** How many samples there are in all. */
export function countOf(parts: readonly HistoryColumns[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0)
}

/** Entries by column. */
export function columnsOf(entries: readonly HistoryEntry[]): HistoryColumns {
  return {
    count: entries.length,
    times: Float64Array.from(entries, ({ time }) => time),
    statuses: Uint32Array.from(entries, ({ status }) => status),
    values: entries.map(({ value }) => value),
  }
}

/** The numbers of a port; undefined where a single number is no value of it. */
export function numberFormOf({ dataType, isArray }: Pick<Port, 'dataType' | 'isArray'>): NumberForm | undefined {
  const form = forms[dataType]
  if (isArray || !isNumeric(dataType) || !form) return undefined
  const [low, high] = integerRange[dataType] ?? []
  const fits =
    low === undefined || high === undefined
      ? () => true
      : (value: number) => Number.isInteger(value) && value >= low && value <= high
  return { dataType: DataType[dataType], fits, ...form }
}

const forms: Readonly<Partial<Record<PortType, Pick<NumberForm, 'bytes' | 'write'>>>> = {
  SByte: { bytes: 1, write: (view, at, value) => view.setInt8(at, value) },
  Byte: { bytes: 1, write: (view, at, value) => view.setUint8(at, value) },
  Int16: { bytes: 2, write: (view, at, value) => view.setInt16(at, value, true) },
  UInt16: { bytes: 2, write: (view, at, value) => view.setUint16(at, value, true) },
  Int32: { bytes: 4, write: (view, at, value) => view.setInt32(at, value, true) },
  UInt32: { bytes: 4, write: (view, at, value) => view.setUint32(at, value, true) },
  Float: { bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true) },
  Double: { bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
}

/** Bytes of a DataValue besides its value, at most: mask, type of the value, status, time. */
const othersBytes = 1 + 1 + 4 + 8

/** Numbers that fit are most of what there is: they are laid one behind the other, and taken into the stream together. */
function encodeColumns(stream: Stream, columns: HistoryColumns, wrap: Wrap): void {
  const { count, times, statuses, values } = columns
  const { numbers } = wrap
  const view = new DataView(new ArrayBuffer(numbers ? count * (numbers.bytes + othersBytes) : 0))
  let length = 0
  for (let index = 0; index < count; index++) {
    const [value, status, time] = [values[index] as Value, statuses[index] as number, times[index] as number]
    if (typeof value === 'number' && numbers?.fits(value)) {
      length = layNumber(view, length, numbers, value, status)
      writeTime(view, length, time)
      length += 8
      continue
    }
    if (length > 0) stream.writeArrayBuffer(view.buffer as ArrayBuffer, 0, length)
    length = 0
    encodeSample(stream, value, status, wrap)
    writeTime(timeView, 0, time)
    stream.writeArrayBuffer(timeView.buffer as ArrayBuffer)
  }
  if (length > 0) stream.writeArrayBuffer(view.buffer as ArrayBuffer, 0, length)
}

const timeView = new DataView(new ArrayBuffer(8))

/** Mask, value and status of a DataValue with a number; tells where the next thing goes. */
function layNumber(view: DataView, from: number, numbers: NumberForm, value: number, status: number): number {
  const code = codeOf(status)
  view.setUint8(from, Mask.sourceTime | Mask.value | (code === 0 ? 0 : Mask.status))
  view.setUint8(from + 1, numbers.dataType)
  numbers.write(view, from + 2, value)
  const at = from + 2 + numbers.bytes
  if (code === 0) return at
  view.setUint32(at, code, true)
  return at + 4
}

/** Mask, value and status of a DataValue; a value that there is no way to show makes its status worse. */
function encodeSample(stream: Stream, value: Value, status: number, { convert }: Wrap): void {
  const converted: Converted = value === null ? { variant: nullVariant } : convert(value)
  const isConverted = 'variant' in converted
  const code = codeOf(isConverted ? status : worst(status, converted.status))
  const variant = isConverted && converted.variant.dataType !== DataType.Null ? converted.variant : undefined
  stream.writeUInt8(Mask.sourceTime | (variant ? Mask.value : 0) | (code === 0 ? 0 : Mask.status))
  variant?.encode(stream)
  if (code !== 0) stream.writeUInt32(code)
}

/** Unknown codes become one that clients know, as in every other answer. */
function codeOf(status: number): number {
  return status === 0 ? 0 : statusCodeOf(status).value
}

/** Milliseconds from 1601 to 1970, and those that a Date can be away from 1970. */
const epoch1601 = 11_644_473_600_000
const dateMax = 8.64e15
const bits32 = 2 ** 32

/** Steps of 100 ns since 1601 as two words (Part 6 §5.2.2.5): the product is beyond what a double holds, so it is made in parts. */
function writeTime(view: DataView, at: number, time: number): void {
  const milliseconds = Math.floor(time)
  const since1601 = (Math.abs(milliseconds) > dateMax ? 0 : milliseconds) + epoch1601
  const rest = Math.round((time - milliseconds) * 1e4)
  const upper = Math.floor(since1601 / 2 ** 20)
  const upperSteps = upper * 1e4
  const low = (since1601 - upper * 2 ** 20) * 1e4 + rest + mod(upperSteps, 4096) * 2 ** 20
  view.setInt32(at, mod(low, bits32) | 0, true)
  view.setInt32(at + 4, (Math.floor(upperSteps / 4096) + Math.floor(low / bits32)) | 0, true)
}

/** The remainder that is never negative; all of it is exact, since only powers of two are divided by. */
function mod(value: number, power: number): number {
  return value - Math.floor(value / power) * power
}
