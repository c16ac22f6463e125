import type { SqlReads } from '../../sqlite/driver.ts'
import type { Entry, Page, PageRequest, Summary } from '../history-store.ts'
import { entryAt, firstAt, type Samples, slice } from '../samples.ts'
import { firstAfter } from './merge.ts'
import { summaryOf } from './summary.ts'

/** Damage that was found in stored samples. */
export type Corruption =
  | { readonly kind: 'chunk'; readonly chunk: number }
  | { readonly kind: 'journal'; readonly lost: number }

/** Samples that a search for a usable one looks at, at most; beyond, there is none within reason (Part 13 §3.1.8). */
const searchMax = 100_000

/** The first usable sample from a time on that is not of that time itself, in the direction of reading. */
export async function nearest(
  read: (request: Omit<PageRequest, 'tag'>) => Promise<Page>,
  { start, end }: { readonly start: number; readonly end: number },
  isUsable: (status: number) => boolean,
): Promise<Entry | undefined> {
  // Everything of the time itself is behind this position.
  const beyond = end > start ? Number.MAX_SAFE_INTEGER : 0
  let after: PageRequest['after'] = { time: start, ordinal: beyond }
  for (let [seen, limit] = [0, 1]; after && seen < searchMax; seen += limit, limit = 1000) {
    const page: Page = await read({ start, end, isEndIncluded: true, limit, after })
    const found = page.samples.statuses.findIndex(isUsable)
    if (found >= 0) return entryAt(page.samples, found)
    after = page.next
  }
  return undefined
}

/** What a summary is asked of. */
export interface SummaryRange {
  readonly tag: number
  readonly from: number
  readonly to: number
  readonly head: Samples
  readonly chunkId: number
}

/** Sums of the chunks that lie in or reach into a range, from their columns alone, and of what is in memory. */
export async function summariesOf(sql: SqlReads, { tag, from, to, head, chunkId }: SummaryRange): Promise<Summary[]> {
  const rows = await sql.all<Summary>(
    `SELECT t0 AS "from", t1 AS "to", n AS count, good, sum, min AS minimum, max AS maximum FROM chunk
     WHERE tag = ? AND isOpen = 0 AND isLate IN (0, 1) AND t1 >= ? AND t0 < ? AND id <= ? ORDER BY t0, id`,
    [tag, from, to, chunkId],
  )
  const inMemory = slice(head, firstAt(head, from), firstAfter(head, to))
  return inMemory.count > 0 ? [...rows, summaryOf(inMemory)] : [...rows]
}
