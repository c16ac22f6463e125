import type { Clock } from '../../model/clock.ts'
import type { RunOrigin } from '../../model/run.ts'
import type { TagSample } from '../../model/sample.ts'
import type { SqlDriver } from '../../sqlite/driver.ts'
import { readEdges } from '../../sqlite/integrity.ts'
import { type DatabaseNotice, type OpenMigratedOptions, openMigrated } from '../../sqlite/open-migrated.ts'
import { type EventStore, eventStore } from '../events/event-store.ts'
import type {
  Author,
  Edit,
  Edited,
  HistoryStore,
  ModifiedPage,
  Neighbours,
  Page,
  PageRequest,
  StoreHealth,
  Summary,
  TagDeclaration,
} from '../history-store.ts'
import type { Samples } from '../samples.ts'
import { type Corruption, summariesOf } from './around.ts'
import { ChunkCache } from './chunk-cache.ts'
import { applyEdit } from './edit.ts'
import { Journal, type JournalLimits } from './journal.ts'
import { readModifiedPage } from './modified.ts'
import { Readers } from './readers.ts'
import { recover } from './recover.ts'
import { forget } from './retention-step.ts'
import { runOf } from './run-table.ts'
import { historySchema } from './schema.ts'
import { memoryOf, onceEach, type ReadSource, StoredReads } from './stored-reads.ts'
import { TagTable } from './tag-table.ts'

/** How a history is opened. */
export interface OpenHistoryOptions extends Omit<OpenMigratedOptions, 'schema' | 'clock' | 'isSalvaged'> {
  readonly clock: Pick<Clock, 'now'>
  readonly journal?: JournalLimits | undefined
  /** Called when stored samples turn out to be damaged. */
  readonly onCorruption?: ((corruption: Corruption) => void) | undefined
}

/** A history that is ready, and what an operator should be told about its file. */
export interface OpenedHistory {
  readonly store: HistoryStore
  /** What the store reads from, for reads that are done elsewhere. */
  readonly source: ReadSource
  /** Events, in the same file; they are closed with the store. */
  readonly events: EventStore
  /** The database itself, for what else is kept in it. It is closed with the store. */
  readonly driver: SqlDriver
  readonly notices: readonly DatabaseNotice[]
}

/** Damaged files up to this size are read back into the new one, which takes a few seconds at most. */
const salvagedMaxBytes = 64 * 1024 * 1024
/** Connections that read at the same time. */
const readersMax = 3

/** Opens `history.db`, makes it when it is missing, and takes up what its journal holds. */
export async function openHistory(options: OpenHistoryOptions): Promise<OpenedHistory> {
  const salvaging = { isSalvaged: true, salvagedMaxBytes }
  const { driver, notices } = await openMigrated({ ...salvaging, ...options, schema: historySchema })
  try {
    const tags = new TagTable()
    const recovered = await recover(driver, tags)
    const journal = new Journal(driver, tags, options.journal)
    journal.resume(recovered)
    const store = new SqliteHistory({ driver, tags, journal, onCorruption: options.onCorruption ?? (() => undefined) })
    if (recovered.corrupt > 0) store.reportCorruption({ kind: 'journal', lost: recovered.lost }, recovered.corrupt)
    const events = eventStore(driver, await driver.reader())
    return { store, source: store.source, events, driver, notices }
  } catch (error) {
    await driver.close()
    throw error
  }
}

interface Parts {
  readonly driver: SqlDriver
  readonly tags: TagTable
  readonly journal: Journal
  readonly onCorruption: (corruption: Corruption) => void
}

