import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IngestResult, measureIngest } from './history-ingest.ts'
import { measureReads } from './history-reads.ts'
import type { Benchmark } from './report.ts'

/** Cases of writing: size of a batch, and when a commit counts as durable. */
const cases = [
  { batchSize: 1000, synchronous: 'FULL' },
  { batchSize: 10_000, synchronous: 'FULL' },
  { batchSize: 1000, synchronous: 'NORMAL' },
  { batchSize: 10_000, synchronous: 'NORMAL' },
] as const

/**
 * The historian on a real file, against *rows* (a row per value through the same driver, a batch in one `json_each`) and the
 * *limit* (26 bytes per value appended to a file and synchronized after each batch).
 */
export const history: Benchmark = async ({ isQuick }) => {
  const results: IngestResult[] = []
  for (const each of isQuick ? cases.slice(1, 2) : cases) {
    const size = isQuick ? { tags: 1000, values: 100_000 } : { tags: 10_000, values: 400_000 }
    results.push(await inFolder((folder) => measureIngest({ folder, ...each, ...size, repetitions: 5 })))
  }
  const reads = await inFolder((folder) => measureReads(folder, isQuick ? 1 : 3, 5))
  const full = results[isQuick ? 0 : 1] as IngestResult
  const rate = Math.round(full.rate).toLocaleString('en')
  return {
    rows: [...results.flatMap(({ rows }) => rows), ...reads.rows],
    wanted: [
      { text: `500 000 values/s at batches of 10 000, FULL: ${rate}`, isReached: full.rate >= 500_000 },
      { text: `5 times a row per value: ${full.rowsRatio.toFixed(1)}`, isReached: full.rowsRatio >= 5 },
      { text: `under 6 bytes per value: ${full.bytes.toFixed(2)}`, isReached: full.bytes < 6 },
      { text: `a day of 1 Hz in minutes under 20 ms: ${reads.dayMs}`, isReached: reads.dayMs < 20 },
    ],
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
