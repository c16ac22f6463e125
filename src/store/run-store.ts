import { type Outcome, outcomes } from '../model/event.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { SqlDriver, SqlReads } from '../sqlite/driver.ts'
import { type Page, pageOf, type Span, spanSql } from '../sqlite/page.ts'
import { encode } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'
import { oneOf, samplesByName, tagSamplesOf } from './stored-sample.ts'
import type { Statement } from './write-queue.ts'

/** What is known of a run when it starts. */
export interface RunStart {
  readonly runId: string
  readonly pipeline: string
  /** Version of the definition; absent for one that was never kept. */
  readonly version?: number | undefined
  /** What started it: `user`, `job`, `schedule`, `auto`, `restart`. */
  readonly trigger: string
  readonly initiator: string
  readonly parameters: Readonly<Record<string, Sample>>
  /** In milliseconds since 1970 UTC. */
  readonly startedAt: number
}

/** What is known of it when it has ended. */
export interface RunEnd {
  readonly endedAt: number
  readonly outcome: Outcome
  readonly cycles: number
  /** The outputs as they were at its end. */
  readonly results: readonly TagSample[]
  /** What went wrong, when something did. */
  readonly error?: string | undefined
}

/** A run; `end` is absent while it runs, and after a crash until somebody ends it. */
export interface StoredRun extends RunStart {
  readonly end?: RunEnd | undefined
}

/** What can be asked about runs. Those that cannot be read are left out of what is listed, and told. */
export interface RunReads {
  /** Runs by the time of their start. */
  list(span: Span & { readonly pipeline?: string | undefined }): Promise<Page<StoredRun>>
}

/** Keeps what was run, so that for any result one finds the definition, the parameters and who asked. */
export interface RunStore extends RunReads {
  /** Keeps a run as it is now, whether it was kept before or not; one that has ended stays as it is. */
  save(run: StoredRun): Promise<void>
  /** Keeps the start of a run; the same id again is refused. */
  start(run: RunStart): Promise<void>
  /** Keeps the end of a run; tells false when there is no such run or it has ended before, and changes nothing then. */
  end(runId: string, end: RunEnd): Promise<boolean>
  find(runId: string): Promise<StoredRun | undefined>
  /** The run of a pipeline that ended last, and how many of its runs are kept. */
  summary(pipeline: string): Promise<{ readonly newest?: StoredRun | undefined; readonly count: number }>
  /** Runs that have not ended, oldest first: after a crash, those that it cut off. */
  open(): Promise<readonly StoredRun[]>
  /** Removes ended runs that started before a time, at most `limit`; tells how many. */
  removeBefore(time: number, limit: number): Promise<number>
}

interface Row {
  readonly seq: number
  readonly time: number
  readonly id: string
  readonly pipeline: string
  readonly version: number | null
  readonly cause: string
  readonly initiator: string
  readonly parameters: string
  readonly ended: number | null
  readonly outcome: Outcome
  readonly cycles: number
  readonly results: string
  readonly error: string | null
}

const select = `SELECT seq, started AS time, id, pipeline, version, cause, initiator, parameters, ended, outcome, cycles,
  results, error FROM run`

/** Rows that are looked through for one that can be read. */
const newestMax = 10

/** Keeps runs in a database; `reads` are on a connection of their own where listings shall not wait for the writer. */
export function runStore(driver: SqlDriver, reads: SqlReads, onDamage: OnDamage): RunStore {
  const told = { table: 'run', onDamage }
  return {
    ...runReads(reads, onDamage),
    async save(run) {
      const { sql, values } = runSaved(run)
      await driver.run(sql, values)
    },
    async start({ runId, pipeline, version = null, trigger, initiator, parameters, startedAt }) {
      await driver.run(
        `INSERT INTO run(id, pipeline, version, cause, initiator, parameters, started) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [runId, pipeline, version, trigger, initiator, encode(parameters), startedAt],
      )
    },
    async end(runId, { endedAt, outcome, cycles, results, error = null }) {
      const { changes } = await driver.run(
        `UPDATE run SET ended = ?, outcome = ?, cycles = ?, results = ?, error = ? WHERE id = ? AND ended IS NULL`,
        [endedAt, outcome, cycles, encode(results), error, runId],
      )
      return changes === 1
    },
    async find(runId) {
      const row = await driver.get<Row>(`${select} WHERE id = ?`, [runId])
      return row && runOf(row)
    },
    async summary(pipeline) {
      const newest = `${select} WHERE pipeline = ? AND ended IS NOT NULL ORDER BY started DESC, seq DESC LIMIT ${newestMax}`
      const rows = await driver.all<Row>(newest, [pipeline])
      const counted = await driver.get<{ n: number }>('SELECT count(*) AS n FROM run WHERE pipeline = ?', [pipeline])
      return { newest: readable(rows, runOf, told)[0], count: counted?.n ?? 0 }
    },
    async open() {
      const rows = await driver.all<Row>(`${select} WHERE ended IS NULL ORDER BY seq`)
      return readable(rows, runOf, told)
    },
    async removeBefore(time, limit) {
      const { changes } = await driver.run(
        `DELETE FROM run WHERE seq IN (SELECT seq FROM run WHERE started < ? AND ended IS NOT NULL LIMIT ?)`,
        [time, limit],
      )
      return changes
    },
  }
}

/** The listing of runs, for those who must not write. */
export function runReads(reads: SqlReads, onDamage: OnDamage): RunReads {
  return {
    async list({ pipeline, ...span }) {
      const { sql, tail, values } = spanSql(span, 'started')
      const rows = pipeline
        ? await reads.all<Row>(`${select} WHERE pipeline = ? AND ${sql} ${tail}`, [pipeline, ...values])
        : await reads.all<Row>(`${select} WHERE ${sql} ${tail}`, values)
      const { entries, next } = pageOf(rows, span.limit, (row) => row)
      return { entries: readable(entries, runOf, { table: 'run', onDamage }), ...(next ? { next } : {}) }
    },
  }
}

/** The statement that keeps a run as it is now; it does no harm when it is repeated. */
export function runSaved({ runId, pipeline, version, trigger, initiator, ...rest }: StoredRun): Statement {
  const { parameters, startedAt, end } = rest
  const sql = `
    INSERT INTO run(id, pipeline, version, cause, initiator, parameters, started, ended, outcome, cycles, results, error)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(id) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome, cycles = excluded.cycles,
      results = excluded.results, error = excluded.error WHERE ended IS NULL`
  const ended = end
    ? [end.endedAt, end.outcome, end.cycles, encode(end.results), end.error ?? null]
    : [null, null, null, null, null]
  return {
    sql,
    values: [runId, pipeline, version ?? null, trigger, initiator, encode(parameters), startedAt, ...ended],
  }
}

function runOf({ id, pipeline, version, cause, initiator, parameters, time, ...rest }: Row): StoredRun {
  const start: RunStart = {
    ...{ runId: id, pipeline, trigger: cause, initiator, startedAt: time },
    ...(version === null ? {} : { version }),
    parameters: samplesByName(parameters),
  }
  const { ended, outcome, cycles, results, error } = rest
  if (ended === null) return start
  const end = { endedAt: ended, outcome: oneOf(outcome, outcomes), cycles, results: tagSamplesOf(results) }
  return { ...start, end: error === null ? end : { ...end, error } }
}
