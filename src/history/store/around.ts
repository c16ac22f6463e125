import type { SqlReads } from '../../sqlite/driver.ts'
import type { Entry, Neighbours, Page, PageRequest, Summary } from '../history-store.ts'
import { entryAt, firstAt, type Samples, slice } from '../samples.ts'
import { firstAfter } from './merge.ts'
import { summaryOf } from './summary.ts'

/** Damage that was found in stored samples. */
export type Corruption =
  | { readonly kind: 'chunk'; readonly chunk: number }
  | { readonly kind: 'journal'; readonly lost: number }

/** Samples that a search for a usable one looks at, at most; beyond, there is none within reason (Part 13 §3.1.8). */
const searchMax = 100_000

type Read = (request: Omit<PageRequest, 'tag'>) => Promise<Page>

/** The usable samples around a time, from pages in both directions. */
export async function neighboursOf(
  read: Read,
  time: number,
  isUsable: (status: number) => boolean,
): Promise<Neighbours> {
  let [at, before, after]: (Entry | undefined)[] = []
  let [hasSkippedBefore, hasSkippedAfter] = [false, false]
  await search(read, { start: time, end: Number.NEGATIVE_INFINITY }, (entry) => {
    if (!isUsable(entry.status)) hasSkippedBefore = true
    else if (entry.time < time) before = entry
    else at ??= entry
    return before !== undefined
  })
  // Everything of the time itself is behind this position.
  const beyond = { time, ordinal: Number.MAX_SAFE_INTEGER }
  await search(read, { start: time, end: Number.POSITIVE_INFINITY, after: beyond }, (entry) => {
    if (isUsable(entry.status)) after = entry
    else hasSkippedAfter = true
    return after !== undefined
  })
  return { at, before, after, hasSkippedBefore, hasSkippedAfter }
}

/** Shows one sample after the other until `isFound` says so, or there is none within reason. */
async function search(
  read: Read,
  range: Pick<PageRequest, 'start' | 'end' | 'after'>,
  isFound: (entry: Entry) => boolean,
): Promise<void> {
  let after = range.after
  for (let [seen, limit] = [0, 2]; seen < searchMax; seen += limit, limit = 1000) {
    const { samples, next }: Page = await read({ ...range, isEndIncluded: true, limit, after })
    for (let index = 0; index < samples.count; index++) if (isFound(entryAt(samples, index))) return
    if (!next) return
    after = next
  }
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
