import { NumericRange } from 'node-opcua'

/** The largest index that a range may name; Part 4 7.27 gives no bound, an array has at most 2^32 elements. */
const INDEX_MAX = 0xffff_fffe

/**
 * Says whether an index range is one that Part 4 7.27 allows: absent, an index, or `low:high` with low below high in
 * each of at most two dimensions.
 *
 * The stack's parser lets `5:`, `:5`, `:` and dimensions of another kind through as NaN and ends in an assertion later.
 */
export function isIndexRangeSound(range: NumericRange | null | undefined): boolean {
  if (!range) return true
  switch (range.type) {
    case NumericRange.NumericRangeType.Empty:
      return true
    case NumericRange.NumericRangeType.SingleValue:
      return isIndex(range.value)
    case NumericRange.NumericRangeType.ArrayRange:
      return isInterval(range.value) && range.value[0] !== range.value[1]
    case NumericRange.NumericRangeType.MatrixRange:
      return Array.isArray(range.value) && range.value.length === 2 && range.value.every(isInterval)
    default:
      return false
  }
}

function isInterval(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isIndex) && Number(value[0]) <= Number(value[1])
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= INDEX_MAX
}
