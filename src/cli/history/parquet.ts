import type { SchemaElement } from 'hyparquet-writer'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { Value } from '../../model/value.ts'
import type { Block } from './blocks.ts'
import { statusText, valueText } from './cells.ts'

/** Rows that are in memory and written together. */
const rowsPerGroup = 65_536

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const
const required = { repetition_type: 'REQUIRED' } as const
const optional = { repetition_type: 'OPTIONAL' } as const

function schemaOf(hasAggregate: boolean): SchemaElement[] {
  const columns: SchemaElement[] = [
    { name: 'tag', ...text, ...required },
    {
      name: 'time',
      type: 'INT64',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      ...required,
    },
    ...(hasAggregate ? [{ name: 'aggregate', ...text, ...required }] : []),
    { name: 'value_number', type: 'DOUBLE', ...optional },
    { name: 'value_text', ...text, ...optional },
    { name: 'status', ...text, ...required },
    { name: 'status_code', type: 'INT64', ...required },
  ]
  return [{ name: 'root', num_children: columns.length }, ...columns]
}

/**
 * Writes samples as a Parquet file, a group of rows at a time. Numbers are in `value_number`, everything else as in CSV in
 * `value_text`; times are in microseconds.
 */
export class ParquetFile {
  readonly #hasAggregate: boolean
  readonly #writer: ParquetWriter
  #rows = new Columns()

  constructor(file: string, hasAggregate: boolean) {
    this.#hasAggregate = hasAggregate
    this.#writer = new ParquetWriter({
      writer: fileWriter(file),
      schema: schemaOf(hasAggregate),
      createdBy: 'millrace',
    })
  }

  async write(block: Block): Promise<void> {
    for (let from = 0; from < block.samples.count; ) {
      from = this.#rows.take(block, from)
      if (this.#rows.count === rowsPerGroup) await this.#flush()
    }
  }

  async end(): Promise<void> {
    if (this.#rows.count > 0) await this.#flush()
    await this.#writer.finish()
  }

  async #flush(): Promise<void> {
    const rows = this.#rows
    this.#rows = new Columns()
    await this.#writer.write({ columnData: rows.columns(this.#hasAggregate), rowGroupSize: rowsPerGroup })
  }
}

type ColumnData = Parameters<ParquetWriter['write']>[0]['columnData'][number]

/** Rows by column. */
class Columns {
  readonly #tags: string[] = []
  readonly #times: bigint[] = []
  readonly #aggregates: string[] = []
  readonly #numbers: (number | null)[] = []
  readonly #texts: (string | null)[] = []
  readonly #statuses: string[] = []
  readonly #codes: bigint[] = []

  get count(): number {
    return this.#tags.length
  }

  /** Takes samples from an index on while there is room, and tells where it stopped. */
  take({ tag, aggregate = '' as never, samples }: Block, from: number): number {
    const end = Math.min(samples.count, from + rowsPerGroup - this.count)
    for (let index = from; index < end; index++) {
      const value = samples.values[index] as Value
      const status = samples.statuses[index] as number
      this.#tags.push(tag)
      this.#aggregates.push(aggregate)
      this.#times.push(microsecondsOf(samples.times[index] as number))
      this.#numbers.push(typeof value === 'number' ? value : null)
      this.#texts.push(typeof value === 'number' ? null : valueText(value))
      this.#statuses.push(statusText(status))
      this.#codes.push(BigInt(status))
    }
    return end
  }

  columns(hasAggregate: boolean): ColumnData[] {
    const encoding = 'RLE_DICTIONARY'
    return [
      { name: 'tag', data: this.#tags, encoding },
      { name: 'time', data: this.#times },
      ...(hasAggregate ? [{ name: 'aggregate', data: this.#aggregates, encoding } as const] : []),
      { name: 'value_number', data: this.#numbers },
      { name: 'value_text', data: this.#texts },
      { name: 'status', data: this.#statuses, encoding },
      { name: 'status_code', data: this.#codes, encoding },
    ]
  }
}

/** The longest time that a column of 64 bits holds in microseconds. */
const microsecondsMax = 2n ** 63n - 1n

function microsecondsOf(time: number): bigint {
  const milliseconds = Math.floor(time)
  const microseconds = BigInt(milliseconds) * 1000n + BigInt(Math.round((time - milliseconds) * 1000))
  if (microseconds > microsecondsMax) return microsecondsMax
  return microseconds < -microsecondsMax ? -microsecondsMax : microseconds
}
