import type { Clock } from '../model/clock.ts'
import { isMillraceError, type MillraceError } from '../model/errors.ts'
import type {
  SqlAdapter,
  SqlChanges,
  SqlDriver,
  SqlReader,
  SqlReads,
  SqlStatements,
  SqlValue,
} from '../sqlite/driver.ts'

/** What a driver that mends itself is made of. */
export interface MendingOptions {
  readonly driver: SqlDriver
  readonly clock: Pick<Clock, 'monotonic'>
  /**
   * Opens the database anew after it was closed. With a reason, what is there is damaged and must be moved aside; without
   * one it was moved already, and only opening failed.
   */
  readonly reopen: (damage: string | undefined) => Promise<SqlDriver>
  /** The database is another one from now on: what is not in it any more must be written again. */
  readonly onReplaced: () => void
  readonly onError: (error: unknown) => void
}

/** A database that is damaged again and again is not replaced more often than this. */
const mendMs = 60_000

/**
 * A driver that goes on with a new database when its own turns out to be damaged. The call that has found the damage still
 * rejects with `database-corrupt`: whoever made it tries again, as after any other failure.
 */
export class MendingDriver implements SqlDriver {
  readonly #options: MendingOptions
  #driver: SqlDriver
  #reader: Promise<SqlReader> | undefined
  #mending: Promise<void> | undefined
  #mendedAt = Number.NEGATIVE_INFINITY
  /** The database was moved aside, and no other could be opened yet. */
  #isGone = false
  #isClosed = false

  constructor(options: MendingOptions) {
    this.#options = options
    this.#driver = options.driver
  }

  get file(): string {
    return this.#driver.file
  }

  get adapter(): SqlAdapter {
    return this.#driver.adapter
  }

  exec(sql: string): Promise<void> {
    return this.#with((driver) => driver.exec(sql))
  }

  run(sql: string, parameters?: readonly SqlValue[]): Promise<SqlChanges> {
    return this.#with((driver) => driver.run(sql, parameters))
  }

  all<T>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly T[]> {
    return this.#with((driver) => driver.all<T>(sql, parameters))
  }

  get<T>(sql: string, parameters?: readonly SqlValue[]): Promise<T | undefined> {
    return this.#with((driver) => driver.get<T>(sql, parameters))
  }

  transaction<T>(work: (sql: SqlStatements) => Promise<T>): Promise<T> {
    return this.#with((driver) => driver.transaction(work))
  }

  reader(): Promise<SqlReader> {
    return this.#with((driver) => driver.reader())
  }

  /** Reads on a connection of their own, of the database as it is now. */
  reads(): SqlReads {
    const read = <T>(work: (reader: SqlReader) => Promise<T>): Promise<T> =>
      this.#with(async (driver) => {
        this.#reader ??= driver.reader()
        const reader = this.#reader
        reader.catch(() => {
          if (this.#reader === reader) this.#reader = undefined
        })
        return work(await reader)
      })
    return {
      all: <T>(sql: string, parameters?: readonly SqlValue[]) => read((reader) => reader.all<T>(sql, parameters)),
      get: <T>(sql: string, parameters?: readonly SqlValue[]) => read((reader) => reader.get<T>(sql, parameters)),
    }
  }

  backupInto(file: string): Promise<void> {
    return this.#with((driver) => driver.backupInto(file))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#mending
    await this.#driver.close()
  }

  async #with<T>(work: (driver: SqlDriver) => Promise<T>): Promise<T> {
    if (this.#isGone) this.#mend(undefined)
    await this.#mending
    const used = this.#driver
    try {
      return await work(used)
    } catch (error) {
      // The log holds many versions of the same pages: written back, it needs no more room on a disk that is full.
      if (isMillraceError(error, 'database-full')) used.exec('PRAGMA wal_checkpoint(PASSIVE)').catch(ignore)
      if (isMillraceError(error, 'database-corrupt') && used === this.#driver) this.#mend(reasonOf(error))
      throw error
    }
  }

  #mend(damage: string | undefined): void {
    if (this.#isClosed || this.#mending !== undefined) return
    const now = this.#options.clock.monotonic()
    if (damage !== undefined && now - this.#mendedAt < mendMs) return
    this.#mendedAt = now
    this.#mending = this.#replace(damage).finally(() => {
      this.#mending = undefined
    })
  }

  async #replace(damage: string | undefined): Promise<void> {
    const { reopen, onReplaced, onError } = this.#options
    this.#reader = undefined
    this.#isGone = true
    try {
      // Its own connection may be past closing in order.
      await this.#driver.close().catch(onError)
      this.#driver = await reopen(damage)
      this.#isGone = false
    } catch (error) {
      onError(error)
      return
    }
    if (this.#isClosed) await this.#driver.close()
    else onReplaced()
  }
}

/** What SQLite said, without the remedy around it: the database is mended here. */
function reasonOf(error: MillraceError): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}

function ignore(): void {}
