import { MillraceError } from '../../model/errors.ts'
import type { SqlReads } from '../../sqlite/driver.ts'
import type { Neighbours, Page, PageRequest } from '../history-store.ts'
import { noSamples, type Samples } from '../samples.ts'
import { neighboursOf } from './around.ts'
import { ChunkCache } from './chunk-cache.ts'
import { readStretch, type Stretch, samplesOf } from './chunk-reader.ts'
import { PageCollector, rangeOf } from './page.ts'
import { chunkSize, type TagEntry } from './tag-entry.ts'
import type { TagTable } from './tag-table.ts'

/** What reading needs: where chunks are, and what is not in chunks. */
export interface StoredReadsParts {
  readonly tags: TagTable
  /** The last chunk that belongs to what the heads of the tags go on from. */
  readonly lastChunk: () => number
  /** A connection for the next read. */
  readonly reader: () => Promise<SqlReads>
  /** Called once for each chunk whose check sum is wrong. */
  readonly onDamage: (chunk: number) => void
}

/** Chunks that a long read fetches at once. */
const chunksPerPageMax = 32

/** Reads samples from chunks and heads; the same for the process that writes them and for one that only looks. */
export class StoredReads {
  readonly #parts: StoredReadsParts
  readonly #chunks = new ChunkCache((row) => samplesOf(row, (chunk) => this.reportDamage(chunk)))
  /** Chunks that are known to be damaged, so that each is told once. */
  readonly #damaged = new Set<number>()

  constructor(parts: StoredReadsParts) {
    this.#parts = parts
  }

  /** See `HistoryStore.readPage`. */
  async readPage(request: PageRequest): Promise<Page> {
    const { limit, tag } = request
    if (!(limit >= 1))
      throw new MillraceError('value-out-of-range', `a page of ${tag} has the limit ${limit}; ask for 1 or more`)
    const entry = this.#parts.tags.get(tag)
    if (!entry) return { samples: noSamples }
    const collector = new PageCollector(request)
    const chunksPerPage = Math.min(chunksPerPageMax, Math.ceil(limit / (chunkSize / 2)) + 1)
    for await (const block of this.#read(entry, { ...rangeOf(request), chunksPerPage })) {
      if (collector.add(block)) break
    }
    return collector.page()
  }

  /** See `HistoryStore.scan`. */
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

  /** See `HistoryStore.neighbours`. */
  neighbours(tag: string, time: number, isUsable: (status: number) => boolean = () => true): Promise<Neighbours> {
    return neighboursOf((request) => this.readPage({ tag, ...request }), time, isUsable)
  }

  /** Tells of a damaged chunk, once. */
  reportDamage(chunk: number): void {
    if (this.#damaged.has(chunk)) return
    this.#damaged.add(chunk)
    this.#parts.onDamage(chunk)
  }

  /** Blocks of a tag; what is in memory is taken before the file is asked, so nothing is seen twice or not at all. */
  async *#read(
    entry: TagEntry,
    range: Pick<Stretch, 'from' | 'to' | 'direction' | 'chunksPerPage'>,
  ): AsyncGenerator<Samples> {
    const memory = { head: entry.head.visible(), chunkId: this.#parts.lastChunk(), hasLate: entry.hasLate }
    const sql = await this.#parts.reader()
    yield* readStretch(sql, { tag: entry.id, ...memory, ...range }, (row) => this.#chunks.get(row))
  }
}
