import { MillraceError } from '../../model/errors.ts'
import type { SqlReads } from '../../sqlite/driver.ts'
import type { Neighbours, Page, PageRequest } from '../history-store.ts'
import { noSamples, type Samples } from '../samples.ts'
import { neighboursOf } from './around.ts'
import type { ChunkCache } from './chunk-cache.ts'
import { type ChunkRow, readStretch, type Stretch, samplesOf } from './chunk-reader.ts'
import { nearestOf, timesMax } from './nearest.ts'
import { PageCollector, rangeOf } from './page.ts'
import { chunkSize } from './tag-entry.ts'
import type { TagTable } from './tag-table.ts'

/** What a tag has that is not in chunks, and how its chunks are told from those that came later. */
export type Memory = Pick<Stretch, 'tag' | 'head' | 'chunkId' | 'hasLate'>

/** What samples are read from: chunks in a file, and what is not in chunks yet. */
export interface ReadSource {
  /** What is in memory of a tag now; undefined when there is no such tag. Asked before the file, so nothing is seen twice or missed. */
  readonly memory: (tag: string) => Memory | undefined
  /** A connection for the next read. */
  readonly reader: () => Promise<SqlReads>
  /** Called with each chunk whose check sum turns out to be wrong. */
  readonly onDamage: (chunk: number) => void
  readonly chunks: ChunkCache
  /** Called with each chunk that is needed, before it is decoded; what it throws ends the read. */
  readonly onChunk?: ((row: ChunkRow) => void) | undefined
}

/** The same from another thread, which has to ask. */
export interface DistantSource extends Omit<ReadSource, 'memory'> {
  readonly memory: (tag: string) => Memory | undefined | Promise<Memory | undefined>
}

/** Chunks that a long read fetches at once. */
const chunksPerPageMax = 32
/** Bytes of values, about, that a block of a scan has. */
const bytesPerBlock = 4 * 1024 * 1024
/**
 * Pages up to this size keep their chunks decoded, because the next one begins in them. What long pages keep would only grow
 * old: it makes collecting the garbage several times as long, and everybody else waits for that.
 */
const keptLimit = chunkSize * 4

/** Reads samples from chunks and heads; the same for the process that writes them, for its thread, and for one that only looks. */
export class StoredReads {
  readonly #source: ReadSource | DistantSource

  constructor(source: ReadSource | DistantSource) {
    this.#source = source
  }

  /** See `HistoryStore.readPage`. */
  async readPage(request: PageRequest): Promise<Page> {
    const { limit, tag } = request
    if (!(limit >= 1))
      throw new MillraceError('value-out-of-range', `a page of ${tag} has the limit ${limit}; ask for 1 or more`)
    const memory = await this.#source.memory(tag)
    if (!memory) return { samples: noSamples }
    const collector = new PageCollector(request)
    const chunksPerPage = Math.min(chunksPerPageMax, Math.ceil(limit / chunkSize) + 2)
    const isKept = limit <= keptLimit
    const sql = await this.#source.reader()
    const stretch = { ...memory, ...rangeOf(request), chunksPerPage }
    for await (const block of readStretch(sql, stretch, (row) => this.#samplesOf(row, isKept))) {
      if (collector.add(block)) break
    }
    return collector.page()
  }

  /** See `HistoryStore.scan`. */
  async *scan(tag: string, from: number, to: number): AsyncIterable<Samples> {
    if (!(from < to)) return
    const request = { tag, start: from, end: to, limit: chunkSize * chunksPerPageMax, bytesMax: bytesPerBlock }
    let after: PageRequest['after']
    // Pages of their own let long scans see what is appended meanwhile, and hold no snapshot of the file.
    do {
      const page: Page = await this.readPage({ ...request, after })
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
    const found: Neighbours[] = []
    for (let from = 0; from < times.length; from += timesMax) {
      const group = times.slice(from, from + timesMax)
      const nearest = await this.#nearest(tag, group, isUsable)
      for (const [index, time] of group.entries()) {
        found.push(nearest[index] ?? (await this.neighbours(tag, time, isUsable)))
      }
    }
    return found
  }

  async #nearest(
    tag: string,
    times: readonly number[],
    isUsable: (status: number) => boolean,
  ): Promise<readonly (Neighbours | undefined)[]> {
    const memory = await this.#source.memory(tag)
    if (!memory) return []
    const sql = await this.#source.reader()
    return nearestOf(sql, { ...memory, times, isUsable }, (row) => this.#samplesOf(row, true))
  }

  #samplesOf(row: ChunkRow, isKept: boolean): Samples {
    const { chunks, onDamage, onChunk } = this.#source
    onChunk?.(row)
    return chunks.get(row, (each) => samplesOf(each, onDamage), isKept)
  }
}

/** What a table of tags has in memory of one of them. */
export function memoryOf(tags: TagTable, tag: string, lastChunk: number): Memory | undefined {
  const entry = tags.get(tag)
  return entry && { tag: entry.id, head: entry.head.visible(), chunkId: lastChunk, hasLate: entry.hasLate }
}

/** Tells of each chunk once. */
export function onceEach(tell: (chunk: number) => void): (chunk: number) => void {
  const told = new Set<number>()
  return (chunk) => {
    if (told.has(chunk)) return
    told.add(chunk)
    tell(chunk)
  }
}
