/** About how many bytes a value of plain data takes when it is sent. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 4 + Buffer.byteLength(value)
  if (value instanceof Uint8Array) return 4 + value.length
  if (Array.isArray(value)) return value.reduce<number>((size, each) => size + sizeOf(each), 4)
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    return Object.values(value).reduce<number>((size, each) => size + sizeOf(each), 4)
  }
  return 8
}
