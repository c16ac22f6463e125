import type { ProgramState } from '../model/program.ts'
import type { Sample } from '../model/sample.ts'
import type { SqlDriver } from '../sqlite/driver.ts'
import { encode } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'
import { oneOf, sampleOf } from './stored-sample.ts'
import type { Statement } from './write-queue.ts'

/** The state of a pipeline's Program when the plant ended. */
export interface StoredProgram {
  readonly pipeline: string
  readonly state: ProgramState
  /** When it came into this state, in milliseconds since 1970 UTC. */
  readonly time: number
  /** The run that was under way. */
  readonly runId?: string | undefined
}

/** A parameter that was set. */
export interface StoredParameter {
  readonly pipeline: string
  readonly name: string
  readonly sample: Sample
}

/** Keeps what the plant needs to come back as it was. Rows that cannot be read are left out of what is listed, and told. */
export interface PlantStateStore {
  programs(): Promise<readonly StoredProgram[]>
  parameters(): Promise<readonly StoredParameter[]>
  saveProgram(program: StoredProgram): Promise<void>
  saveParameter(parameter: StoredParameter): Promise<void>
  /** Forgets all pipelines but these. */
  keepOnly(pipelines: Iterable<string>): Promise<void>
}

const states: readonly ProgramState[] = ['Halted', 'Ready', 'Running', 'Suspended']

/** Keeps the state of the plant in a database. */
export function plantStateStore(driver: SqlDriver, onDamage: OnDamage): PlantStateStore {
  const write = async ({ sql, values }: Statement): Promise<void> => void (await driver.run(sql, values))
  return {
    async programs() {
      const sql = 'SELECT pipeline, state, time, run AS runId FROM program ORDER BY pipeline'
      const rows = await driver.all<{ pipeline: string; state: string; time: number; runId: string | null }>(sql)
      return readable(rows, programOf, { table: 'program', onDamage })
    },
    async parameters() {
      const sql = 'SELECT pipeline, name, sample FROM parameter ORDER BY pipeline, name'
      const rows = await driver.all<{ pipeline: string; name: string; sample: string }>(sql)
      const make = (row: (typeof rows)[number]) => ({ ...row, sample: sampleOf(row.sample) })
      return readable(rows, make, { table: 'parameter', onDamage })
    },
    saveProgram: (program) => write(programSaved(program)),
    saveParameter: (parameter) => write(parameterSaved(parameter)),
    keepOnly: (pipelines) =>
      driver.transaction(async (sql) => {
        for (const each of othersForgotten(pipelines)) await sql.run(each.sql, each.values)
      }),
  }
}

/** The statement that keeps the state of a Program. */
export function programSaved({ pipeline, state, time, runId }: StoredProgram): Statement {
  const sql = `
    INSERT INTO program(pipeline, state, time, run) VALUES (?, ?, ?, ?)
    ON CONFLICT(pipeline) DO UPDATE SET state = excluded.state, time = excluded.time, run = excluded.run`
  return { sql, values: [pipeline, state, time, runId ?? null] }
}

/** The statement that keeps a parameter. */
export function parameterSaved({ pipeline, name, sample }: StoredParameter): Statement {
  const sql = `
    INSERT INTO parameter(pipeline, name, sample) VALUES (?, ?, ?)
    ON CONFLICT(pipeline, name) DO UPDATE SET sample = excluded.sample`
  return { sql, values: [pipeline, name, encode(sample)] }
}

/** The statements that forget all pipelines but these. */
export function othersForgotten(pipelines: Iterable<string>): readonly Statement[] {
  const values = [JSON.stringify([...pipelines])]
  return ['program', 'parameter'].map((table) => ({
    sql: `DELETE FROM ${table} WHERE pipeline NOT IN (SELECT value FROM json_each(?))`,
    values,
  }))
}

function programOf({ state, runId, ...rest }: { pipeline: string; state: string; time: number; runId: string | null }) {
  const program = { ...rest, state: oneOf(state, states) }
  return runId === null ? program : { ...program, runId }
}
