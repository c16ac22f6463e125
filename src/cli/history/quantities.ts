const units = ['kB', 'MB', 'GB', 'TB'] as const

/** A size as people write it, in steps of 1000: `1.2 MB`. */
export function bytesText(bytes: number): string {
  let [size, unit] = [bytes, 'B']
  for (const next of units) {
    if (size < 999.5) break
    size /= 1000
    unit = next
  }
  return `${unit === 'B' || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${unit}`
}

/** A count and what is counted: `1 row`, `2 rows`. */
export function countText(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
