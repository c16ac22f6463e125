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

/** Rows that are made into text together: few enough to be gone again before the collector of garbage looks at them. */
const rowsAtOnce = 256

/** The rows of a block (RFC 4180, lines end with a line feed). A missing value is nothing, an empty text is `""`. */
export function csvRows(block: Block): string {
  const { count } = block.samples
  let text = ''
  for (let from = 0; from < count; from += rowsAtOnce)
    text += csvOf(rowsOf(block, from, Math.min(count, from + rowsAtOnce)))
  return text
}

function rowsOf({ tag, aggregate, samples }: Block, from: number, to: number): Row[] {
  const { times, statuses, values } = samples
  const named = aggregate === undefined ? [] : [aggregate]
  return Array.from({ length: to - from }, (_, offset): Row => {
    const index = from + offset
    const status = statuses[index] as number
    const cells = [valueText(values[index] as Value), statusText(status), statusCodeText(status)]
    return [tag, timeText(times[index] as number), ...named, ...cells]
  })
}

function csvOf(rows: Row[]): string {
  // Without this, the library quotes neither an empty text nor a lone carriage return.
  return stringify(rows, { quoted_match: /^$|[\r\n]/ })
}
