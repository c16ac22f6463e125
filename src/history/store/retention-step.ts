import type { SqlDriver } from '../../sqlite/driver.ts'
import type { Journal } from './journal.ts'
import type { TagEntry } from './tag-entry.ts'

/** Chunks and changes that one step deletes, so that its commit stays short. */
const stepMax = 500

/** Deletes chunks that are older than a time as a whole; a tag that has been silent since is sealed first. */
export async function forget({
  driver,
  journal,
  entries,
  before,
}: {
  readonly driver: SqlDriver
  readonly journal: Journal
  readonly entries: readonly TagEntry[]
  readonly before: number
}): Promise<{ samples: number; isDone: boolean }> {
  const tags = JSON.stringify(entries.map(({ id }) => id))
  for (const entry of entries) {
    const newest = entry.head.visible().times.at(-1)
    if (newest === undefined || newest >= before) continue
    const seal = await driver.transaction((sql) => journal.seal(sql, entry))
    seal.commit()
  }
  return driver.transaction(async (sql) => {
    const rows = await sql.all<{ id: number; n: number }>(
      `SELECT id, n FROM chunk WHERE tag IN (SELECT value FROM json_each(?)) AND isOpen = 0 AND isLate IN (0, 1) AND t1 < ?
       LIMIT ${stepMax}`,
      [tags, before],
    )
    const ids = JSON.stringify(rows.map(({ id }) => id))
    await sql.run('DELETE FROM chunk WHERE id IN (SELECT value FROM json_each(?))', [ids])
    const { changes } = await sql.run(
      `DELETE FROM modified WHERE id IN (
         SELECT id FROM modified WHERE tag IN (SELECT value FROM json_each(?)) AND time < ? LIMIT ${stepMax}
       )`,
      [tags, before],
    )
    return { samples: rows.reduce((sum, { n }) => sum + n, 0), isDone: rows.length < stepMax && changes < stepMax }
  })
}
