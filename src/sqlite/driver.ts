/**
 * What can be bound and read. A `number` is stored as INTEGER when the column asks for it; in expressions say
 * `CAST(? AS INTEGER)`, because drivers bind large integers as REAL. `-0` is stored as `0`. `NaN`, `bigint`, `boolean` and
 * `undefined` are refused with a TypeError, because drivers turn them into something else in silence: encode them.
 */
export type SqlValue = null | number | string | Uint8Array

/** What a statement has changed. */
export interface SqlChanges {
  readonly changes: number
  /** The rowid of the row inserted last on this connection. */
  readonly lastId: number
}

/** Statements that read. A row is a plain object by column name; blobs are `Uint8Array`. */
export interface SqlReads {
  /** All rows of a statement. Ask for pages where there may be many: they are all in memory. */
  all<T>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly T[]>
  /** The first row, or undefined. */
  get<T>(sql: string, parameters?: readonly SqlValue[]): Promise<T | undefined>
}

/** Statements that read and write. */
export interface SqlStatements extends SqlReads {
  /** Runs any number of statements without parameters. */
  exec(sql: string): Promise<void>
  /** Runs one statement that returns no rows; for `RETURNING` use {@link SqlReads.all}. */
  run(sql: string, parameters?: readonly SqlValue[]): Promise<SqlChanges>
}

/** A read-only connection of its own: it neither waits for the writer nor makes it wait. */
export interface SqlReader extends SqlReads {
  /** Reads several times from one state of the database, whatever is committed meanwhile. Keep it short: the log cannot shrink. */
  snapshot<T>(work: (sql: SqlReads) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The drivers that the store runs on. */
export const sqlAdapters = ['sqlite3', 'node:sqlite'] as const

/** Name of a driver. */
export type SqlAdapter = (typeof sqlAdapters)[number]

/**
 * An open database: one writer connection behind a queue, in order of the calls, and any number of readers.
 *
 * Everything rejects with a MillraceError of the group "Database" when the database fails, and with `database-closed` once
 * {@link SqlDriver.close} was called.
 */
export interface SqlDriver extends SqlStatements {
  readonly file: string
  readonly adapter: SqlAdapter
  /**
   * Runs `work` in a transaction of its own (BEGIN IMMEDIATE): one at a time, in order; rolled back when it rejects, and
   * durable when this resolves (`synchronous: FULL`). Inside, use the statements that are given: calling the driver itself
   * would wait for ever, and is refused.
   */
  transaction<T>(work: (sql: SqlStatements) => Promise<T>): Promise<T>
  /** Opens a read-only connection; it is closed with the driver at the latest. */
  reader(): Promise<SqlReader>
  /** Writes a consistent copy into a file that does not exist yet, while the writer goes on (VACUUM INTO). */
  backupInto(file: string): Promise<void>
  /** Lets what was asked end, then closes everything. Calling it again waits for the same end. */
  close(): Promise<void>
}
