import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IngestResult, measureIngest } from './history-ingest.ts'
import { measureReads } from './history-reads.ts'
import { measureRecovery } from './history-recovery.ts'
import { measureServing } from './history-serving.ts'
import { PostgresServer } from './postgres-server.ts'
import type { Benchmark, Report } from './report.ts'

/** Cases of writing: size of a batch, and when a commit counts as durable. */
const cases = [
  { batchSize: 1000, synchronous: 'FULL' },
  { batchSize: 10_000, synchronous: 'FULL' },
  { batchSize: 1000, synchronous: 'NORMAL' },
  { batchSize: 10_000, synchronous: 'NORMAL' },
] as const

/**
 * The historian on a real file, against *rows* (a row per value through the same driver, a batch in one `json_each`), the *limit*
 * (26 bytes per value appended to a file and synchronized after each batch), and *postgres* (a row per value by binary COPY, a
 * server of the benchmark's own on a socket, where PostgreSQL is installed). Then it is served to clients over OPC UA.
 */
export const history: Benchmark = async ({ isQuick }) => {
  const postgres = await PostgresServer.start()
  process.stdout.write(
    postgres ? `against ${postgres.version}\n\n` : 'without PostgreSQL, which is not installed here\n\n',
  )
  try {
    const ingests: IngestResult[] = []
    for (const each of isQuick ? cases.slice(1, 2) : cases) {
      const size = isQuick ? { tags: 1000, values: 100_000 } : { tags: 10_000, values: 400_000 }
      ingests.push(await inFolder((folder) => measureIngest({ folder, ...each, ...size, repetitions: 5, postgres })))
    }
    const reads = await inFolder((folder) =>
      measureReads({ folder, days: isQuick ? 1 : 3, repetitions: isQuick ? 5 : 15, postgres }),
    )
    // One minute at 100 000 values a second.
    const recovery = await inFolder((folder) =>
      measureRecovery({ folder, tags: isQuick ? 10_000 : 100_000, perTag: 60, repetitions: isQuick ? 3 : 5 }),
    )
    const samples = isQuick ? 200_000 : 1_000_000
    const serving = await measureServing({ samples, items: 1000, hertz: 10, repetitions: isQuick ? 3 : 5 })
    const full = ingests[isQuick ? 0 : 1] as IngestResult
    return {
      rows: [...ingests.flatMap(({ rows }) => rows), ...reads.rows, ...recovery.rows, ...serving.rows],
      wanted: wantedOf(full, { dayMs: reads.dayMs, recovery, serving }),
    }
  } finally {
    await postgres?.stop()
  }
}

function wantedOf(
  { rates, bytes }: IngestResult,
  others: {
    readonly dayMs: number
    readonly recovery: Awaited<ReturnType<typeof measureRecovery>>
    readonly serving: Awaited<ReturnType<typeof measureServing>>
  },
): Report['wanted'] {
  const { dayMs, recovery, serving } = others
  const { ours = Number.NaN, rows = Number.NaN, postgres } = rates
  const delivered = serving.delivered.toFixed(1)
  const megabytes = (serving.memoryGrowth / 1024 / 1024).toFixed(1)
  return [
    { text: `500 000 values/s at batches of 10 000, FULL: ${grouped(ours)}`, isReached: ours >= 500_000 },
    { text: `5 times a row per value: ${(ours / rows).toFixed(1)}`, isReached: ours / rows >= 5 },
    ...(postgres === undefined
      ? []
      : [
          {
            text: `at least PostgreSQL with binary COPY: ${(ours / postgres).toFixed(1)} times`,
            isReached: ours >= postgres,
          },
        ]),
    { text: `under 6 bytes per value: ${bytes.toFixed(2)}`, isReached: bytes < 6 },
    { text: `a day of 1 Hz in minutes under 20 ms: ${dayMs}`, isReached: dayMs < 20 },
    {
      text: `${grouped(recovery.values)} values in the journal opened under 2 s: ${(recovery.ms / 1000).toFixed(2)}`,
      isReached: recovery.ms < 2000,
    },
    {
      text: `event-loop delay p99 under 20 ms while a client reads: ${serving.delayP99.toFixed(1)}`,
      isReached: serving.delayP99 < 20,
    },
    { text: `every notification delivered meanwhile: ${delivered} %`, isReached: serving.delivered > 99.9 },
    {
      text: `memory flat meanwhile: ${megabytes} MB more at its most`,
      isReached: serving.memoryGrowth < 64 * 1024 * 1024,
    },
  ]
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en')
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
