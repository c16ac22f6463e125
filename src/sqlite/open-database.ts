import { dirname } from 'node:path'
import { makePrivateFile, makePrivateFolder } from '../files/private-files.ts'
import { MillraceError } from '../model/errors.ts'
import type { Connect, SqlConnection } from './connection.ts'
import type { SqlAdapter, SqlDriver } from './driver.ts'
import { connectNodeSqlite } from './node-sqlite-connection.ts'
import { QueuedDriver } from './queued-driver.ts'
import { connectSqlite3 } from './sqlite3-connection.ts'

/** How a database is opened. */
export interface OpenOptions {
  readonly file: string
  /** `sqlite3` when absent. */
  readonly adapter?: SqlAdapter | undefined
  /** `FULL` when absent: a transaction that has resolved survives a power cut. `NORMAL` may lose the last ones, and is faster. */
  readonly synchronous?: 'FULL' | 'NORMAL' | undefined
  /** How long a statement waits for another process; 5 s when absent. */
  readonly busyTimeoutMs?: number | undefined
  /** Pages that the file may have; beyond, writing is refused as on a full disk. Unlimited when absent. */
  readonly pagesMax?: number | undefined
}

/** SQLite before this could lose a write to the log when a checkpoint and a writer met. */
const versionMin = [3, 51, 3] as const

/** The connections of each driver. */
export const connects: Readonly<Record<SqlAdapter, Connect>> = {
  sqlite3: connectSqlite3,
  'node:sqlite': connectNodeSqlite,
}

/**
 * Opens a database in WAL mode, and makes it and its folder when they are missing, for this user of the machine alone. It rejects when the file is locked
 * (after the busy timeout), read-only, damaged or no database; nothing is left open then.
 */
export async function openDatabase(options: OpenOptions): Promise<SqlDriver> {
  const { file, adapter = 'sqlite3', busyTimeoutMs = 5000 } = options
  await makeFolder(file)
  // SQLite would make it for everybody; its log has the mode of the file.
  await makePrivateFile(file)
  const connect = connects[adapter]
  const writer = await connect({ file, mode: 'write' })
  try {
    await checkVersion(writer, adapter)
    await prepare(writer, options)
    const readerPragmas = `PRAGMA busy_timeout = ${busyTimeoutMs}`
    return new QueuedDriver({ file, adapter, connect, writer, readerPragmas })
  } catch (error) {
    await writer.close()
    throw error
  }
}

async function makeFolder(file: string): Promise<void> {
  const folder = dirname(file)
  try {
    await makePrivateFolder(folder)
  } catch (cause) {
    throw new MillraceError('file-unreadable', `the folder ${folder} cannot be made; check its permissions`, { cause })
  }
}

/** Rejects with `database-library` when a driver brings a version of SQLite whose log cannot be trusted. */
export async function checkVersion(writer: SqlConnection, adapter: SqlAdapter): Promise<void> {
  const [row] = await writer.all('SELECT sqlite_version() AS version', [])
  const version = String(row?.version)
  if (!isVersionEnough(version)) {
    throw new MillraceError(
      'database-library',
      `${adapter} brings SQLite ${version}; ${versionMin.join('.')} is needed: install the locked dependencies`,
    )
  }
}

/** Tells whether a version of SQLite is one whose log can be trusted. */
export function isVersionEnough(version: string): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, least] of versionMin.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}

async function prepare(writer: SqlConnection, options: OpenOptions): Promise<void> {
  const { file, synchronous = 'FULL', busyTimeoutMs = 5000, pagesMax } = options
  await writer.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  // A file that may not be written is opened for reading in silence, and BEGIN IMMEDIATE only reads then.
  try {
    await writer.exec('BEGIN IMMEDIATE; CREATE TABLE millrace_may_write(id)')
  } finally {
    await writer.exec('ROLLBACK').catch(() => undefined)
  }
  const [mode] = await writer.all('PRAGMA journal_mode = WAL', [])
  if (mode?.journal_mode !== 'wal') {
    throw new MillraceError('database-failed', `${file} cannot keep a write-ahead log here; put it on a local disk`)
  }
  await writer.exec(`
    PRAGMA synchronous = ${synchronous};
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
  `)
  if (pagesMax !== undefined) await writer.exec(`PRAGMA max_page_count = ${pagesMax}`)
}
