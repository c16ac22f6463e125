import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { defaultConfiguration } from '../../src/history/aggregate/configuration.ts'
import { readProcessed } from '../../src/history/aggregate/processed.ts'
import type { HistoryStore } from '../../src/history/history-store.ts'
import { readAtTime } from '../../src/history/read/at-time.ts'
import { openHistory } from '../../src/history/store/sqlite-history.ts'
import type { TagSample } from '../../src/model/sample.ts'
import type { SqlReader } from '../../src/sqlite/driver.ts'
import { PostgresRows } from './history-postgres.ts'
import { Rows } from './history-rivals.ts'
import type { PostgresServer } from './postgres-server.ts'
import { median, type Row, row } from './report.ts'

const begin = 1_700_000_000_000
const dayMs = 86_400_000
/** The numbers of the tags in the table of rows: in the order in which they came first. */
const [levelNumber, slowNumber] = [0, 2]
/** A tag that changes every ten minutes: all of it is still in memory. */
const slow = 'plc1.slow'
const slowEvery = 600

/** How much is read, and how often. */
export interface ReadsOptions {
  readonly folder: string
  readonly days: number
  readonly repetitions: number
  readonly postgres: PostgresServer | undefined
}

/** What reading has shown. */
export interface ReadsResult {
  readonly rows: readonly Row[]
  /** Milliseconds of the slowest aggregate over a day of 1 Hz in minutes. */
  readonly dayMs: number
}

/** A read by each contender that has it; it gives how much was found. */
interface ReadCase {
  readonly name: string
  readonly by: Readonly<Record<string, () => Promise<number>>>
}

/** Reads one tag of 1 Hz among others from the history, a row per value, and PostgreSQL where it is there; milliseconds, in turn. */
export async function measureReads({ folder, days, repetitions, postgres }: ReadsOptions): Promise<ReadsResult> {
  const { store } = await openHistory({ file: join(folder, 'reads.db'), clock: { now: () => Date.now() } })
  const plain = await Rows.open(folder, 'NORMAL')
  const server = postgres && (await PostgresRows.open(postgres, 'NORMAL'))
  const seconds = days * 86_400
  for (let second = 0; second < seconds; second += 2000) {
    const batch = batchOf(second, Math.min(2000, seconds - second))
    await store.append(batch)
    await plain.append(batch)
    await server?.append(batch)
  }
  // As its own daemon would, after so many rows.
  await server?.client.query('VACUUM ANALYZE sample')
  const reader = await plain.driver.reader()
  const rows: Row[] = []
  for (const each of casesOf({ store, reader, server }, begin + seconds * 1000)) {
    const { ours = Number.NaN, ...theirs } = await timesOf(each, repetitions)
    rows.push(row(each.name, 'ms', ours, theirs))
  }
  rows.push(await scanned(store, begin + seconds * 1000))
  await store.close()
  await plain.driver.close()
  await server?.client.close()
  const days1Hz = rows.filter(({ name }) => name.startsWith('a day'))
  return { rows, dayMs: Math.max(...days1Hz.map(({ value }) => value)) }
}

interface Contenders {
  readonly store: HistoryStore
  readonly reader: SqlReader
  readonly server: PostgresRows | undefined
}

function casesOf({ store, reader, server }: Contenders, end: number): ReadCase[] {
  const day = { start: end - dayMs, end }
  const instants = Array.from({ length: 100 }, (_, index) => end - dayMs + index * 864_000 + 333)
  const inMinutes = (aggregate: 'Average' | 'TimeAverage2'): ReadCase => ({
    name: `a day of 1 Hz in minutes, ${aggregate}`,
    by: {
      ours: () => minutes(store, day, aggregate),
      // They average; what values are between samples is not asked of them.
      rows: () => minutesOfRows(reader, day),
      ...(server && { postgres: () => server.minutes('plc1.level', day) }),
    },
  })
  return [
    {
      name: 'last 10 000 raw',
      by: {
        ours: () => lastRaw(store, 'plc1.level', end),
        rows: () => lastRows(reader, levelNumber),
        ...(server && { postgres: () => server.lastRaw('plc1.level') }),
      },
    },
    {
      name: 'all of a slow tag, which is in memory still',
      by: {
        ours: () => lastRaw(store, slow, end),
        rows: () => lastRows(reader, slowNumber),
        ...(server && { postgres: () => server.lastRaw(slow) }),
      },
    },
    inMinutes('Average'),
    inMinutes('TimeAverage2'),
    {
      name: 'at time, 100 points of a day',
      by: {
        ours: () => atTime(store, instants),
        rows: () => atTimeOfRows(reader, instants),
        ...(server && { postgres: () => server.atTimes('plc1.level', instants) }),
      },
    },
  ]
}

