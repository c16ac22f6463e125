import type { TagSample } from '../../src/model/sample.ts'
import type { PostgresClient } from './postgres-client.ts'
import type { PostgresServer } from './postgres-server.ts'

/** Bytes of a row in the binary format of COPY: the number of columns, and each with its length. */
const rowBytes = 2 + (4 + 4) + (4 + 8) + (4 + 4) + (4 + 8)

/** A row for each value in PostgreSQL, a batch in one binary COPY. */
export class PostgresRows {
  readonly client: PostgresClient
  readonly #numbers = new Map<string, number>()

  private constructor(client: PostgresClient) {
    this.client = client
  }

  /** Makes an empty table. */
  static async open(server: PostgresServer, synchronous: 'FULL' | 'NORMAL'): Promise<PostgresRows> {
    const client = await server.connect()
    await client.query('DROP TABLE IF EXISTS sample')
    await client.query(
      'CREATE TABLE sample (tag int4, time float8, status int4, value float8, PRIMARY KEY (tag, time))',
    )
    await client.query(`SET synchronous_commit = ${synchronous === 'FULL' ? 'on' : 'off'}`)
    return new PostgresRows(client)
  }

  /** The number that stands for a tag. */
  numberOf(tag: string): number {
    const number = this.#numbers.get(tag) ?? this.#numbers.size
    this.#numbers.set(tag, number)
    return number
  }

  async append(batch: readonly TagSample[]): Promise<void> {
    const rows = Buffer.allocUnsafe(batch.length * rowBytes)
    let at = 0
    for (const { tag, sample } of batch) {
      at = rows.writeInt16BE(4, at)
      at = rows.writeInt32BE(this.numberOf(tag), rows.writeInt32BE(4, at))
      at = rows.writeDoubleBE(sample.sourceTime, rows.writeInt32BE(8, at))
      at = rows.writeInt32BE(sample.status | 0, rows.writeInt32BE(4, at))
      at = rows.writeDoubleBE(Number(sample.value), rows.writeInt32BE(8, at))
    }
    await this.client.copy('sample', rows)
  }

  /** Bytes of the table and its index for each value. */
  async bytesPerValue(): Promise<number> {
    const [row] = await this.client.query(
      "SELECT pg_total_relation_size('sample')::float8 / count(*) AS bytes FROM sample",
    )
    return Number(row?.[0])
  }

  async lastRaw(tag: string): Promise<number> {
    const rows = await this.client.query(
      `SELECT time, status, value FROM sample WHERE tag = ${this.numberOf(tag)} ORDER BY time DESC LIMIT 10000`,
    )
    return rows.map((columns) => columns.map(Number)).length
  }

  async minutes(tag: string, { start, end }: { readonly start: number; readonly end: number }): Promise<number> {
    const rows = await this.client.query(
      `SELECT floor((time - ${start}) / 60000) AS minute, avg(value), count(*) FROM sample
       WHERE tag = ${this.numberOf(tag)} AND time >= ${start} AND time < ${end} AND status >= 0 AND status < 1073741824
       GROUP BY minute ORDER BY minute`,
    )
    return rows.map((columns) => columns.map(Number)).length
  }

  async atTimes(tag: string, times: readonly number[]): Promise<number> {
    const one = (condition: string, sense: string): string => `LATERAL (
      SELECT time, value FROM sample WHERE tag = ${this.numberOf(tag)} AND ${condition} ORDER BY time ${sense} LIMIT 1)`
    const rows = await this.client.query(
      `SELECT before.time, before.value, after.time, after.value
       FROM unnest(ARRAY[${times.join()}]::float8[]) AS asked,
         ${one('time <= asked', 'DESC')} AS before, ${one('time > asked', '')} AS after`,
    )
    return rows.map((columns) => columns.map(Number)).length
  }
}
