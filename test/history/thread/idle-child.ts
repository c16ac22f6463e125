/** A process that reads in the thread of long reads, closes nothing of it, and has nothing more to do. */
import { openHistory } from '../../../src/history/store/sqlite-history.ts'
import { ThreadReads } from '../../../src/history/thread/thread-reads.ts'

const { store, source } = await openHistory({ file: process.argv[2] ?? '', clock: { now: () => 0 } })
const request = { tag: 'a', start: 0, end: Number.POSITIVE_INFINITY, limit: 10_000 }
const { samples } = await new ThreadReads({}).read(source, { kind: 'raw', request })
await store.close()
process.stdout.write(`${samples.count}\n`)