async function timesOf({ by }: ReadCase, repetitions: number): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {}
  for (let repetition = -2; repetition < repetitions; repetition++) {
    for (const [name, read] of Object.entries(by)) {
      const ms = await timed(read)
      // The first rounds warm up.
      if (repetition >= 0) times[name] = [...(times[name] ?? []), ms]
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, each]) => [name, median(each)]))
}

function batchOf(from: number, seconds: number): TagSample[] {
  return Array.from({ length: seconds }, (_, index) => {
    const second = from + index
    const value = Math.round(200 + 50 * Math.sin(second / 600) + 5 * Math.sin(second)) / 10
    const tags = second % slowEvery === 0 ? ['plc1.level', 'plc1.flow', slow] : ['plc1.level', 'plc1.flow']
    return tags.map((tag) => ({
      tag,
      sample: { value, status: 0, sourceTime: begin + second * 1000 },
    }))
  }).flat()
}

/** Milliseconds of one read; a read that found nothing would be no measurement. */
async function timed(read: () => Promise<number>): Promise<number> {
  const start = performance.now()
  const found = await read()
  if (found === 0) throw new Error('a read of the benchmark found nothing')
  return performance.now() - start
}

/** What a long read does to everybody else: the delay of the event loop while everything is read ten times. */
async function scanned(store: HistoryStore, end: number): Promise<Row> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let count = 0
  for (let round = 0; round < 10; round++) {
    for await (const block of store.scan('plc1.level', begin, end)) count += block.count
  }
  delay.disable()
  return row(`event-loop delay p99 while ${count} samples are read`, 'ms', delay.percentile(99) / 1e6)
}

async function lastRaw(store: HistoryStore, tag: string, end: number): Promise<number> {
  return (await store.readPage({ tag, start: end, end: 0, limit: 10_000 })).samples.count
}

async function lastRows(reader: SqlReader, number: number): Promise<number> {
  const sql = 'SELECT time, status, value FROM sample WHERE tag = ? ORDER BY time DESC LIMIT 10000'
  return (await reader.all(sql, [number])).length
}

async function minutes(
  store: HistoryStore,
  range: { start: number; end: number },
  aggregate: 'Average' | 'TimeAverage2',
): Promise<number> {
  const request = { tag: 'plc1.level', ...range, interval: 60_000, aggregate, configuration: defaultConfiguration }
  return (await readProcessed(store, request)).length
}

async function minutesOfRows(reader: SqlReader, { start, end }: { start: number; end: number }): Promise<number> {
  const sql = `SELECT CAST((time - ?2) / 60000 AS INTEGER) AS minute, avg(value) AS average, count(*) AS count FROM sample
    WHERE tag = ?1 AND time >= ?2 AND time < ?3 AND status < 0x40000000 GROUP BY minute ORDER BY minute`
  return (await reader.all(sql, [levelNumber, start, end])).length
}

async function atTime(store: HistoryStore, times: readonly number[]): Promise<number> {
  const request = { tag: 'plc1.level', times, useSimpleBounds: false, configuration: defaultConfiguration }
  return (await readAtTime(store, request)).length
}

async function atTimeOfRows(reader: SqlReader, times: readonly number[]): Promise<number> {
  const one = (column: string, condition: string): string =>
    `(SELECT ${column} FROM sample WHERE tag = ?2 AND ${condition} LIMIT 1)`
  const [before, after] = ['time <= asked.value ORDER BY time DESC', 'time > asked.value ORDER BY time']
  const rows = await reader.all(
    `SELECT ${one('time', before)} AS time0, ${one('value', before)} AS value0,
       ${one('time', after)} AS time1, ${one('value', after)} AS value1 FROM json_each(?1) AS asked`,
    [JSON.stringify(times), levelNumber],
  )
  return rows.length
}
