import { stringify } from 'csv-stringify/sync'
import type { Value } from '../../model/value.ts'
import type { Block } from './blocks.ts'
import { statusCodeText, statusText, timeText, valueText } from './cells.ts'

type Row = readonly (string | null)[]

/** The names of the columns; computed values have one more. */
export function csvHeader(hasAggregate: boolean): string {
  const columns = ['tag', 'time', ...(hasAggregate ? ['aggregate'] : []), 'value', 'status', 'statusCode']
  return csvOf([columns])
}

/** The rows of a block (RFC 4180, lines end with a line feed). A missing value is nothing, an empty text is `""`. */
export function csvRows({ tag, aggregate, samples }: Block): string {
  const { count, times, statuses, values } = samples
  const named = aggregate === undefined ? [] : [aggregate]
  const rows = Array.from({ length: count }, (_, index): Row => {
    const status = statuses[index] as number
    const cells = [valueText(values[index] as Value), statusText(status), statusCodeText(status)]
    return [tag, timeText(times[index] as number), ...named, ...cells]
  })
  return csvOf(rows)
}

function csvOf(rows: Row[]): string {
  // Without this, the library quotes neither an empty text nor a lone carriage return.
  return stringify(rows, { quoted_match: /^$|[\r\n]/ })
}
