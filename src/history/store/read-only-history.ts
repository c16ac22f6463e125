import type { SqlAdapter, SqlReads } from '../../sqlite/driver.ts'
import { openReadOnly, type ReadOnlyDatabase } from '../../sqlite/open-read-only.ts'
import type { HistoryStore, Neighbours, Page, PageRequest } from '../history-store.ts'
import type { Samples } from '../samples.ts'
import type { Corruption } from './around.ts'
import { ChunkCache } from './chunk-cache.ts'
import { recover } from './recover.ts'
import { historySchema } from './schema.ts'
import { memoryOf, onceEach, StoredReads } from './stored-reads.ts'
import { TagTable } from './tag-table.ts'

/** How a history is opened that another process may be writing. */
export interface OpenReadOnlyHistoryOptions {
  readonly file: string
  /** `sqlite3` when absent. */
  readonly adapter?: SqlAdapter | undefined
  /** Which tags are going to be read; what is not in chunks yet is taken into memory for them. All when absent. */
  readonly isWanted?: ((tag: string) => boolean) | undefined
  /** Called when stored samples turn out to be damaged. */
  readonly onCorruption?: ((corruption: Corruption) => void) | undefined
}

/** What there is of a tag. */
export interface KeptTag {
  readonly tag: string
  /** Its data type, where it was told. */
  readonly dataType: string | undefined
  readonly samples: number
  /** Times of the first and last sample, in milliseconds since 1970 UTC; absent without samples. */
  readonly first: number | undefined
  readonly last: number | undefined
  /** Bytes of its chunks in the file; samples in the journal are not counted. */
  readonly bytes: number
}

/**
 * Opens a history to look at it, while another process may be writing it: everything that was acknowledged before is there
 * exactly once, and nothing that came later. The file is never written; what is damaged stays and reads as lost.
 *
 * No snapshot is held while it is read, or the log of the writer could not shrink however long that takes. So what is forgotten or
 * modified meanwhile may be read before or after that.
 */
export async function openHistoryReadOnly(options: OpenReadOnlyHistoryOptions): Promise<ReadOnlyHistory> {
  const { file, adapter, isWanted, onCorruption = () => undefined } = options
  const database = await openReadOnly({ file, adapter, schema: historySchema })
  try {
    const tags = new TagTable()
    const { names, recovered } = await database.reader.snapshot(async (sql) => {
      return { names: await namesIn(sql), recovered: await recover(sql, tags, isWanted) }
    })
    if (recovered.corrupt > 0) onCorruption({ kind: 'journal', lost: recovered.lost })
    return new ReadOnlyHistory({ database, tags, names, lastChunk: recovered.chunkId, onCorruption })
  } catch (error) {
    await database.reader.close()
    throw error
  }
}

async function namesIn(sql: SqlReads): Promise<readonly string[]> {
  const rows = await sql.all<{ name: string }>('SELECT name FROM tag ORDER BY name')
  return rows.map(({ name }) => name)
}

interface Parts {
  readonly database: ReadOnlyDatabase
  readonly tags: TagTable
  readonly names: readonly string[]
  readonly lastChunk: number
  readonly onCorruption: (corruption: Corruption) => void
}

/** A history as it was when it was opened. */
export class ReadOnlyHistory implements Pick<HistoryStore, 'readPage' | 'scan' | 'neighbours' | 'close'> {
  /** The names of all tags, wanted or not, in order. */
  readonly names: readonly string[]
  readonly #parts: Parts
  readonly #reads: StoredReads

  constructor(parts: Parts) {
    this.#parts = parts
    this.names = parts.names
    this.#reads = new StoredReads({
      memory: (tag) => memoryOf(parts.tags, tag, parts.lastChunk),
      reader: async () => parts.database.reader,
      onDamage: onceEach((chunk) => parts.onCorruption({ kind: 'chunk', chunk })),
      chunks: new ChunkCache(),
    })
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

  /** What there is of the wanted tags, in order of name. */
  async kept(): Promise<readonly KeptTag[]> {
    const rows = await this.#parts.database.reader.all<KeptRow>(
      `SELECT tag.name, tag.type, total(n) AS n, min(t0) AS t0, max(t1) AS t1,
         total(length(blob)) AS bytes
       FROM tag LEFT JOIN chunk ON chunk.tag = tag.id AND isOpen = 0 AND isLate IN (0, 1) AND chunk.id <= ?
       GROUP BY tag.id ORDER BY tag.name`,
      [this.#parts.lastChunk],
    )
    return rows.flatMap((row) => this.#keptTag(row))
  }

  /** Rejects with `database-changed` when what was read may not belong together; call it when everything was read. */
  assertUnchanged(): Promise<void> {
    return this.#parts.database.assertUnchanged()
  }

  close(): Promise<void> {
    return this.#parts.database.reader.close()
  }

  #keptTag({ name, type, n, t0, t1, bytes }: KeptRow): readonly KeptTag[] {
    const entry = this.#parts.tags.get(name)
    if (!entry) return []
    const { times, count } = entry.head.visible()
    const known = [t0, t1, times[0], times[count - 1]].filter((time) => typeof time === 'number')
    const [first, last] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : []
    return [{ tag: name, dataType: type ?? undefined, samples: n + count, first, last, bytes }]
  }
}

interface KeptRow {
  readonly name: string
  readonly type: string | null
  readonly n: number
  readonly t0: number | null
  readonly t1: number | null
  readonly bytes: number
}
