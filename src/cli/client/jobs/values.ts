import { DataType, Variant, VariantArrayType } from 'node-opcua-client'
import { unitNamespace, unitOf } from '../../../model/unit.ts'
import { dataTypes, type DataType as TypeName } from '../../../model/value.ts'

/** A value of a job order or a job response, with its name. */
export interface JobValue {
  readonly name: string
  /** Undefined when it has none of the types that parameters can have. */
  readonly type: TypeName | undefined
  readonly isArray: boolean
  /** Int64 and UInt64 are `bigint`; null when there is none. */
  readonly value: unknown
  /** Symbol of the unit. */
  readonly unit?: string | undefined
  readonly description?: string | undefined
}

/** ISA95ParameterDataType of OPC 10031-4 V2 §6.3.9, as the stack decodes it. */
export interface ParameterStructure {
  readonly ID?: string | null
  readonly value?: Variant | null
  readonly description?: readonly { readonly text?: string | null }[] | null
  readonly engineeringUnits?: { readonly displayName?: { readonly text?: string | null } | null } | null
}

/** What a structure says. */
export function jobValueOf({ ID, value, description, engineeringUnits }: ParameterStructure): JobValue {
  const type = value ? dataTypes.find((name) => DataType[name] === value.dataType) : undefined
  return {
    name: ID ?? '',
    type,
    isArray: value?.arrayType === VariantArrayType.Array,
    value: value ? plainOf(value) : null,
    unit: engineeringUnits?.displayName?.text || undefined,
    description: description?.[0]?.text || undefined,
  }
}

/** The fields of a structure that says this. */
export function parameterFields({ name, type, isArray, value, unit }: JobValue): Record<string, unknown> {
  return {
    ID: name,
    value: new Variant({
      dataType: DataType[type ?? 'String'],
      arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar,
      value: Array.isArray(value) ? value.map(stackOf) : stackOf(value),
    }),
    ...(unit === undefined ? {} : { engineeringUnits: unitFields(unit) }),
  }
}

/** EUInformation of a unit (Part 8 §5.6.3.3). */
function unitFields(symbol: string): object {
  const unit = unitOf(symbol)
  return {
    namespaceUri: unitNamespace,
    unitId: unit?.unitId ?? -1,
    displayName: { text: unit?.symbol ?? symbol },
    description: { text: unit?.name ?? symbol },
  }
}

function plainOf({ dataType, arrayType, value }: Variant): unknown {
  const plain = (each: unknown): unknown => {
    if (each === null || each === undefined) return null
    switch (dataType) {
      case DataType.Int64:
        return BigInt.asIntN(64, bigOf(each))
      case DataType.UInt64:
        return bigOf(each)
      case DataType.LocalizedText:
        return (each as { text?: string | null }).text ?? ''
      case DataType.ByteString:
        return each
      default:
        return typeof each === 'object' && !(each instanceof Date) ? String(each) : each
    }
  }
  if (arrayType === VariantArrayType.Scalar) return plain(value)
  return Array.from((value ?? []) as ArrayLike<unknown>, plain)
}

/** A 64-bit number of the stack, `[high, low]`. */
export function bigOf(pair: unknown): bigint {
  const [high = 0, low = 0] = pair as readonly number[]
  return BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0))
}

function stackOf(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  const bits = BigInt.asUintN(64, value)
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)]
}
