import { ownerOf } from '../../model/tag.ts'
import type { SqlDriver } from '../../sqlite/driver.ts'
import type { Journal } from './journal.ts'
import { sweepRuns } from './run-sweep.ts'
import type { TagEntry } from './tag-entry.ts'
import type { TagTable } from './tag-table.ts'

/** Chunks and changes that one step deletes, so that its commit stays short. */
const stepMax = 500

/**
 * Deletes chunks that are older than a time as a whole; a tag that has been silent since is sealed first. Runs that nothing is
 * of any more go too.
 */
export async function forget({
  driver,
  journal,
  tags: table,
  entries,
  before,
}: {
  readonly driver: SqlDriver
  readonly journal: Journal
  readonly tags: TagTable
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
  const { runs } = journal
  const { swept, ...step } = await driver.transaction(async (sql) => {
    const rows = await sql.all<Gone & { id: number; n: number }>(
      `SELECT id, n, tag, lastRun AS run FROM chunk WHERE tag IN (SELECT value FROM json_each(?)) AND isOpen = 0 AND isLate IN (0, 1) AND t1 < ?
       LIMIT ${stepMax}`,
      [tags, before],
    )
    const ids = JSON.stringify(rows.map(({ id }) => id))
    await sql.run('DELETE FROM chunk WHERE id IN (SELECT value FROM json_each(?))', [ids])
    const changes = await sql.all<Gone>(
      `DELETE FROM modified WHERE id IN (
         SELECT id FROM modified WHERE tag IN (SELECT value FROM json_each(?)) AND time < ? LIMIT ${stepMax}
       ) RETURNING tag, run`,
      [tags, before],
    )
    for (const { tag, run } of [...rows, ...changes]) {
      if (run !== null) runs.unswept.add(ownerOf(table.byId(tag)?.name ?? ''))
    }
    return {
      samples: rows.reduce((sum, { n }) => sum + n, 0),
      isDone: rows.length < stepMax && changes.length < stepMax,
      swept: await sweepRuns(sql, runs, table),
    }
  })
  if (swept > 0) runs.forgetAll()
  return { ...step, isDone: step.isDone && runs.unswept.size === 0 }
}

/** Whose sample is forgotten, and whether a run had produced it. */
interface Gone {
  readonly tag: number
  readonly run: number | null
}
