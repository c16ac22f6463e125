import type { SqlReads } from '../../sqlite/driver.ts'
import type { Page } from '../history-store.ts'
import { type ReadSource, StoredReads } from '../store/stored-reads.ts'
import { type Asker, ThreadReads, type ThreadReadsOptions } from '../thread/thread-reads.ts'
import { type Reading, read } from './reading.ts'

/**
 * Chunks of about 512 samples that are decoded in the thread that publishes: half a millisecond of work at most. Handing a read
 * over takes a fifth of that, so the usual trend is there sooner when it is read here.
 */
const chunksMax = 12
/** Times, and intervals, from which on what is computed for each of them takes as long. */
const timesMax = 64
const intervalsMax = 500
/** Samples of a page that is likely to reach into more chunks. */
const samplesMax = chunksMax * 256

/**
 * Reads what a few chunks hold where it is asked, and everything longer in a thread of its own, so that whoever publishes does not
 * wait for it. Both do the same; only the place differs.
 */
export class HistoryReads {
  readonly #thread: ThreadReads

  constructor(options: ThreadReadsOptions = {}) {
    this.#thread = new ThreadReads(options)
  }

  /** Reads. It rejects with what the source rejects with, or as {@link ThreadReads.read} does. */
  async read(source: ReadSource, reading: Reading, asker?: Asker): Promise<Page> {
    if (!isLong(reading)) {
      try {
        return await read(new StoredReads(withFewChunks(source)), reading)
      } catch (error) {
        if (!(error instanceof TooLong)) throw error
      }
    }
    return this.#thread.read(source, reading, asker)
  }

  /** Ends the thread; reads that it has not answered reject. */
  close(): Promise<void> {
    return this.#thread.close()
  }
}

/** A read needs more chunks than should be read here. */
class TooLong extends Error {}

/** Tells whether a read is long before anything of it was read. */
function isLong({ kind, request }: Reading): boolean {
  switch (kind) {
    case 'raw':
      // The first page of a trend seldom has as many samples as it may; one that goes on has.
      return request.after !== undefined && request.limit > samplesMax
    case 'atTime':
      return request.times.length > timesMax
    case 'processed':
      return Math.abs(request.end - request.start) / request.interval > intervalsMax && request.interval > 0
    default:
      return kind satisfies never
  }
}

/** The source, until more than a few of its chunks were read. */
function withFewChunks(source: ReadSource): ReadSource {
  const chunks = new Set<unknown>()
  const counted = (rows: readonly unknown[]): void => {
    for (const row of rows as readonly { readonly id?: number; readonly blob?: Uint8Array }[]) {
      if (row.blob) chunks.add(row.id)
    }
    if (chunks.size > chunksMax) throw new TooLong()
  }
  return {
    ...source,
    chunksAtOnce: chunksMax + 1,
    reader: async () => {
      const sql = await source.reader()
      const all = async <T>(text: string, parameters?: Parameters<SqlReads['all']>[1]): Promise<readonly T[]> => {
        const rows = await sql.all<T>(text, parameters)
        counted(rows)
        return rows
      }
      return { all, get: async <T>(...asked: Parameters<SqlReads['all']>) => (await all<T>(...asked))[0] }
    },
  }
}
