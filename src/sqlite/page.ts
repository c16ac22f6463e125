/** Where a listing goes on: the time and the number of the last entry that was given. It stays valid while entries are added. */
export interface Position {
  readonly time: number
  readonly seq: number
}

/** A part of a listing. */
export interface Page<T> {
  readonly entries: readonly T[]
  /** Where the next part begins; absent when there is no more. */
  readonly next?: Position | undefined
}

/** What part of a listing over time is wanted. */
export interface Span {
  /** Included; from the beginning when absent. */
  readonly from?: number | undefined
  /** Not included; to the end when absent. */
  readonly to?: number | undefined
  /** Newest first. */
  readonly isBackward?: boolean | undefined
  /** Goes on behind this entry, in the direction of reading. */
  readonly after?: Position | undefined
  /** At most so many entries, and at most 10 000. */
  readonly limit: number
}

/** Entries that one page has at most, whatever is asked. */
export const pageMax = 10_000

/** A row with its place in the order of time. */
interface Placed {
  readonly seq: number
  readonly time: number
}

/** The conditions, order and limit of a span over the columns `time` and `seq`; one row more is read to see if there is more. */
export function spanSql(
  span: Span,
  time: string,
): { readonly sql: string; readonly tail: string; readonly values: number[] } {
  const { from = -Infinity, to = Infinity, isBackward = false, after, limit } = span
  const direction = isBackward ? 'DESC' : 'ASC'
  const position = after ? ` AND (${time}, seq) ${isBackward ? '<' : '>'} (?, ?)` : ''
  return {
    sql: `${time} >= ? AND ${time} < ?${position}`,
    tail: `ORDER BY ${time} ${direction}, seq ${direction} LIMIT ${limitOf(limit) + 1}`,
    values: [from, to, ...(after ? [after.time, after.seq] : [])],
  }
}

/** Makes a page of the rows that {@link spanSql} brought. */
export function pageOf<Row extends Placed, T>(rows: readonly Row[], limit: number, make: (row: Row) => T): Page<T> {
  const kept = rows.slice(0, limitOf(limit))
  const last = kept.at(-1)
  const entries = kept.map(make)
  return rows.length > kept.length && last ? { entries, next: { time: last.time, seq: last.seq } } : { entries }
}

function limitOf(limit: number): number {
  return Math.max(1, Math.min(Math.floor(limit), pageMax))
}
