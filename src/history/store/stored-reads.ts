import { MillraceError } from '../../model/errors.ts'
import type { SqlReads } from '../../sqlite/driver.ts'
import type { Neighbours, Page, PageRequest } from '../history-store.ts'
import { noSamples, type Samples } from '../samples.ts'
import { neighboursOf } from './around.ts'
import { ChunkCache } from './chunk-cache.ts'
import { type ChunkRow, readStretch, type Stretch, samplesOf } from './chunk-reader.ts'
import { nearestOf, timesMax } from './nearest.ts'
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
/**
 * Pages up to this size keep their chunks decoded, because the next one begins in them. What long pages keep would only grow
 * old: it makes collecting the garbage several times as long, and everybody else waits for that.
 */
const keptLimit = chunkSize * 4

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
    const isKept = limit <= keptLimit
    for await (const block of this.#read(entry, { ...rangeOf(request), chunksPerPage }, isKept)) {
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

  /** See `HistoryStore.neighboursOfAll`. */
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
    isKept: boolean,
  ): AsyncGenerator<Samples> {
    const memory = this.#memoryOf(entry)
    const sql = await this.#parts.reader()
    const decode = (row: ChunkRow): Samples => this.#chunks.get(row, isKept)
    yield* readStretch(sql, { tag: entry.id, ...memory, ...range }, decode)
  }

  async #nearest(
    entry: TagEntry,
    times: readonly number[],
    isUsable: (status: number) => boolean,
  ): Promise<readonly (Neighbours | undefined)[]> {
    const request = { tag: entry.id, times, isUsable, ...this.#memoryOf(entry) }
    return nearestOf(await this.#parts.reader(), request, (row) => this.#chunks.get(row))
  }

  #memoryOf({ head, hasLate }: TagEntry): Pick<Stretch, 'head' | 'chunkId' | 'hasLate'> {
    return { head: head.visible(), chunkId: this.#parts.lastChunk(), hasLate }
  }
}
