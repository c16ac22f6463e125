import type { RunOrigin } from '../../model/run.ts'
import type { TagSample } from '../../model/sample.ts'
import type { SqlReads, SqlStatements } from '../../sqlite/driver.ts'

/** Numbers that are remembered; a pipeline has few runs at a time. */
const rememberedMax = 1000

/** Numbers of runs by their ids. */
export type RunNumbers = ReadonlyMap<string, number>

/** The runs that samples are of: each has a number, which is what samples carry. A number is never given twice. */
export class RunTable {
  /** Pipelines of which samples were forgotten, so that runs may be in the table that no sample is of. */
  readonly unswept = new Set<string>()
  /** Those used last. */
  readonly #numbers = new Map<string, number>()

  /**
   * The numbers of the runs that a batch is of, undefined when it is of none; runs that are new get their row. They count once
   * {@link RunTable.remember} was called, when the transaction is durable.
   */
  async numbersFor(sql: SqlStatements, samples: readonly TagSample[]): Promise<RunNumbers | undefined> {
    const runs = runsOf(samples)
    if (runs.size === 0) return undefined
    const numbers = new Map<string, number>()
    const unknown: RunOrigin[] = []
    for (const run of runs.values()) {
      const number = this.#numbers.get(run.runId)
      if (number === undefined) unknown.push(run)
      else numbers.set(run.runId, number)
    }
    if (unknown.length === 0) return numbers
    for (const { id, number } of await insert(sql, unknown)) numbers.set(id, number)
    return numbers
  }

  remember(numbers: RunNumbers): void {
    for (const [id, number] of numbers) {
      this.#numbers.delete(id)
      this.#numbers.set(id, number)
    }
    for (const id of this.#numbers.keys()) {
      if (this.#numbers.size <= rememberedMax) break
      this.#numbers.delete(id)
    }
  }

  /** Call it when rows were deleted: a run that goes on gets another number then. */
  forgetAll(): void {
    this.#numbers.clear()
  }
}

/** What a number stands for. */
export async function runOf(sql: SqlReads, number: number): Promise<RunOrigin | undefined> {
  return sql.get<RunOrigin>(
    'SELECT id AS runId, pipeline, version, initiator, started AS startedAt FROM run WHERE number = ?',
    [number],
  )
}

function runsOf(samples: readonly TagSample[]): Map<string, RunOrigin> {
  const runs = new Map<string, RunOrigin>()
  let last: RunOrigin | undefined
  for (const { run } of samples) {
    // Samples of one run share one object, so this is nearly always all.
    if (run === undefined || run === last) continue
    last = run
    runs.set(run.runId, run)
  }
  return runs
}

interface Row {
  readonly id: string
  readonly number: number
}

async function insert(sql: SqlStatements, runs: readonly RunOrigin[]): Promise<readonly Row[]> {
  const ids = JSON.stringify(runs.map(({ runId }) => runId))
  const known = await sql.all<Row>('SELECT id, number FROM run WHERE id IN (SELECT value FROM json_each(?))', [ids])
  const isKnown = new Set(known.map(({ id }) => id))
  const missing = runs.filter(({ runId }) => !isKnown.has(runId))
  if (missing.length === 0) return known
  const made = await sql.all<Row>(
    `INSERT INTO run (id, pipeline, version, initiator, started)
     SELECT value ->> 'runId', value ->> 'pipeline', value ->> 'version', value ->> 'initiator', value ->> 'startedAt'
     FROM json_each(?) RETURNING id, number`,
    [JSON.stringify(missing)],
  )
  return [...known, ...made]
}
