import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { defaultConfiguration } from '../../src/history/aggregate/configuration.ts'
import { readProcessed } from '../../src/history/aggregate/processed.ts'
import type { HistoryStore } from '../../src/history/history-store.ts'
import { readAtTime } from '../../src/history/read/at-time.ts'
import { openHistory } from '../../src/history/store/sqlite-history.ts'
import type { TagSample } from '../../src/model/sample.ts'
import type { SqlReader } from '../../src/sqlite/driver.ts'
import { Rows } from './history-rivals.ts'
import { median, type Row, row } from './report.ts'

const begin = 1_700_000_000_000
const dayMs = 86_400_000
/** The number of `plc1.level` in the table of rows: it is the first tag. */
const levelNumber = 0

/** Reads one tag of 1 Hz among others, from the history and from a row per value; milliseconds, in turn. */
export async function measureReads(
  folder: string,
  days: number,
  repetitions: number,
): Promise<{ rows: Row[]; dayMs: number }> {
  const { store } = await openHistory({ file: join(folder, 'reads.db'), clock: { now: () => Date.now() } })
  const plain = await Rows.open(folder, 'NORMAL')
  const seconds = days * 86_400
  for (let second = 0; second < seconds; second += 2000) {
    const batch = batchOf(second, Math.min(2000, seconds - second))
    await store.append(batch)
    await plain.append(batch)
  }
  const reader = await plain.driver.reader()
  const end = begin + seconds * 1000
  const lastDay = { start: end - dayMs, end }
  const instants = Array.from({ length: 100 }, (_, index) => end - dayMs + index * 864_000 + 333)
  const cases: [string, () => Promise<number>, () => Promise<number>][] = [
    ['last 10 000 raw', () => lastRaw(store, end), () => lastRows(reader)],
    [
      'a day of 1 Hz in minutes, Average',
      () => minutes(store, lastDay, 'Average'),
      () => minutesOfRows(reader, lastDay),
    ],
    [
      'a day of 1 Hz in minutes, TimeAverage2',
      () => minutes(store, lastDay, 'TimeAverage2'),
      () => minutesOfRows(reader, lastDay),
    ],
    ['at time, 100 points of a day', () => atTime(store, instants), () => atTimeOfRows(reader, instants)],
  ]
  const rows: Row[] = []
  for (const [name, ours, theirs] of cases) {
    const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
    for (let repetition = -1; repetition < repetitions; repetition++) {
      const [mine, rival] = [await timed(ours), await timed(theirs)]
      // The first round warms up.
      if (repetition >= 0) times.ours.push(mine)
      if (repetition >= 0) times.theirs.push(rival)
    }
    rows.push(row(name, 'ms', median(times.ours), { rows: median(times.theirs) }))
  }
  rows.push(await scanned(store, end))
  await store.close()
  await plain.driver.close()
  return { rows, dayMs: rows[1]?.value ?? Number.NaN }
}

function batchOf(from: number, seconds: number): TagSample[] {
  return Array.from({ length: seconds }, (_, index) => {
    const second = from + index
    const value = Math.round(200 + 50 * Math.sin(second / 600) + 5 * Math.sin(second)) / 10
    return ['plc1.level', 'plc1.flow'].map((tag) => ({
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

async function lastRaw(store: HistoryStore, end: number): Promise<number> {
  return (await store.readPage({ tag: 'plc1.level', start: end, end: 0, limit: 10_000 })).samples.count
}

async function lastRows(reader: SqlReader): Promise<number> {
  const sql = 'SELECT time, status, value FROM sample WHERE tag = ? ORDER BY time DESC LIMIT 10000'
  return (await reader.all(sql, [levelNumber])).length
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
  let found = 0
  for (const time of times) {
    const before = 'SELECT time, value FROM sample WHERE tag = ? AND time <= ? ORDER BY time DESC LIMIT 1'
    const after = 'SELECT time, value FROM sample WHERE tag = ? AND time > ? ORDER BY time LIMIT 1'
    for (const sql of [before, after]) if (await reader.get(sql, [levelNumber, time])) found++
  }
  return found
}
