import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openHistory } from '../../src/history/store/sqlite-history.ts'
import type { TagSample } from '../../src/model/sample.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'
import { Load } from './history-load.ts'
import { PostgresRows } from './history-postgres.ts'
import { Limit, Rows } from './history-rivals.ts'
import type { PostgresServer } from './postgres-server.ts'
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
  readonly postgres: PostgresServer | undefined
}

/** What a case has shown. */
export interface IngestResult {
  readonly rows: readonly Row[]
  /** Values per second of each, by name. */
  readonly rates: Readonly<Record<string, number>>
  readonly bytes: number
}

/** Somebody who takes batches, and what taking them was like. */
interface Contender {
  readonly name: string
  /** One in so many batches is enough to know its speed. */
  readonly share: number
  append(batch: readonly TagSample[]): Promise<void>
  readonly rates: number[]
  readonly commits: number[]
  readonly delays: number[]
}

/** Samples of each tag before anything is measured, so that chunks are sealed as they are in the long run. */
const warmUpPerTag = 300
const warmUpBatch = 10_000

/** Writes in turn into the history, a row per value, a bare file, and PostgreSQL where it is there; again and again. */
export async function measureIngest(options: IngestCase): Promise<IngestResult> {
  const { folder, batchSize, synchronous, tags, postgres } = options
  const file = join(folder, 'history.db')
  const { store } = await openHistory({ file, clock: { now: () => Date.now() }, synchronous })
  const plain = await Rows.open(folder, synchronous)
  const limit = await Limit.open(folder, batchSize)
  const server = postgres && (await PostgresRows.open(postgres, synchronous))
  const ours = contender('ours', 1, (batch) => store.append(batch))
  const rivals = [
    contender('rows', 8, (batch) => plain.append(batch)),
    contender('limit', 1, () => limit.append()),
    ...(server ? [contender('postgres', 8, (batch) => server.append(batch))] : []),
  ]
  const load = new Load(tags)
  // An empty table takes rows faster than one that has grown, so each gets a third of the history; all of it takes minutes.
  for (let done = 0; done < tags * warmUpPerTag; done += warmUpBatch) {
    const batch = load.batch(warmUpBatch)
    await store.append(batch)
    if (done % (3 * warmUpBatch) > 0) continue
    await plain.append(batch)
    await server?.append(batch)
  }
  await race([ours, ...rivals], load, options)
  const bytesOfRivals = { rows: await plain.bytesPerValue(), ...(server && { postgres: await server.bytesPerValue() }) }
  await store.close()
  await plain.driver.close()
  await limit.close()
  await server?.client.close()
  const bytes = await sizeOf(file)
  return { rows: rowsOf(options, { ours, rivals, bytes, bytesOfRivals }), rates: ratesOf([ours, ...rivals]), bytes }
}

function contender(name: string, share: number, append: Contender['append']): Contender {
  return { name, share, append, rates: [], commits: [], delays: [] }
}

/** Lets each take the same batches, one after the other, in another order each time. */
async function race(contenders: readonly Contender[], load: Load, options: IngestCase): Promise<void> {
  const { repetitions, values, batchSize } = options
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const batches = Array.from({ length: Math.ceil(values / batchSize) }, () => load.batch(batchSize))
    for (let place = 0; place < contenders.length; place++) {
      const each = contenders[(place + repetition) % contenders.length] as Contender
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      each.rates.push(await rateOf(batches.slice(0, Math.ceil(batches.length / each.share)), each))
      delay.disable()
      each.delays.push(delay.percentile(99) / 1e6)
    }
  }
}

async function rateOf(batches: readonly (readonly TagSample[])[], { append, commits }: Contender): Promise<number> {
  const start = performance.now()
  let count = 0
  for (const batch of batches) {
    const from = performance.now()
    await append(batch)
    commits.push(performance.now() - from)
    count += batch.length
  }
  return (count / (performance.now() - start)) * 1000
}

function rowsOf(
  { batchSize, synchronous }: IngestCase,
  found: {
    readonly ours: Contender
    readonly rivals: readonly Contender[]
    readonly bytes: number
    readonly bytesOfRivals: Readonly<Record<string, number>>
  },
): Row[] {
  const compared = (name: string, unit: string, of: (each: Contender) => number): Row =>
    row(name, unit, of(found.ours), Object.fromEntries(found.rivals.map((rival) => [rival.name, of(rival)])))
  return [
    compared(`append, batches of ${batchSize}, ${synchronous}`, 'values/s', ({ rates }) => median(rates)),
    compared('  commit p50', 'ms', ({ commits }) => median(commits)),
    compared('  commit p99', 'ms', ({ commits }) => percentile(commits, 0.99)),
    compared('  event-loop delay p99', 'ms', ({ delays }) => median(delays)),
    row('  bytes stored', 'bytes/value', found.bytes, found.bytesOfRivals),
  ]
}

function ratesOf(contenders: readonly Contender[]): Record<string, number> {
  return Object.fromEntries(contenders.map(({ name, rates }) => [name, median(rates)]))
}

/** Bytes of the sealed chunks per value, with what SQLite adds to them: the row, and two entries of indices. */
async function sizeOf(file: string): Promise<number> {
  const driver = await openDatabase({ file })
  const sum = await driver.get<{ bytes: number; n: number }>(
    'SELECT sum(length(blob)) + count(*) * 110 AS bytes, sum(n) AS n FROM chunk WHERE isOpen = 0',
  )
  await driver.close()
  return (sum?.bytes ?? Number.NaN) / (sum?.n ?? 1)
}
