import type { ProgramState } from '../model/program.ts'
import type { Sample } from '../model/sample.ts'
import type { SqlDriver } from '../sqlite/driver.ts'
import { decode, encode } from '../sqlite/value-codec.ts'

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

/** Keeps what the plant needs to come back as it was. */
export interface PlantStateStore {
  programs(): Promise<readonly StoredProgram[]>
  parameters(): Promise<readonly StoredParameter[]>
  saveProgram(program: StoredProgram): Promise<void>
  saveParameter(parameter: StoredParameter): Promise<void>
  /** Forgets a pipeline that was removed. */
  forget(pipeline: string): Promise<void>
}

const saveProgram = `
  INSERT INTO program(pipeline, state, time, run) VALUES (?, ?, ?, ?)
  ON CONFLICT(pipeline) DO UPDATE SET state = excluded.state, time = excluded.time, run = excluded.run`

const saveParameter = `
  INSERT INTO parameter(pipeline, name, sample) VALUES (?, ?, ?)
  ON CONFLICT(pipeline, name) DO UPDATE SET sample = excluded.sample`

/** Keeps the state of the plant in a database. */
export function plantStateStore(driver: SqlDriver): PlantStateStore {
  return {
    async programs() {
      const sql = 'SELECT pipeline, state, time, run AS runId FROM program ORDER BY pipeline'
      const rows = await driver.all<StoredProgram & { readonly runId: string | null }>(sql)
      return rows.map(({ runId, ...rest }) => (runId === null ? rest : { ...rest, runId }))
    },
    async parameters() {
      const sql = 'SELECT pipeline, name, sample FROM parameter ORDER BY pipeline, name'
      const rows = await driver.all<{ pipeline: string; name: string; sample: string }>(sql)
      return rows.map((row) => ({ ...row, sample: decode(row.sample) as Sample }))
    },
    async saveProgram({ pipeline, state, time, runId = null }) {
      await driver.run(saveProgram, [pipeline, state, time, runId])
    },
    async saveParameter({ pipeline, name, sample }) {
      await driver.run(saveParameter, [pipeline, name, encode(sample)])
    },
    forget: (pipeline) =>
      driver.transaction(async (sql) => {
        await sql.run('DELETE FROM program WHERE pipeline = ?', [pipeline])
        await sql.run('DELETE FROM parameter WHERE pipeline = ?', [pipeline])
      }),
  }
}
