import { MillraceError } from '../../model/errors.ts'
import type { SqlDriver, SqlStatements } from '../../sqlite/driver.ts'
import { HistoryStatus } from '../history-status.ts'
import { type Author, type Edit, type Edited, type Entry, editMax } from '../history-store.ts'
import { joined, samplesFrom, sorted } from '../samples.ts'
import { ChunkEditor, writeChunk } from './chunk-editor.ts'
import { intactSamplesOf } from './chunk-reader.ts'
import type { Journal } from './journal.ts'
import { deleteModified, ModificationLog, tooMany } from './modified.ts'
import { insertChunks, pieces } from './sealing.ts'
import { chunkSize, type TagEntry } from './tag-entry.ts'
import type { TagTable } from './tag-table.ts'

/** What a change needs. */
export interface EditContext {
  readonly driver: SqlDriver
  readonly journal: Journal
  readonly tags: TagTable
  readonly edit: Edit
  readonly author: Author
  readonly onCorrupt: (chunk: number) => void
}

/**
 * Changes history in one transaction: what is in memory is sealed when the change reaches it, chunks are rewritten where they
 * are, inserted samples get into late chunks, and what was there before goes to the table of changes. A replaced time
 * keeps one sample.
 */
export async function applyEdit({ driver, journal, tags, edit, author, onCorrupt }: EditContext): Promise<Edited> {
  const last = checkedEnd(edit)
  if (!tags.get(edit.tag) && edit.kind !== 'insert' && edit.kind !== 'update') return nothingThere(edit)
  const { made, entry, result, commit } = await driver.transaction(async (sql) => {
    const made = await tags.insert(sql, [edit])
    const entry = tags.get(edit.tag) ?? (made[0] as TagEntry)
    const seal = await journal.seal(sql, entry, last)
    const result = await change({ sql, tag: entry.id, onCorrupt, nextId: seal.nextId }, edit, author)
    return { made, entry, result, commit: seal.commit }
  })
  for (const each of made) tags.add(each)
  if (result.isLate) entry.hasLate = true
  commit()
  return { statuses: result.statuses, before: result.before }
}

interface Change extends Edited {
  /** Tells whether samples were inserted. */
  readonly isLate: boolean
}

interface Place {
  readonly sql: SqlStatements
  readonly tag: number
  readonly onCorrupt: (chunk: number) => void
  readonly nextId: () => number
}

async function change(place: Place, edit: Edit, author: Author): Promise<Change> {
  const { sql, tag, onCorrupt } = place
  if (edit.kind === 'deleteModified') {
    const { count, before } = await deleteModified(sql, tag, edit)
    return { statuses: [count > 0 ? 0 : HistoryStatus.BadNoData], before, isLate: false }
  }
  const chunks = new ChunkEditor(sql, tag, onCorrupt)
  const log = new ModificationLog(sql, tag, author)
  const added: Entry[] = []
  const statuses = await carryOut(edit, { chunks, log, added })
  await chunks.finish()
  await log.flush()
  await addLate(place, added)
  return { statuses, before: log.before, isLate: added.length > 0 }
}

interface Tools {
  readonly chunks: ChunkEditor
  readonly log: ModificationLog
  /** Samples for a new chunk, in order of time. */
  readonly added: Entry[]
}

function carryOut(edit: Exclude<Edit, { kind: 'deleteModified' }>, tools: Tools): Promise<number[]> {
  if (edit.kind !== 'delete') return put(edit.kind, edit.entries, tools)
  return 'times' in edit ? removeTimes(edit.times, tools) : removeRange(edit, tools)
}

/** Entries of one time follow one another in their order; those of different times have nothing to do with each other. */
async function put(kind: 'insert' | 'replace' | 'update', entries: readonly Entry[], tools: Tools): Promise<number[]> {
  const statuses = new Array<number>(entries.length).fill(0)
  for (const index of inOrderOfTime(entries.map(({ time }) => time))) {
    const { time, status, value } = entries[index] as Entry
    // Somebody enters it, so no run has produced it, wherever the entry was taken from.
    statuses[index] = await putOne(kind, { time, status, value }, tools)
  }
  return statuses
}

