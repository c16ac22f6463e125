import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { TagSample } from '../../src/model/sample.ts'
import type { SqlDriver } from '../../src/sqlite/driver.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'

/** Bytes that a sample has at least when it is written as it is: tag, time, status, value. */
const bytesPerSample = 26

/** The plain way: one row for each value, a batch in one statement, through the same driver. */
export class Rows {
  readonly driver: SqlDriver
  readonly #numbers = new Map<string, number>()

  private constructor(driver: SqlDriver) {
    this.driver = driver
  }

  static async open(folder: string, synchronous: 'FULL' | 'NORMAL'): Promise<Rows> {
    const driver = await openDatabase({ file: join(folder, 'rows.db'), synchronous })
    await driver.exec(
      'CREATE TABLE sample (tag INTEGER, time REAL, status INTEGER, value REAL, PRIMARY KEY (tag, time)) WITHOUT ROWID',
    )
    return new Rows(driver)
  }

  /** The number that stands for a tag. */
  numberOf(tag: string): number {
    const number = this.#numbers.get(tag) ?? this.#numbers.size
    this.#numbers.set(tag, number)
    return number
  }

  async append(batch: readonly TagSample[]): Promise<void> {
    const json = JSON.stringify(
      batch.map(({ tag, sample }) => [this.numberOf(tag), sample.sourceTime, sample.status, sample.value]),
    )
    await this.driver.transaction((sql) =>
      sql.run(
        `INSERT INTO sample SELECT value ->> '$[0]', value ->> '$[1]', value ->> '$[2]', value ->> '$[3]' FROM json_each(?)`,
        [json],
      ),
    )
  }

  /** Bytes of the table for each value; it is its own index. */
  async bytesPerValue(): Promise<number> {
    const row = await this.driver.get<{ bytes: number }>(
      `SELECT 1.0 * page_count * page_size / (SELECT count(*) FROM sample) AS bytes
       FROM pragma_page_count, pragma_page_size`,
    )
    return row?.bytes ?? Number.NaN
  }
}

/** What the disk can do: bytes appended to a file, and made durable after each batch. */
export class Limit {
  readonly #file: FileHandle
  readonly #bytes: Uint8Array

  private constructor(file: FileHandle, batchSize: number) {
    this.#file = file
    this.#bytes = new Uint8Array(batchSize * bytesPerSample).fill(0x5a)
  }

  static async open(folder: string, batchSize: number): Promise<Limit> {
    return new Limit(await open(join(folder, 'limit.bin'), 'a'), batchSize)
  }

  async append(): Promise<void> {
    await this.#file.write(this.#bytes)
    await this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
