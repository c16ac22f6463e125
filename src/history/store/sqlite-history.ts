import type { Clock } from '../../model/clock.ts'
import { MillraceError } from '../../model/errors.ts'
import type { TagSample } from '../../model/sample.ts'
import type { SqlDriver } from '../../sqlite/driver.ts'
import { type DatabaseNotice, type OpenMigratedOptions, openMigrated } from '../../sqlite/open-migrated.ts'
import type {
  Author,
  Edit,
  HistoryStore,
  ModifiedPage,
  Neighbours,
  Page,
  PageRequest,
  StoreHealth,
  Summary,
  TagDeclaration,
} from '../history-store.ts'
import { noSamples, type Samples } from '../samples.ts'
import { type Corruption, neighboursOf, summariesOf } from './around.ts'
import { ChunkCache } from './chunk-cache.ts'
import { type ChunkRow, readStretch, type Stretch, samplesOf } from './chunk-reader.ts'
import { applyEdit, readModifiedPage } from './edit.ts'
import { Journal, type JournalLimits } from './journal.ts'
import { nearestOf, timesMax } from './nearest.ts'
import { PageCollector, rangeOf } from './page.ts'
import { Readers } from './readers.ts'
import { recover } from './recover.ts'
import { forget } from './retention-step.ts'
import { historySchema } from './schema.ts'
import { chunkSize, type TagEntry } from './tag-entry.ts'
import { TagTable } from './tag-table.ts'

/** How a history is opened. */
export interface OpenHistoryOptions extends Omit<OpenMigratedOptions, 'schema' | 'clock'> {
  readonly clock: Pick<Clock, 'now'>
  readonly journal?: JournalLimits | undefined
  /** Called when stored samples turn out to be damaged. */
  readonly onCorruption?: ((corruption: Corruption) => void) | undefined
}

/** A history that is ready, and what an operator should be told about its file. */
export interface OpenedHistory {
  readonly store: HistoryStore
  readonly notices: readonly DatabaseNotice[]
}

/** Connections that read at the same time. */
const readersMax = 3
/** Chunks that a long read fetches at once. */
const chunksPerPageMax = 32
/**
 * Pages up to this size keep their chunks decoded, because the next one begins in them. What long pages keep would only grow
 * old: it makes collecting the garbage several times as long, and everybody else waits for that.
 */
const keptLimit = chunkSize * 4

