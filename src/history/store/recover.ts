import { isMillraceError } from '../../model/errors.ts'
import type { SqlReads } from '../../sqlite/driver.ts'
import { decodeChunk } from '../codec/chunk.ts'
import { type Batch, tagColumn, unpackBatch, unpackTags } from './batch.ts'
import { Room } from './head.ts'
import { TagEntry } from './tag-entry.ts'
import type { TagTable } from './tag-table.ts'

/** Where a journal goes on, and what of it could not be read. */
export interface Recovered {
  readonly seq: number
  readonly trimmed: number
  readonly chunkId: number
  /** Rows of the journal and open chunks whose check sum is wrong. */
  readonly corrupt: number
  /** Samples of such rows. */
  readonly lost: number
}

/** Open chunks read at once; a tag has one at most. */
const openPerPage = 500
/** Rows of the journal read at once. */
const rowsPerPage = 64

/**
 * Fills the tags and their heads from a file: open chunks first, then what the journal has beyond them. Samples of tags that are not
 * wanted are left out, for readers.
 */
export async function recover(
  driver: SqlReads,
  tags: TagTable,
  isWanted: (tag: string) => boolean = () => true,
): Promise<Recovered> {
  await loadTags(driver, tags, isWanted)
  const open = await loadOpenChunks(driver, tags)
  await reserve(driver, tags)
  const journal = await replay(driver, tags)
  const last = await driver.get<{ chunk: number | null; sealed: number | null }>(
    'SELECT (SELECT max(id) FROM chunk) AS chunk, (SELECT max(sealed) FROM tag) AS sealed',
  )
  for (const entry of tags.entries()) entry.head.commit()
  return {
    // A journal that was trimmed to nothing must not count from 1 again: tags remember rows that are gone.
    seq: Math.max(journal.seq, last?.sealed ?? 0),
    trimmed: journal.first === undefined ? Math.max(journal.seq, last?.sealed ?? 0) : journal.first - 1,
    chunkId: last?.chunk ?? 0,
    corrupt: open.corrupt + journal.corrupt,
    lost: open.lost + journal.lost,
  }
}

async function loadTags(driver: SqlReads, tags: TagTable, isWanted: (tag: string) => boolean): Promise<void> {
  const rows = await driver.all<{ id: number; name: string; sealed: number; lastTime: number | null; hasLate: number }>(
    `SELECT id, name, sealed, (
       SELECT t1 FROM chunk WHERE tag = tag.id AND isOpen = 0 AND isLate = 0 ORDER BY t1 DESC LIMIT 1
     ) AS lastTime, EXISTS (SELECT 1 FROM chunk WHERE tag = tag.id AND isOpen = 0 AND isLate = 1) AS hasLate
     FROM tag ORDER BY id`,
  )
  for (const { lastTime, hasLate, ...row } of rows) {
    if (!isWanted(row.name)) continue
    const entry = new TagEntry({ ...row, lastTime: lastTime ?? Number.NEGATIVE_INFINITY })
    entry.hasLate = hasLate === 1
    tags.add(entry)
  }
}

async function loadOpenChunks(driver: SqlReads, tags: TagTable): Promise<{ corrupt: number; lost: number }> {
  let [corrupt, lost, last] = [0, 0, 0]
  for (;;) {
    const rows = await driver.all<{ id: number; tag: number; n: number; blob: Uint8Array }>(
      `SELECT chunk.id, tag, n, blob FROM tag JOIN chunk ON chunk.tag = tag.id AND isOpen = 1
       WHERE tag.id > ? ORDER BY tag.id LIMIT ${openPerPage}`,
      [last],
    )
    for (const row of rows) {
      last = row.tag
      const entry = tags.byId(row.tag)
      if (!entry) continue
      const samples = unlessCorrupt(() => decodeChunk(row.blob))
      if (samples) {
        entry.head.replace(samples)
        entry.openChunk = row.id
        entry.openCount = samples.count
      } else {
        corrupt++
        lost += row.n
      }
    }
    if (rows.length < openPerPage) return { corrupt, lost }
  }
}

/** Makes room in each head for what the journal has of its tag, and a little more: there may be millions of samples. */
async function reserve(driver: SqlReads, tags: TagTable): Promise<void> {
  let last = 0
  for (const { id } of tags.entries()) last = Math.max(last, id)
  const counts = new Uint32Array(last + 1)
  for await (const rows of journalPages<{ seq: number; tags: Uint8Array }>(driver, `seq, ${tagColumn} AS tags`)) {
    for (const row of rows) {
      // What is no tag, because the row is damaged, is beyond the end and changes nothing.
      for (const id of unpackTags(row.tags)) counts[id] = (counts[id] as number) + 1
    }
  }
  const room = new Room()
  for (const entry of tags.entries()) {
    const count = counts[entry.id] ?? 0
    if (count > 0) entry.head.reserve(entry.head.count + count + (count >> 2), room)
  }
}

async function replay(
  driver: SqlReads,
  tags: TagTable,
): Promise<{
  seq: number
  first: number | undefined
  corrupt: number
  lost: number
}> {
  let [seq, corrupt, lost] = [0, 0, 0]
  let first: number | undefined
  for await (const rows of journalPages<{ seq: number; n: number; blob: Uint8Array }>(driver, 'seq, n, blob')) {
    for (const row of rows) {
      first ??= row.seq
      seq = row.seq
      const batch = unlessCorrupt(() => unpackBatch(row.blob))
      if (batch) replayBatch(batch, seq, tags)
      else {
        corrupt++
        lost += row.n
      }
    }
  }
  return { seq, first, corrupt, lost }
}

/** The rows of the journal in order, a page at a time; the next page is read while one is worked on. */
async function* journalPages<T extends { readonly seq: number }>(
  driver: SqlReads,
  columns: string,
): AsyncGenerator<readonly T[]> {
  const text = `SELECT ${columns} FROM journal WHERE seq > ? ORDER BY seq LIMIT ${rowsPerPage}`
  let next = driver.all<T>(text, [0])
  for (;;) {
    const page = await next
    const last = page.length === rowsPerPage ? page.at(-1) : undefined
    if (last) next = driver.all<T>(text, [last.seq])
    // Whoever reads on gets the failure; nobody else is there to handle it.
    next.catch(() => undefined)
    yield page
    if (!last) return
  }
}

function replayBatch(batch: Batch, seq: number, tags: TagTable): void {
  const { count, tags: ids, times, statuses, numbers, others, runs } = batch
  for (let index = 0; index < count; index++) {
    const entry = tags.byId(ids[index] as number)
    if (!entry) tags.reserve(ids[index] as number)
    if (!entry || seq <= entry.sealed) continue
    entry.firstUnsealed ??= seq
    const other = others.size > 0 ? others.get(index) : undefined
    entry.head.push(
      times[index] as number,
      statuses[index] as number,
      other === undefined ? (numbers[index] as number) : other,
      runs?.[index] ?? 0,
    )
  }
}

function unlessCorrupt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isMillraceError(error, 'database-corrupt')) return undefined
    throw error
  }
}
