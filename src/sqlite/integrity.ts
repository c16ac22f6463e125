import { MillraceError } from '../model/errors.ts'
import type { SqlDriver, SqlReads } from './driver.ts'

/** Files up to this size are checked as a whole when they are opened, which takes less than a second. */
export const checkedWholeMaxBytes = 128 * 1024 * 1024

/**
 * Looks for damage, in bounded time: all pages of a small database, and the first and last rows of every table of a large
 * one. Tells the first thing found, or undefined; what cannot be read at all rejects.
 */
export async function damageOf(
  driver: SqlDriver,
  maxBytes: number = checkedWholeMaxBytes,
): Promise<string | undefined> {
  const size = await driver.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  )
  if ((size?.bytes ?? 0) > maxBytes) {
    await readEdges(driver)
    return undefined
  }
  const row = await driver.get<{ quick_check: string }>('PRAGMA quick_check(1)')
  if (row?.quick_check === 'ok') return undefined
  // The first line names the schema, which says nothing here.
  return row?.quick_check.split('\n').at(-1) ?? 'the check gave no result'
}

/**
 * Reads the first and the last row of every table: a look that costs next to nothing. It rejects when there is damage on its
 * way, or when there is no table at all.
 */
export async function readEdges(reads: SqlReads): Promise<void> {
  const tables = await reads.all<{ name: string; wr: number }>(
    `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'`,
  )
  if (tables.every(({ name }) => name.startsWith('sqlite_'))) {
    throw new MillraceError('database-corrupt', 'the database has no tables any more; restore a backup')
  }
  for (const { name, wr } of tables) {
    const table = `"${name.replaceAll('"', '""')}"`
    await reads.all(`SELECT * FROM ${table} LIMIT 1`)
    if (wr === 0) await reads.all(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`)
  }
}