/** Opens `history.db`, makes it when it is missing, and takes up what its journal holds. */
export async function openHistory(options: OpenHistoryOptions): Promise<OpenedHistory> {
  const { driver, notices } = await openMigrated({ ...options, schema: historySchema })
  try {
    const tags = new TagTable()
    const recovered = await recover(driver, tags)
    const journal = new Journal(driver, tags, options.journal)
    journal.resume(recovered)
    const store = new SqliteHistory({ driver, tags, journal, onCorruption: options.onCorruption ?? (() => undefined) })
    if (recovered.corrupt > 0) store.reportCorruption({ kind: 'journal', lost: recovered.lost }, recovered.corrupt)
    return { store, notices }
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
  readonly #parts: Parts
  readonly #readers: Readers
  readonly #chunks = new ChunkCache((row) => samplesOf(row, (chunk) => this.#reportChunk(chunk)))
  /** Chunks that are known to be damaged, so that each is told once. */
  readonly #damaged = new Set<number>()
  #corrupt = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#readers = new Readers(parts.driver, readersMax)
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

  async readPage(request: PageRequest): Promise<Page> {
    const { limit, tag } = request
    if (!(limit >= 1))
      throw new MillraceError('value-out-of-range', `a page of ${tag} has the limit ${limit}; ask for 1 or more`)
    const entry = this.#parts.tags.get(tag)
    if (!entry) return { samples: noSamples }
    const collector = new PageCollector(request)
    const chunksPerPage = Math.min(chunksPerPageMax, Math.ceil(limit / (chunkSize / 2)) + 1)
    const isKept = limit <= keptLimit
    for await (const block of this.#read(entry, { ...rangeOf(request), chunksPerPage }, isKept)) {
      if (collector.add(block)) break
    }
    return collector.page()
  }

  async *scan(tag: string, from: number, to: number): AsyncIterable<Samples> {
    if (!(from < to)) return
    let after: PageRequest['after']
    // Pages of their own let long scans see what is appended meanwhile, and hold no snapshot of the file.
    do {
      const page: Page = await this.readPage({ tag, start: from, end: to, limit: chunkSize * chunksPerPageMax, after })
      if (page.samples.count > 0) yield page.samples
      after = page.next
    } while (after)
  }

  neighbours(tag: string, time: number, isUsable: (status: number) => boolean = () => true): Promise<Neighbours> {
    return neighboursOf((request) => this.readPage({ tag, ...request }), time, isUsable)
  }

  async neighboursOfAll(
    tag: string,
    times: readonly number[],
    isUsable: (status: number) => boolean = () => true,
  ): Promise<readonly Neighbours[]> {
    const entry = this.#parts.tags.get(tag)
    const found: Neighbours[] = []
    for (let from = 0; from < times.length; from += timesMax) {
      const group = times.slice(from, from + timesMax)
      const nearest = entry ? await this.#nearest(entry, group, isUsable) : []
      for (const [index, time] of group.entries()) {
        found.push(nearest[index] ?? (await this.neighbours(tag, time, isUsable)))
      }
    }
    return found
  }

  async summaries(tag: string, from: number, to: number): Promise<readonly Summary[]> {
    const entry = this.#parts.tags.get(tag)
    if (!entry) return []
    const [head, chunkId] = [entry.head.visible(), this.#parts.journal.chunkId]
    return summariesOf(await this.#readers.take(), { tag: entry.id, from, to, head, chunkId })
  }

  modify(edit: Edit, author: Author): Promise<readonly number[]> {
    const { driver, tags, journal } = this.#parts
    return this.#inTurn(async () => {
      let entry = tags.get(edit.tag)
      if (!entry) {
        const made = await driver.transaction((sql) => tags.insert(sql, [edit]))
        for (const each of made) tags.add(each)
        entry = made[0] as TagEntry
      }
      return applyEdit({ driver, journal, entry, edit, author, onCorrupt: (chunk) => this.#reportChunk(chunk) })
    })
  }

  async readModified(request: PageRequest): Promise<ModifiedPage> {
    const entry = this.#parts.tags.get(request.tag)
    return entry ? readModifiedPage(await this.#readers.take(), entry.id, request) : { entries: [] }
  }

  retain(tags: readonly string[], before: number): Promise<{ samples: number; isDone: boolean }> {
    const { driver, journal, tags: table } = this.#parts
    const entries = tags.flatMap((tag) => table.get(tag) ?? [])
    return this.#inTurn(() => forget({ driver, journal, entries, before }))
  }

  backup(file: string): Promise<void> {
    return this.#parts.driver.backupInto(file)
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

  /** Blocks of a tag; what is in memory is taken before the file is asked, so nothing is seen twice or not at all. */
  async *#read(
    entry: TagEntry,
    range: Pick<Stretch, 'from' | 'to' | 'direction' | 'chunksPerPage'>,
    isKept: boolean,
  ): AsyncGenerator<Samples> {
    const memory = { head: entry.head.visible(), chunkId: this.#parts.journal.chunkId, hasLate: entry.hasLate }
    const sql = await this.#readers.take()
    const decode = (row: ChunkRow): Samples => this.#chunks.get(row, isKept)
    yield* readStretch(sql, { tag: entry.id, ...memory, ...range }, decode)
  }

  async #nearest(
    entry: TagEntry,
    times: readonly number[],
    isUsable: (status: number) => boolean,
  ): Promise<readonly (Neighbours | undefined)[]> {
    const memory = { head: entry.head.visible(), chunkId: this.#parts.journal.chunkId, hasLate: entry.hasLate }
    const request = { tag: entry.id, times, isUsable, ...memory }
    return nearestOf(await this.#readers.take(), request, (row) => this.#chunks.get(row))
  }

  #reportChunk(chunk: number): void {
    if (this.#damaged.has(chunk)) return
    this.#damaged.add(chunk)
    this.reportCorruption({ kind: 'chunk', chunk })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work)
    this.#turn = result
    // Whoever asked gets the failure; the chain itself must not count as unhandled.
    result.catch(() => undefined)
    return result
  }
}
