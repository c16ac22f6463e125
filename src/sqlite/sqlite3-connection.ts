import { isMainThread } from 'node:worker_threads'
import type { Database, Statement } from 'sqlite3'
import {
  type ConnectOptions,
  immutableUrl,
  isReusable,
  preparedMax,
  type SqlConnection,
  type SqlRow,
} from './connection.ts'
import type { SqlChanges, SqlValue } from './driver.ts'
import { sqlError } from './sql-error.ts'

/**
 * Opens a connection of the package `sqlite3`, which runs SQLite on libuv's threads and so keeps the event loop free.
 * It must not be loaded in a worker thread: ending the worker with statements pending would abort the process.
 */
export async function connectSqlite3({ file, mode }: ConnectOptions): Promise<SqlConnection> {
  if (!isMainThread) throw new Error('sqlite3 must not be loaded in a worker thread; use node:sqlite there')
  const { default: sqlite3 } = await import('sqlite3')
  const flags = mode === 'write' ? sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE : sqlite3.OPEN_READONLY
  const isImmutable = mode === 'immutable'
  const [path, uri] = isImmutable ? [immutableUrl(file).href, sqlite3.OPEN_URI] : [file, 0]
  const database = await new Promise<Database>((resolve, reject) => {
    const opened: Database = new sqlite3.Database(path, flags | uri | sqlite3.OPEN_FULLMUTEX, (error) => {
      if (error) reject(failure(file, error))
      else resolve(opened)
    })
  })
  return new Sqlite3Connection(file, database)
}

/** Every call has a callback: without one, the package emits an error that ends the process. */
class Sqlite3Connection implements SqlConnection {
  readonly #file: string
  readonly #database: Database
  readonly #prepared = new Map<string, Statement>()

  constructor(file: string, database: Database) {
    this.#file = file
    this.#database = database
  }

  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error) => (error ? reject(failure(this.#file, error)) : resolve()))
    })
  }

  run(sql: string, parameters: readonly SqlValue[]): Promise<SqlChanges> {
    return this.#with(sql, 'run', (statement, settle) => {
      statement.run(parameters, function (error) {
        settle(error, () => ({ changes: this.changes, lastId: this.lastID }))
      })
    })
  }

  all(sql: string, parameters: readonly SqlValue[]): Promise<SqlRow[]> {
    return this.#with(sql, 'all', (statement, settle) => {
      statement.all<SqlRow>(parameters, (error, rows) => settle(error, () => rows.map(plain)))
    })
  }

  async close(): Promise<void> {
    for (const statement of this.#prepared.values()) await finalized(statement)
    this.#prepared.clear()
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => (error ? reject(failure(this.#file, error)) : resolve()))
    })
  }

  async #with<T>(
    sql: string,
    call: 'run' | 'all',
    work: (statement: Statement, settle: (error: Error | null, result: () => T) => void) => void,
  ): Promise<T> {
    let isKept = isReusable(sql, call)
    const statement = await this.#statement(sql, isKept)
    try {
      return await new Promise<T>((resolve, reject) => {
        work(statement, (error, result) => (error ? reject(failure(this.#file, error)) : resolve(result())))
      })
    } catch (error) {
      // A statement that met a lock stays in the middle of its work, and what others write is not committed before it ends.
      isKept = false
      this.#prepared.delete(sql)
      throw error
    } finally {
      if (!isKept) await finalized(statement)
    }
  }

  async #statement(sql: string, isKept: boolean): Promise<Statement> {
    const known = this.#prepared.get(sql)
    const statement = known ?? (await this.#prepare(sql))
    if (!isKept) return statement
    this.#prepared.delete(sql)
    this.#prepared.set(sql, statement)
    for (const [oldest, unused] of this.#prepared) {
      if (this.#prepared.size <= preparedMax) break
      this.#prepared.delete(oldest)
      await finalized(unused)
    }
    return statement
  }

  #prepare(sql: string): Promise<Statement> {
    return new Promise((resolve, reject) => {
      const statement = this.#database.prepare(sql, (error: Error | null) => {
        if (error) reject(failure(this.#file, error))
        else resolve(statement)
      })
    })
  }
}

function finalized(statement: Statement): Promise<void> {
  return new Promise((resolve) => {
    statement.finalize(() => resolve())
  })
}

/** Blobs as plain byte arrays, as the other driver gives them: `slice` of a Buffer shares memory. */
function plain(row: SqlRow): SqlRow {
  for (const [name, value] of Object.entries(row)) {
    if (Buffer.isBuffer(value)) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  return row
}

function failure(file: string, error: Error & { readonly errno?: number }): Error {
  return sqlError(file, error.errno ?? 1, error)
}
