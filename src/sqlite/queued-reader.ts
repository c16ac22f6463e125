import { MillraceError } from '../model/errors.ts'
import { checkedParameters, type SqlConnection } from './connection.ts'
import type { SqlReader, SqlReads, SqlValue } from './driver.ts'
import { Turns } from './turns.ts'

/** A read-only connection behind a queue. */
export class QueuedReader implements SqlReader {
  readonly #file: string
  readonly #connection: SqlConnection
  readonly #turns = new Turns()
  readonly #onClose: (reader: QueuedReader) => void
  #closed: Promise<void> | undefined

  /** `onClose` is called once, when closing begins. */
  constructor(file: string, connection: SqlConnection, onClose: (reader: QueuedReader) => void) {
    this.#file = file
    this.#connection = connection
    this.#onClose = onClose
  }

  all<T>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly T[]> {
    return this.#take(() => readsOf(this.#connection).all<T>(sql, parameters))
  }

  async get<T>(sql: string, parameters: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, parameters))[0]
  }

  snapshot<T>(work: (sql: SqlReads) => Promise<T>): Promise<T> {
    return this.#take(async () => {
      await this.#connection.exec('BEGIN')
      try {
        return await work(readsOf(this.#connection))
      } finally {
        await this.#connection.exec('COMMIT')
      }
    })
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#onClose(this)
      this.#closed = this.#turns.take(() => this.#connection.close())
    }
    return this.#closed
  }

  async #take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined)
      throw new MillraceError('database-closed', `a reader of ${this.#file} is closed; open another`)
    return this.#turns.take(work)
  }
}

/** The reading part of a connection, with its parameters checked. */
export function readsOf(connection: SqlConnection): SqlReads {
  const all = async <T>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly T[]> => {
    const rows: readonly unknown[] = await connection.all(sql, checkedParameters(parameters))
    return rows as readonly T[]
  }
  return { all, get: async <T>(sql: string, parameters?: readonly SqlValue[]) => (await all<T>(sql, parameters))[0] }
}
