import { existsSync } from 'node:fs'
import { isMillraceError, MillraceError } from '../model/errors.ts'
import type { SqlAdapter } from './driver.ts'
import { connects } from './open-database.ts'

/**
 * Rejects with `database-locked` when another connection has a database open, in whatever process, even if it does nothing just now.
 *
 * A write-ahead log is left only by whoever is alone with the file, so leaving it tells; the next one who opens the file makes it anew.
 */
export async function assertSoleUse(file: string, adapter: SqlAdapter = 'sqlite3'): Promise<void> {
  if (!existsSync(file)) return
  const connection = await connects[adapter]({ file, mode: 'write' })
  try {
    const [row] = await connection.all('PRAGMA journal_mode = DELETE', [])
    if (row?.journal_mode === 'wal') throw inUse(file)
  } catch (error) {
    throw isMillraceError(error, 'database-locked') ? inUse(file, error) : error
  } finally {
    await connection.close()
  }
}

function inUse(file: string, cause?: unknown): MillraceError {
  return new MillraceError('database-locked', `${file} is in use`, { cause })
}
