import type { SqlDriver, SqlReads, SqlStatements } from '../../sqlite/driver.ts'
import { ByteReader, ByteWriter } from '../codec/bytes.ts'
import { readValue, writeValue } from '../codec/scalars.ts'
import { HistoryStatus } from '../history-status.ts'
import {
  type Author,
  type Edit,
  type EditKind,
  type Entry,
  editKinds,
  type Modified,
  type ModifiedPage,
  type PageRequest,
} from '../history-store.ts'
import { samplesFrom, sorted } from '../samples.ts'
import { ChunkEditor } from './chunk-editor.ts'
import type { Journal } from './journal.ts'
import { insertChunks } from './sealing.ts'
import type { TagEntry } from './tag-entry.ts'

/** What a change needs. */
export interface EditContext {
  readonly driver: SqlDriver
  readonly journal: Journal
  readonly entry: TagEntry
  readonly edit: Edit
  readonly author: Author
  readonly onCorrupt: (chunk: number) => void
}

const writer = new ByteWriter()

/**
 * Changes history in one transaction: what is in memory is sealed, chunks are rewritten where they are, inserted samples
 * get a late chunk, and what was there before goes to the table of changes. A replaced time keeps one sample.
 */
export async function applyEdit(context: EditContext): Promise<readonly number[]> {
  const { driver, journal, entry, edit, author } = context
  const { statuses, commit } = await driver.transaction(async (sql) => {
    const seal = await journal.seal(sql, entry)
    const chunks = new ChunkEditor(sql, entry.id, context.onCorrupt)
    const changes = edit.kind === 'delete' ? await remove(chunks, edit) : await put(chunks, edit.kind, edit.entries)
    await chunks.write()
    if (changes.added.length > 0) {
      entry.hasLate = true
      const samples = sorted(samplesFrom(changes.added))
      await insertChunks(sql, [{ id: seal.nextId(), tag: entry.id, isLate: true, isOpen: false, samples }])
    }
    await writeModified(sql, entry.id, changes.modified, author)
    return { statuses: changes.statuses, commit: seal.commit }
  })
  commit()
  return statuses
}

interface Changes {
  readonly statuses: number[]
  /** Samples for a new chunk. */
  readonly added: Entry[]
  readonly modified: (Entry & { readonly kind: EditKind })[]
}

async function put(
  chunks: ChunkEditor,
  kind: 'insert' | 'replace' | 'update',
  entries: readonly Entry[],
): Promise<Changes> {
  const changes: Changes = { statuses: [], added: [], modified: [] }
  const addedTimes = new Set<number>()
  for (const { time, status, value } of entries) {
    // Somebody enters it, so no run has produced it, wherever the entry was taken from.
    const entry = { time, status, value }
    const exists = addedTimes.has(entry.time) || (await chunks.has(entry.time))
    if (exists && kind === 'insert') changes.statuses.push(HistoryStatus.BadEntryExists)
    else if (!exists && kind === 'replace') changes.statuses.push(HistoryStatus.BadNoEntryExists)
    else if (exists && addedTimes.has(entry.time)) {
      const index = changes.added.findIndex(({ time }) => time === entry.time)
      changes.modified.push({ ...(changes.added[index] as Entry), kind })
      changes.added[index] = entry
      changes.statuses.push(HistoryStatus.GoodEntryReplaced)
    } else if (exists) {
      for (const old of await chunks.replace(entry)) changes.modified.push({ ...old, kind })
      changes.statuses.push(HistoryStatus.GoodEntryReplaced)
    } else {
      changes.added.push(entry)
      addedTimes.add(entry.time)
      changes.modified.push({ ...entry, kind: 'insert' })
      changes.statuses.push(HistoryStatus.GoodEntryInserted)
    }
  }
  return changes
}

async function remove(chunks: ChunkEditor, edit: Edit & { kind: 'delete' }): Promise<Changes> {
  const changes: Changes = { statuses: [], added: [], modified: [] }
  const note = (gone: readonly Entry[]): void => {
    for (const old of gone) changes.modified.push({ ...old, kind: 'delete' })
  }
  if ('times' in edit) {
    for (const time of edit.times) {
      const gone = await chunks.remove(time, time)
      changes.statuses.push(gone.length > 0 ? 0 : HistoryStatus.BadNoEntryExists)
      note(gone)
    }
    return changes
  }
  const gone = await chunks.remove(edit.from, edit.to, false)
  changes.statuses.push(gone.length > 0 ? 0 : HistoryStatus.GoodNoData)
  note(gone)
  return changes
}

async function writeModified(
  sql: SqlStatements,
  tag: number,
  modified: Changes['modified'],
  { user, at }: Author,
): Promise<void> {
  for (const { time, status, value, kind, run = null } of modified) {
    writeValue(writer, value)
    await sql.run(
      'INSERT INTO modified (tag, time, status, value, user, at, kind, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [tag, time, status, writer.take(), user, at, editKinds[kind], run],
    )
  }
}

interface ModifiedRow extends Author {
  readonly id: number
  readonly time: number
  readonly status: number
  readonly value: Uint8Array
  readonly kind: number
  readonly run: number | null
}

/** A page of changes in order of time, then of when they were made; backwards when the start is after the end. */
export async function readModifiedPage(sql: SqlReads, tag: number, request: PageRequest): Promise<ModifiedPage> {
  const { start, end, limit, after, isEndIncluded } = request
  const isForward = start <= end
  const [compare, sense] = isForward ? ['>', ''] : ['<', 'DESC']
  const reach = isEndIncluded || start === end ? `${isForward ? '<' : '>'}=` : isForward ? '<' : '>'
  const rows = await sql.all<ModifiedRow>(
    `SELECT id, time, status, value, user, at, kind, run FROM modified
     WHERE tag = ? AND (time, id) ${compare} (?, ?) AND time ${reach} ? ORDER BY time ${sense}, id ${sense} LIMIT ?`,
    [tag, after?.time ?? start, after?.ordinal ?? (isForward ? -1 : Number.MAX_SAFE_INTEGER), end, limit + 1],
  )
  const entries = rows.slice(0, limit).map(modifiedFrom)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return last ? { entries, next: { time: last.time, ordinal: last.id } } : { entries }
}

function modifiedFrom({ time, status, value, user, at, kind, run }: ModifiedRow): Modified {
  const names = Object.keys(editKinds) as EditKind[]
  const name = names.find((each) => editKinds[each] === kind) ?? 'update'
  const modified = { time, status, value: readValue(new ByteReader(value)), user, at, kind: name }
  return run === null ? modified : { ...modified, run }
}