/** History in one SQLite file: a journal, heads in memory, and sealed chunks. Writes follow one another; reads do not wait. */
class SqliteHistory implements HistoryStore {
  readonly source: ReadSource
  readonly #parts: Parts
  readonly #readers: Readers
  readonly #reads: StoredReads
  #corrupt = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#readers = new Readers(parts.driver, readersMax)
    this.source = {
      memory: (tag) => memoryOf(parts.tags, tag, parts.journal.chunkId),
      reader: () => this.#readers.take(),
      onDamage: onceEach((chunk) => this.reportCorruption({ kind: 'chunk', chunk })),
      chunks: new ChunkCache(),
    }
    this.#reads = new StoredReads(this.source)
  }

  declare(declarations: readonly TagDeclaration[]): Promise<void> {
    const { driver, tags } = this.#parts
    return this.#inTurn(async () => {
      const made = await driver.transaction(async (sql) => {
        const entries = await tags.insert(sql, declarations)
        await sql.run(
          `UPDATE tag SET type = each.value ->> 'dataType' FROM json_each(?) AS each
           WHERE tag.name = each.value ->> 'tag' AND tag.type IS NOT each.value ->> 'dataType'`,
          [JSON.stringify(declarations)],
        )
        return entries
      })
      for (const entry of made) tags.add(entry)
    })
  }

  async append(batch: readonly TagSample[]): Promise<void> {
    if (batch.length > 0) await this.#inTurn(() => this.#parts.journal.append(batch))
  }

  readPage(request: PageRequest): Promise<Page> {
    return this.#reads.readPage(request)
  }

  scan(tag: string, from: number, to: number): AsyncIterable<Samples> {
    return this.#reads.scan(tag, from, to)
  }

  neighbours(tag: string, time: number, isUsable?: (status: number) => boolean): Promise<Neighbours> {
    return this.#reads.neighbours(tag, time, isUsable)
  }

  neighboursOfAll(
    tag: string,
    times: readonly number[],
    isUsable?: (status: number) => boolean,
  ): Promise<readonly Neighbours[]> {
    return this.#reads.neighboursOfAll(tag, times, isUsable)
  }

  async summaries(tag: string, from: number, to: number): Promise<readonly Summary[]> {
    const entry = this.#parts.tags.get(tag)
    if (!entry) return []
    const [head, chunkId] = [entry.head.visible(), this.#parts.journal.chunkId]
    return summariesOf(await this.#readers.take(), { tag: entry.id, from, to, head, chunkId })
  }

  modify(edit: Edit, author: Author): Promise<Edited> {
    const { driver, tags, journal } = this.#parts
    const onCorrupt = this.source.onDamage
    return this.#inTurn(() => applyEdit({ driver, journal, tags, edit, author, onCorrupt }))
  }

  async readModified(request: PageRequest): Promise<ModifiedPage> {
    const entry = this.#parts.tags.get(request.tag)
    return entry ? readModifiedPage(await this.#readers.take(), entry.id, request) : { entries: [] }
  }

  retain(tags: readonly string[], before: number): Promise<{ samples: number; isDone: boolean }> {
    const { driver, journal, tags: table } = this.#parts
    const entries = tags.flatMap((tag) => table.get(tag) ?? [])
    return this.#inTurn(() => forget({ driver, journal, tags: table, entries, before }))
  }

  async run(number: number): Promise<RunOrigin | undefined> {
    return runOf(await this.#readers.take(), number)
  }

  backup(file: string): Promise<void> {
    return this.#parts.driver.backupInto(file)
  }

  async check(): Promise<void> {
    // A connection of its own has nothing in its cache, so it sees the file as it is now.
    const reader = await this.#parts.driver.reader()
    try {
      await readEdges(reader)
    } finally {
      await reader.close()
    }
  }

  async shrink(): Promise<void> {
    await this.#inTurn(() => this.#parts.driver.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
  }

  health(): StoreHealth {
    return { tags: this.#parts.tags.size, unsealed: this.#parts.journal.unsealed, corrupt: this.#corrupt }
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined)
    await this.#parts.driver.close()
  }

  /** Counts damage and tells about it. */
  reportCorruption(corruption: Corruption, count = 1): void {
    this.#corrupt += count
    this.#parts.onCorruption(corruption)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work)
    this.#turn = result
    // Whoever asked gets the failure; the chain itself must not count as unhandled.
    result.catch(() => undefined)
    return result
  }
}
