import type { Page } from '../history-store.ts'
import { type ReadSource, StoredReads } from '../store/stored-reads.ts'
import { type Asker, ThreadReads, type ThreadReadsOptions } from '../thread/thread-reads.ts'
import { type Reading, read } from './reading.ts'

/**
 * Chunks of about 512 samples that are decoded in the thread that publishes: a page of ten thousand numbers. That takes a quarter of a
 * millisecond, as handing it over and taking it back would, and the answer is there sooner.
 */
const chunksMax = 24
/** Their bytes in the file: long texts take longer. */
const bytesMax = 256 * 1024
/** Times, and intervals, from which on what is computed for each of them takes twice as long by itself. */
const timesMax = 200
const intervalsMax = 500

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
      return false
    case 'atTime':
      return request.times.length > timesMax
    case 'processed':
      return Math.abs(request.end - request.start) / request.interval > intervalsMax && request.interval > 0
    default:
      return kind satisfies never
  }
}

/** The source, until more than a few of its chunks are needed. */
function withFewChunks(source: ReadSource): ReadSource {
  const seen = new Set<number>()
  let bytes = 0
  return {
    ...source,
    onChunk({ id, blob }) {
      if (seen.has(id)) return
      seen.add(id)
      bytes += blob.length
      if (seen.size > chunksMax || bytes > bytesMax) throw new TooLong()
    },
  }
}
