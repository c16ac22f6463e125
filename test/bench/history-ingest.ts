import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openHistory } from '../../src/history/store/sqlite-history.ts'
import type { TagSample } from '../../src/model/sample.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'
import { Load } from './history-load.ts'
import { Limit, Rows } from './history-rivals.ts'
import { median, percentile, type Row, row } from './report.ts'

/** One case of writing. */
export interface IngestCase {
  readonly folder: string
  readonly batchSize: number
  readonly synchronous: 'FULL' | 'NORMAL'
  readonly tags: number
  readonly repetitions: number
  /** Values of one repetition. */
  readonly values: number
}

/** What a case has shown. */
export interface IngestResult {
  readonly rows: readonly Row[]
  readonly rate: number
  readonly rowsRatio: number
  readonly bytes: number
}

/** Samples of each tag before anything is measured, so that chunks are sealed as they are in the long run. */
const warmUpPerTag = 300

/** Writes in turn into the history, a row per value, and a bare file, again and again; tells values per second of each. */
export async function measureIngest(options: IngestCase): Promise<IngestResult> {
  const { folder, batchSize, synchronous, tags, repetitions, values } = options
  const file = join(folder, 'history.db')
  const { store } = await openHistory({ file, clock: { now: () => Date.now() }, synchronous })
  const plain = await Rows.open(folder, synchronous)
  const limit = await Limit.open(folder, batchSize)
  const load = new Load(tags)
  // An empty table takes rows faster than one that has grown, so it gets a third of the history; all of it takes minutes.
  for (let done = 0; done < tags * warmUpPerTag; done += 10_000) {
    const batch = load.batch(10_000)
    await store.append(batch)
    if (done % 30_000 === 0) await plain.append(batch)
  }
  const delays: number[] = []
  const commits: number[] = []
  const rates: Record<'ours' | 'rows' | 'limit', number[]> = { ours: [], rows: [], limit: [] }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const batches = Array.from({ length: Math.ceil(values / batchSize) }, () => load.batch(batchSize))
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    rates.ours.push(await rateOf(batches, (batch) => store.append(batch), commits))
    delay.disable()
    delays.push(delay.percentile(99) / 1e6)
    // A row per value is so much slower that a part is enough to know its speed.
    rates.rows.push(await rateOf(batches.slice(0, Math.ceil(batches.length / 8)), (batch) => plain.append(batch)))
    rates.limit.push(await rateOf(batches, () => limit.append()))
  }
  await store.close()
  const recovery = await recoveryOf(file)
  await plain.driver.close()
  await limit.close()
  const bytes = await sizeOf(file)
  const name = `append, batches of ${batchSize}, ${synchronous}`
  const [ours, theirs] = [median(rates.ours), median(rates.rows)]
  return {
    rows: [
      row(name, 'values/s', ours, { rows: theirs, limit: median(rates.limit) }),
      row('  commit p50', 'ms', median(commits)),
      row('  commit p99', 'ms', percentile(commits, 0.99)),
      row('  event-loop delay p99', 'ms', median(delays)),
      row('  bytes in chunks', 'bytes/value', bytes),
      row(`  opening again, ${recovery.values} values in the journal`, 'ms', recovery.ms),
    ],
    rate: ours,
    rowsRatio: ours / theirs,
    bytes,
  }
}

async function rateOf(
  batches: readonly (readonly TagSample[])[],
  append: (batch: readonly TagSample[]) => Promise<void>,
  durations: number[] = [],
): Promise<number> {
  const start = performance.now()
  let count = 0
  for (const batch of batches) {
    const from = performance.now()
    await append(batch)
    durations.push(performance.now() - from)
    count += batch.length
  }
  return (count / (performance.now() - start)) * 1000
}

/** How long it takes to open a history whose journal is full. */
async function recoveryOf(file: string): Promise<{ values: number; ms: number }> {
  const start = performance.now()
  const { store } = await openHistory({ file, clock: { now: () => Date.now() } })
  const ms = performance.now() - start
  const { unsealed } = store.health()
  await store.close()
  return { values: unsealed, ms }
}

/** Bytes of the sealed chunks per value, with what SQLite adds to them. */
async function sizeOf(file: string): Promise<number> {
  const driver = await openDatabase({ file })
  const sum = await driver.get<{ bytes: number; n: number }>(
    'SELECT sum(length(blob)) + count(*) * 110 AS bytes, sum(n) AS n FROM chunk WHERE isOpen = 0',
  )
  await driver.close()
  return (sum?.bytes ?? Number.NaN) / (sum?.n ?? 1)
}
