import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { misfitOf } from './ports.ts'
import { type Given, isNumber, type TagEntry, typeOf } from './settings.ts'

/** What a tag was over time. */
export interface Recording {
  /** Milliseconds since the first row, rising. */
  readonly times: readonly number[]
  /** A value for each time; null for an empty cell. */
  readonly values: readonly (Given | null)[]
  /** Time after which it begins again. */
  readonly lengthMs: number
}

/** A row of a CSV file and the line at which it ends. */
export interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

/** A file that cannot be replayed; the message names file, line and remedy. */
export class BadRecording extends Error {
  override readonly name = 'BadRecording'
}

/** Most rows of one file. */
const rowsMax = 500_000

/** Takes the recording of a tag out of the rows of its file; throws {@link BadRecording} at the first place that is wrong. */
export function recordingOf(tag: TagEntry, all: readonly Row[]): Recording {
  const file = tag.file ?? ''
  const columns = [tag.column, tag.timeColumn]
  const hasHeader = tag.header ?? columns.some((column) => typeof column === 'string')
  const [header, rows] = hasHeader ? [all[0], all.slice(1)] : [undefined, all]
  const valueAt = indexOf(tag.column, header, file)
  const timeAt = tag.timeColumn === undefined ? undefined : indexOf(tag.timeColumn, header, file)
  const [first] = rows
  if (!first) throw new BadRecording(`${file}:1: there is no row; record some, or choose another file`)
  const values = rows.map((row) => cellValue(tag, row, valueAt))
  if (timeAt === undefined) {
    const intervalMs = (tag.interval ?? 1) * 1000
    return { values, times: rows.map((_, index) => index * intervalMs), lengthMs: rows.length * intervalMs }
  }
  const times = timesOf(rows, timeAt, file)
  const last = times.at(-1) ?? 0
  // The last row lasts as long as the one before it; a single row, a second.
  return { values, times, lengthMs: last + (last - (times.at(-2) ?? last) || 1000) }
}

/** The rows of a CSV file; throws {@link BadRecording} where it is none. */
export function rowsOf(text: string, { file = '', delimiter }: TagEntry): Row[] {
  try {
    const parsed = parse(text, {
      ...{ delimiter, info: true, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true },
      to: rowsMax + 1,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    if (parsed.length > rowsMax) throw new BadRecording(`${file} has more than ${rowsMax} rows; split it`)
    return parsed.map(({ record, info }) => ({ cells: record, line: info.lines }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = 'lines' in error ? `:${error.lines}` : ''
    const message = error.message.charAt(0).toLowerCase() + error.message.slice(1)
    throw new BadRecording(`${file}${line}: ${message}; mend the line`, { cause: error })
  }
}

function indexOf(column: string | number | undefined, header: Row | undefined, file: string): number {
  if (typeof column === 'number') return column - 1
  const index = header?.cells.indexOf(column ?? '') ?? -1
  if (index >= 0) return index
  const names = header?.cells.join(', ').slice(0, 200) ?? ''
  throw new BadRecording(`${file}:1: there is no column ${column}; the first line has ${names}`)
}

function cellValue(tag: TagEntry, { cells, line }: Row, index: number): Given | null {
  const cell = cells[index]
  const place = `${tag.file}:${line}`
  if (cell === undefined)
    throw new BadRecording(`${place}: there is no column ${index + 1}; the line has ${cells.length}`)
  if (cell === '') return null
  const value = isNumber(tag) ? numberOf(cell, tag.delimiter) : typeOf(tag) === 'Boolean' ? booleanOf(cell) : cell
  const misfit = misfitOf(tag, value)
  const isHeader = line === 1 && misfit !== undefined && tag.header === undefined
  const remedy = isHeader ? 'set header: true if the line has names' : 'mend the line, or the type of the tag'
  if (misfit !== undefined) throw new BadRecording(`${place}: the value ${misfit}; ${remedy}`)
  return value
}

function numberOf(cell: string, delimiter: string): Given {
  const text = delimiter === ';' ? cell.replace(',', '.') : cell
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : cell
}

function booleanOf(cell: string): Given {
  if (/^(true|1|on|yes)$/i.test(cell)) return true
  return /^(false|0|off|no)$/i.test(cell) ? false : cell
}

function timesOf(rows: readonly Row[], index: number, file: string): number[] {
  const times: number[] = []
  let first: number | undefined
  for (const { cells, line } of rows) {
    const cell = cells[index] ?? ''
    const at = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(cell) ? Number(cell) * 1000 : dateOf(cell)
    if (Number.isNaN(at)) {
      throw new BadRecording(
        `${file}:${line}: the time is "${cell.slice(0, 40)}"; give seconds or 2026-05-01T06:00:00Z`,
      )
    }
    first ??= at
    const before = times.at(-1)
    if (before !== undefined && at - first <= before) {
      throw new BadRecording(`${file}:${line}: the time is not after that of the row before; sort the rows`)
    }
    times.push(at - first)
  }
  return times
}

/** A time of ISO 8601; without a zone it is UTC, so that a file means the same on every machine. */
function dateOf(cell: string): number {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.test(cell)) return Number.NaN
  const text = cell.replace(' ', 'T').replace(',', '.')
  return Date.parse(text.length === 10 || /(Z|T.*[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)
}
