import type { SqlDriver } from './driver.ts'

/** Files up to this size are checked as a whole when they are opened, which takes less than a second. */
const checkedMaxBytes = 128 * 1024 * 1024

/**
 * Looks for damage, in bounded time: all pages of a small database, and the first and last rows of every table of a large
 * one. Tells the first thing found, or undefined; what cannot be read at all rejects.
 */
export async function damageOf(driver: SqlDriver, maxBytes: number = checkedMaxBytes): Promise<string | undefined> {
  const size = await driver.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  )
  if ((size?.bytes ?? 0) > maxBytes) return edgesOf(driver)
  const row = await driver.get<{ quick_check: string }>('PRAGMA quick_check(1)')
  return row?.quick_check === 'ok' ? undefined : (row?.quick_check ?? 'the check gave no result')
}

async function edgesOf(driver: SqlDriver): Promise<undefined> {
  const tables = await driver.all<{ name: string; wr: number }>(
    `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'`,
  )
  for (const { name, wr } of tables) {
    const table = `"${name.replaceAll('"', '""')}"`
    await driver.all(`SELECT * FROM ${table} LIMIT 1`)
    if (wr === 0) await driver.all(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`)
  }
}
