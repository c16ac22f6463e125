import {
  DataType,
  type ExpandedNodeId,
  type LocalizedText,
  type NodeId,
  type QualifiedName,
  type StatusCode,
  type Variant,
  VariantArrayType,
} from 'node-opcua'
import { nodeIdText } from './namespace-map.ts'

/** A value as filters compare it; what compares with nothing is `null`, the NULL of Part 4 §7.7.3. */
export type Datum =
  | null
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number | bigint }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'time'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: string }
  | { readonly kind: 'node'; readonly value: string }

/** The datum of a scalar; arrays and structures have none. */
export function datumOf({ dataType, arrayType, value }: Variant): Datum {
  if (arrayType !== VariantArrayType.Scalar || value === null || value === undefined) return null
  switch (dataType) {
    case DataType.Boolean:
      return { kind: 'boolean', value: value === true }
    case DataType.Int64:
    case DataType.UInt64:
      return { kind: 'number', value: wholeOf(dataType, value as readonly [number, number]) }
    case DataType.String:
    case DataType.XmlElement:
      return { kind: 'text', value: String(value) }
    case DataType.Guid:
      return { kind: 'text', value: String(value).toLowerCase() }
    case DataType.LocalizedText:
      return textOf((value as LocalizedText).text)
    case DataType.QualifiedName:
      return textOf((value as QualifiedName).name)
    case DataType.DateTime:
      return { kind: 'time', value: (value as Date).getTime() }
    case DataType.ByteString:
      return { kind: 'bytes', value: Buffer.from(value as Uint8Array).toString('hex') }
    case DataType.NodeId:
    case DataType.ExpandedNodeId:
      return { kind: 'node', value: nodeIdText(value as NodeId | ExpandedNodeId) }
    case DataType.StatusCode:
      return { kind: 'number', value: (value as StatusCode).value }
    default:
      return typeof value === 'number' ? { kind: 'number', value } : null
  }
}

/** How two data stand to each other: negative, zero, positive; undefined when they have no order, and NULL then. */
export function compare(a: Datum, b: Datum): number | undefined {
  if (a === null || b === null) return undefined
  if (a.kind !== b.kind) return compareConverted(a, b)
  if (a.value === b.value) return 0
  if (a.value < b.value) return -1
  return a.value > b.value ? 1 : looselyEqual(a.value, b.value)
}

/** Tells whether two data are equal; undefined when one of them is NULL or they have nothing in common. */
export function equals(a: Datum, b: Datum): boolean | undefined {
  const order = compare(a, b)
  return order === undefined ? undefined : order === 0
}

/** What a datum counts as where a truth value is needed. */
export function truthOf(datum: Datum): boolean | null {
  if (datum?.kind === 'boolean') return datum.value
  const converted = datum && convert(datum, 'boolean')
  return converted?.kind === 'boolean' ? converted.value : null
}

/** A datum as another kind (the implicit conversions of Part 4 Table 122); null when there is no such value. */
export function convert(datum: NonNullable<Datum>, kind: NonNullable<Datum>['kind']): Datum {
  if (datum.kind === kind) return datum
  const text = typeof datum.value === 'boolean' ? String(datum.value) : `${datum.value}`
  switch (kind) {
    case 'number':
      return numberFrom(datum, text)
    case 'boolean':
      return datum.kind === 'number' ? { kind, value: Boolean(datum.value) } : booleanFrom(text)
    case 'time': {
      const value = datum.kind === 'text' ? Date.parse(text) : Number.NaN
      return Number.isNaN(value) ? null : { kind, value }
    }
    case 'text':
      return { kind, value: datum.kind === 'time' ? new Date(datum.value).toISOString() : text }
    default:
      return datum.kind === 'text' ? { kind, value: text } : null
  }
}

/** Kinds by precedence: the operand of a later kind is converted to that of the earlier one (Part 4 Table 123). */
const precedence = ['number', 'boolean', 'time', 'node', 'bytes', 'text'] as const

function compareConverted(a: NonNullable<Datum>, b: NonNullable<Datum>): number | undefined {
  const isFirst = precedence.indexOf(a.kind) < precedence.indexOf(b.kind)
  const [kept, other] = isFirst ? [a, b] : [b, a]
  const converted = convert(other, kept.kind)
  return converted === null ? undefined : isFirst ? compare(kept, converted) : compare(converted, kept)
}

function numberFrom(datum: NonNullable<Datum>, text: string): Datum {
  if (datum.kind === 'boolean') return { kind: 'number', value: Number(datum.value) }
  if (datum.kind !== 'text' || text.trim() === '') return null
  const value = Number(text)
  return Number.isNaN(value) ? null : { kind: 'number', value }
}

function booleanFrom(text: string): Datum {
  if (text === 'true' || text === '1') return { kind: 'boolean', value: true }
  return text === 'false' || text === '0' ? { kind: 'boolean', value: false } : null
}

function textOf(text: string | null | undefined): Datum {
  return text === null || text === undefined ? null : { kind: 'text', value: text }
}

/** The stack's high and low words; small enough ones as numbers. */
function wholeOf(dataType: DataType, [high, low]: readonly [number, number]): number | bigint {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const value = dataType === DataType.Int64 ? BigInt.asIntN(64, bits) : bits
  return BigInt(Number(value)) === value ? Number(value) : value
}

/** Neither less nor greater nor identical: a bigint beside a number of the same size is equal, NaN is not. */
function looselyEqual(a: number | bigint | string | boolean, b: number | bigint | string | boolean): 0 | undefined {
  return Number.isNaN(a) || Number.isNaN(b) ? undefined : 0
}
