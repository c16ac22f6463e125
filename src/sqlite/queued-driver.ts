import { AsyncLocalStorage } from 'node:async_hooks'
import { rename, rm } from 'node:fs/promises'
import { makeLike } from '../files/private-files.ts'
import { MillraceError } from '../model/errors.ts'
import { type Connect, checkedParameters, type SqlConnection } from './connection.ts'
import type { SqlAdapter, SqlChanges, SqlDriver, SqlReader, SqlStatements, SqlValue } from './driver.ts'
import { exists } from './move-aside.ts'
import { QueuedReader, readsOf } from './queued-reader.ts'
import { Turns } from './turns.ts'

/** Calls that may wait for the writer; more are refused, so that a stuck disk does not fill the memory. */
const waitingMax = 10_000

/** What a driver is made of. */
export interface QueuedDriverParts {
  readonly file: string
  readonly adapter: SqlAdapter
  readonly connect: Connect
  readonly writer: SqlConnection
  /** Settings of a new reader. */
  readonly readerPragmas: string
}

/** The driver over any adapter: one writer whose calls and transactions never interleave. */
export class QueuedDriver implements SqlDriver {
  readonly #parts: QueuedDriverParts
  readonly #turns = new Turns()
  readonly #readers = new Set<QueuedReader>()
  /** The transaction that the caller is in. */
  readonly #inside = new AsyncLocalStorage<{ isOpen: boolean }>()
  #mustRollBack = false
  #closed: Promise<void> | undefined

  constructor(parts: QueuedDriverParts) {
    this.#parts = parts
  }

  get file(): string {
    return this.#parts.file
  }

  get adapter(): SqlAdapter {
    return this.#parts.adapter
  }

  exec(sql: string): Promise<void> {
    return this.#take((statements) => statements.exec(sql))
  }

  run(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlChanges> {
    return this.#take((statements) => statements.run(sql, parameters))
  }

  all<T>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly T[]> {
    return this.#take((statements) => statements.all<T>(sql, parameters))
  }

  async get<T>(sql: string, parameters: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, parameters))[0]
  }

  transaction<T>(work: (sql: SqlStatements) => Promise<T>): Promise<T> {
    return this.#take(async (statements) => {
      await statements.exec('BEGIN IMMEDIATE')
      const scope = { isOpen: true }
      try {
        const result = await this.#inside.run(scope, () => work(bounded(statements, scope)))
        scope.isOpen = false
        await statements.exec('COMMIT')
        return result
      } catch (error) {
        scope.isOpen = false
        this.#mustRollBack = true
        await this.#rollBack().catch(() => undefined)
        throw error
      }
    })
  }

  /**
   * Ends a transaction that has failed. Where that fails too, the next call tries again before anything else: it would
   * become a part of that transaction otherwise, and be lost with it after it was acknowledged.
   */
  async #rollBack(): Promise<void> {
    if (!this.#mustRollBack) return
    try {
      await this.#parts.writer.exec('ROLLBACK')
    } catch (error) {
      // SQLite has rolled back by itself after a full disk, and says then that there is nothing to roll back.
      if (!(error instanceof Error && error.message.includes('no transaction is active'))) throw error
    }
    this.#mustRollBack = false
  }

  async reader(): Promise<SqlReader> {
    this.#assertOpen()
    const connection = await this.#parts.connect({ file: this.file, mode: 'read' })
    const reader = new QueuedReader(this.file, connection, (closing) => this.#readers.delete(closing))
    this.#readers.add(reader)
    try {
      await connection.exec(this.#parts.readerPragmas)
      this.#assertOpen()
      return reader
    } catch (error) {
      await reader.close()
      throw error
    }
  }

  async backupInto(file: string): Promise<void> {
    if (await exists(file)) {
      throw new MillraceError('database-failed', `the backup ${file} is there already; choose another name`)
    }
    const draft = `${file}.part`
    const reader = await this.reader()
    try {
      await rm(draft, { force: true })
      await makeLike(draft, this.file)
      await reader.all('VACUUM INTO ?', [draft])
      await rename(draft, file)
    } finally {
      await reader.close()
      await rm(draft, { force: true })
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.#turns.take(async () => {
      for (const reader of this.#readers) await reader.close()
      await this.#parts.writer.close()
    })
  }

  async #take<T>(work: (statements: SqlStatements) => Promise<T>): Promise<T> {
    this.#assertOpen()
    if (this.#inside.getStore()?.isOpen) {
      throw new Error('the driver was called inside a transaction; use the statements that the transaction gives')
    }
    if (this.#turns.waiting >= waitingMax) {
      throw new MillraceError('database-locked', `${waitingMax} calls wait for ${this.file}; its disk is too slow`)
    }
    return this.#turns.take(async () => {
      await this.#rollBack()
      return work(statementsOf(this.#parts.writer))
    })
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new MillraceError('database-closed', `${this.file} is closed; open it again`)
  }
}

function statementsOf(connection: SqlConnection): SqlStatements {
  return {
    ...readsOf(connection),
    exec: (sql) => connection.exec(sql),
    run: async (sql, parameters = []) => connection.run(sql, checkedParameters(parameters)),
  }
}

/** Statements that are refused after their transaction has ended: an `await` was forgotten. */
function bounded(statements: SqlStatements, scope: { readonly isOpen: boolean }): SqlStatements {
  const inside = async <T>(call: () => Promise<T>): Promise<T> => {
    if (!scope.isOpen) throw new Error('a statement came after the end of its transaction; await it inside')
    return call()
  }
  return {
    exec: (sql) => inside(() => statements.exec(sql)),
    run: (sql, parameters) => inside(() => statements.run(sql, parameters)),
    all: <T>(sql: string, parameters?: readonly SqlValue[]) => inside(() => statements.all<T>(sql, parameters)),
    get: <T>(sql: string, parameters?: readonly SqlValue[]) => inside(() => statements.get<T>(sql, parameters)),
  }
}
