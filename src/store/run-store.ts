import type { Outcome } from '../model/event.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { SqlDriver, SqlReads } from '../sqlite/driver.ts'
import { type Page, pageOf, type Span, spanSql } from '../sqlite/page.ts'
import { decode, encode } from '../sqlite/value-codec.ts'

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

/** Keeps what was run, so that for any result one finds the definition, the parameters and who asked. */
export interface RunStore {
  /** Keeps the start of a run; the same id again is refused. */
  start(run: RunStart): Promise<void>
  /** Keeps the end of a run; tells false when there is no such run or it has ended before, and changes nothing then. */
  end(runId: string, end: RunEnd): Promise<boolean>
  find(runId: string): Promise<StoredRun | undefined>
  /** Runs by the time of their start. */
  list(span: Span & { readonly pipeline?: string | undefined }): Promise<Page<StoredRun>>
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

/** Keeps runs in a database; `reads` are on a connection of their own where listings shall not wait for the writer. */
export function runStore(driver: SqlDriver, reads: SqlReads = driver): RunStore {
  return {
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
    async list({ pipeline, ...span }) {
      const { sql, tail, values } = spanSql(span, 'started')
      const rows = pipeline
        ? await reads.all<Row>(`${select} WHERE pipeline = ? AND ${sql} ${tail}`, [pipeline, ...values])
        : await reads.all<Row>(`${select} WHERE ${sql} ${tail}`, values)
      return pageOf(rows, span.limit, runOf)
    },
    open: async () => (await driver.all<Row>(`${select} WHERE ended IS NULL ORDER BY seq`)).map(runOf),
    async removeBefore(time, limit) {
      const { changes } = await driver.run(
        `DELETE FROM run WHERE seq IN (SELECT seq FROM run WHERE started < ? AND ended IS NOT NULL LIMIT ?)`,
        [time, limit],
      )
      return changes
    },
  }
}

function runOf({ id, pipeline, version, cause, initiator, parameters, time, ...rest }: Row): StoredRun {
  const start: RunStart = {
    ...{ runId: id, pipeline, trigger: cause, initiator, startedAt: time },
    ...(version === null ? {} : { version }),
    parameters: decode(parameters) as Record<string, Sample>,
  }
  const { ended, outcome, cycles, results, error } = rest
  if (ended === null) return start
  const end = { endedAt: ended, outcome, cycles, results: decode(results) as TagSample[] }
  return { ...start, end: error === null ? end : { ...end, error } }
}