async function putOne(
  kind: 'insert' | 'replace' | 'update',
  entry: Entry,
  { chunks, log, added }: Tools,
): Promise<number> {
  const { time } = entry
  await chunks.seek(time)
  const pending = added.at(-1)?.time === time ? added.at(-1) : undefined
  const exists = pending !== undefined || chunks.has(time)
  if (exists && kind === 'insert') return HistoryStatus.BadEntryExists
  if (!exists && kind === 'replace') {
    return chunks.isLost(time) ? HistoryStatus.BadDataLost : HistoryStatus.BadNoEntryExists
  }
  if (!exists) {
    added.push(entry)
    await log.add(entry, 'insert')
    return HistoryStatus.GoodEntryInserted
  }
  if (pending) added[added.length - 1] = entry
  for (const old of pending ? [pending] : chunks.replace(entry)) await log.add(old, kind)
  return HistoryStatus.GoodEntryReplaced
}

async function removeTimes(times: readonly number[], { chunks, log }: Tools): Promise<number[]> {
  const statuses = new Array<number>(times.length).fill(0)
  for (const index of inOrderOfTime(times)) {
    const time = times[index] as number
    await chunks.seek(time)
    const gone = chunks.isLost(time) ? [] : chunks.remove(time)
    for (const old of gone) await log.add(old, 'delete')
    if (gone.length > 0) continue
    statuses[index] = chunks.isLost(time) ? HistoryStatus.BadDataLost : HistoryStatus.BadNoEntryExists
  }
  return statuses
}

async function removeRange(range: { readonly from: number; readonly to: number }, tools: Tools): Promise<number[]> {
  const { chunks, log } = tools
  let count = 0
  const isIntact = await chunks.removeRange(range.from, range.to, async (gone) => {
    count += gone.length
    for (const old of gone) await log.add(old, 'delete')
  })
  if (!isIntact) return [HistoryStatus.BadDataLost]
  return [count > 0 ? 0 : HistoryStatus.BadNoData]
}

/** A few inserted samples join the late chunk made last while it has room, so that single ones do not get a chunk each. */
async function addLate({ sql, tag, nextId, onCorrupt }: Place, added: readonly Entry[]): Promise<void> {
  if (added.length === 0) return
  const samples = samplesFrom(added)
  const last = await sql.get<{ id: number; n: number; blob: Uint8Array }>(
    'SELECT id, n, blob FROM chunk WHERE tag = ? AND isOpen = 0 AND isLate = 1 ORDER BY id DESC LIMIT 1',
    [tag],
  )
  const others = last && last.n + added.length <= chunkSize ? intactSamplesOf(last, onCorrupt) : undefined
  if (last && others) {
    await writeChunk(sql, last.id, sorted(joined([others, samples])))
    return
  }
  const chunks = pieces(samples).map((piece) => ({ id: nextId(), tag, isLate: true, isOpen: false, samples: piece }))
  await insertChunks(sql, chunks)
}

function inOrderOfTime(times: readonly number[]): Uint32Array {
  const order = Uint32Array.from({ length: times.length }, (_, index) => index)
  return order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
}

/** The last time that a change concerns, once it is known to be one that can be made. */
function checkedEnd(edit: Edit): number {
  if ('from' in edit) return edit.to
  const times = 'times' in edit ? edit.times : edit.entries.map(({ time }) => time)
  if (times.length > editMax) throw tooMany()
  const strange = times.find((time) => !Number.isFinite(time))
  if (strange !== undefined) {
    throw new MillraceError('value-invalid', `${edit.tag} is changed at the time ${strange}; give it a time`)
  }
  return times.reduce((latest, time) => Math.max(latest, time), Number.NEGATIVE_INFINITY)
}

/** The answer for a tag that has no history. */
function nothingThere(edit: Edit): Edited {
  if ('from' in edit) return { statuses: [HistoryStatus.BadNoData], before: [] }
  const { length } = 'times' in edit ? edit.times : edit.entries
  return { statuses: new Array<number>(length).fill(HistoryStatus.BadNoEntryExists), before: [] }
}
