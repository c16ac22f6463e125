import { DataType, type NodeId, type VariantLike } from 'node-opcua'
import { statusCodeOf } from '../status-codes.ts'

/** A StatusCode field. */
export function statusCode(status: number): VariantLike {
  return { dataType: DataType.StatusCode, value: statusCodeOf(status) }
}

/** A NodeId field. */
export function nodeId(value: NodeId): VariantLike {
  return { dataType: DataType.NodeId, value }
}

/** A field of an enumeration. */
export function int32(value: number): VariantLike {
  return { dataType: DataType.Int32, value }
}

/** A UInt32 field. */
export function uint32(value: number): VariantLike {
  return { dataType: DataType.UInt32, value: value >>> 0 }
}

/** A Duration field, in milliseconds. */
export function duration(value: number): VariantLike {
  return { dataType: DataType.Double, value }
}
