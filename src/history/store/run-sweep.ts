import { ownerOf } from '../../model/tag.ts'
import type { SqlStatements } from '../../sqlite/driver.ts'
import { type RunSpan, runSpanOf } from './run-span.ts'
import type { RunTable } from './run-table.ts'
import type { TagTable } from './tag-table.ts'

/** Runs that one step deletes, so that its commit stays short. */
const stepMax = 2000

/**
 * Deletes runs that no sample can be of any more: those outside of the span, from the oldest to the newest run, of each tag
 * of their pipeline. Tells how many went; call it again while {@link RunTable.unswept} has pipelines.
 */
export async function sweepRuns(sql: SqlStatements, runs: RunTable, tags: TagTable): Promise<number> {
  let swept = 0
  for (const pipeline of runs.unswept) {
    for (const { first, last } of gapsBetween(await spansOf(sql, pipeline, tags))) {
      const { changes } = await sql.run(
        `DELETE FROM run WHERE number IN (
           SELECT number FROM run WHERE pipeline = ? AND number BETWEEN ? AND ? ORDER BY number LIMIT ?
         )`,
        [pipeline, first, last, stepMax - swept],
      )
      swept += changes
      if (swept >= stepMax) return swept
    }
    runs.unswept.delete(pipeline)
  }
  return swept
}

/** What is looked for with an index of its own, so that a tag with a million chunks takes no longer. */
const ends = `
  (SELECT firstRun FROM chunk WHERE tag = each.value AND firstRun IS NOT NULL ORDER BY firstRun LIMIT 1) AS oldest,
  (SELECT lastRun FROM chunk WHERE tag = each.value AND lastRun IS NOT NULL ORDER BY lastRun DESC LIMIT 1) AS newest,
  (SELECT run FROM modified WHERE tag = each.value AND run IS NOT NULL ORDER BY run LIMIT 1) AS oldestModified,
  (SELECT run FROM modified WHERE tag = each.value AND run IS NOT NULL ORDER BY run DESC LIMIT 1) AS newestModified`

interface Ends {
  readonly oldest: number | null
  readonly newest: number | null
  readonly oldestModified: number | null
  readonly newestModified: number | null
}

async function spansOf(sql: SqlStatements, pipeline: string, tags: TagTable): Promise<RunSpan[]> {
  const entries = [...tags.entries()].filter(({ name }) => ownerOf(name) === pipeline)
  const ids = JSON.stringify(entries.map(({ id }) => id))
  const rows = await sql.all<Ends>(`SELECT ${ends} FROM json_each(?) AS each`, [ids])
  const stored = rows.flatMap(({ oldest, newest, oldestModified, newestModified }) => [
    ...(oldest === null || newest === null ? [] : [{ first: oldest, last: newest }]),
    ...(oldestModified === null || newestModified === null ? [] : [{ first: oldestModified, last: newestModified }]),
  ])
  return [...stored, ...entries.flatMap(({ head }) => runSpanOf(head.visible()) ?? [])]
}

/** The spans between others, before the first and behind the last of them too. */
function gapsBetween(spans: readonly RunSpan[]): RunSpan[] {
  const gaps: RunSpan[] = []
  let next = 0
  for (const { first, last } of [...spans].sort((a, b) => a.first - b.first)) {
    if (first > next) gaps.push({ first: next, last: first - 1 })
    next = Math.max(next, last + 1)
  }
  return [...gaps, { first: next, last: Number.MAX_SAFE_INTEGER }]
}
