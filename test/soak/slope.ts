/** A straight line through points, and how far they lie off it (standard deviation). */
export interface Line {
  /** Change of y for one of x. */
  readonly slope: number
  readonly scatter: number
}

/** The line that fits points best, by least squares; needs three points or more. */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const count = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const squares = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, scatter: Math.sqrt(squares / Math.max(1, count - 2)) }
}

/** The smallest value of each window: of a heap, what is left when what is not needed has been collected. */
export function lowest(
  points: readonly (readonly [x: number, y: number])[],
  window: number,
): readonly (readonly [x: number, y: number])[] {
  const byWindow = new Map<number, readonly [number, number]>()
  for (const point of points) {
    const key = Math.floor(point[0] / window)
    const known = byWindow.get(key)
    if (!known || point[1] < known[1]) byWindow.set(key, point)
  }
  return [...byWindow.values()]
}
