import type { SqlDriver, SqlStatements } from '../sqlite/driver.ts'
import { decode, encode, type Storable } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'

/** A job order of a work unit, and what has come of it (OPC 10031-4). */
export interface StoredJob {
  /** Path of the equipment whose queue it is in. */
  readonly equipment: string
  /** JobOrderID, unique in the equipment. */
  readonly id: string
  /** Number of its state, 1 to 6. */
  readonly state: number
  /** ISA95JobOrderDataType as plain data. */
  readonly order: Storable
  /** ISA95JobResponseDataType as plain data; absent before it has run. */
  readonly response?: Storable | undefined
  /** When it was stored first, in milliseconds since 1970 UTC; it decides between equal priorities. */
  readonly arrivedAt: number
  readonly changedAt: number
}

/** Something that has to be told about a job, also when the program ends before it could be. */
export interface JobMessage {
  /** Its place in the order of all messages. */
  readonly seq: number
  readonly equipment: string
  readonly job: string
  readonly time: number
  readonly content: Storable
}

/** Keeps jobs, and what must still be told about them. */
export interface JobStore {
  /** Keeps a job as it is now, and in the same transaction what is to be told about the change. */
  save(job: StoredJob, message?: Storable): Promise<void>
  find(equipment: string, id: string): Promise<StoredJob | undefined>
  /** Jobs in order of arrival, of one piece of equipment or of all; those that cannot be read are left out and told. */
  list(equipment?: string): Promise<readonly StoredJob[]>
  /** Removes a job, and in the same transaction keeps what is to be told about it; tells whether it was there. */
  remove(job: { equipment: string; id: string; time: number }, message?: Storable): Promise<boolean>
  /** What is still to be told, oldest first. */
  outbox(limit: number): Promise<readonly JobMessage[]>
  /** Everything up to this message was told. */
  told(seq: number): Promise<void>
}

interface Row {
  readonly equipment: string
  readonly id: string
  readonly state: number
  readonly job_order: string
  readonly response: string | null
  readonly arrived: number
  readonly changed: number
}

const save = `
  INSERT INTO job(equipment, id, state, job_order, response, arrived, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(equipment, id) DO UPDATE SET
    state = excluded.state, job_order = excluded.job_order, response = excluded.response, changed = excluded.changed`

/** Keeps jobs in a database. */
export function jobStore(driver: SqlDriver, onDamage: OnDamage): JobStore {
  return {
    save: ({ equipment, id, state, order, response, arrivedAt, changedAt }, message) =>
      driver.transaction(async (sql) => {
        const answer = response === undefined ? null : encode(response)
        await sql.run(save, [equipment, id, state, encode(order), answer, arrivedAt, changedAt])
        await post(sql, { equipment, id, time: changedAt, message })
      }),
    async find(equipment, id) {
      const row = await driver.get<Row>('SELECT * FROM job WHERE equipment = ? AND id = ?', [equipment, id])
      return row && jobOf(row)
    },
    async list(equipment) {
      const rows =
        equipment === undefined
          ? await driver.all<Row>('SELECT * FROM job ORDER BY seq')
          : await driver.all<Row>('SELECT * FROM job WHERE equipment = ? ORDER BY seq', [equipment])
      return readable(rows, jobOf, { table: 'job', onDamage })
    },
    remove: ({ equipment, id, time }, message) =>
      driver.transaction(async (sql) => {
        const { changes } = await sql.run('DELETE FROM job WHERE equipment = ? AND id = ?', [equipment, id])
        if (changes > 0) await post(sql, { equipment, id, time, message })
        return changes > 0
      }),
    async outbox(limit) {
      const rows = await driver.all<{ seq: number; equipment: string; job: string; time: number; content: string }>(
        'SELECT * FROM job_outbox ORDER BY seq LIMIT ?',
        [limit],
      )
      const make = (row: (typeof rows)[number]) => ({ ...row, content: decode(row.content) as Storable })
      return readable(rows, make, { table: 'job_outbox', onDamage })
    },
    async told(seq) {
      await driver.run('DELETE FROM job_outbox WHERE seq <= ?', [seq])
    },
  }
}

async function post(
  sql: SqlStatements,
  { equipment, id, time, message }: { equipment: string; id: string; time: number; message: Storable | undefined },
): Promise<void> {
  if (message === undefined) return
  const insert = 'INSERT INTO job_outbox(equipment, job, time, content) VALUES (?, ?, ?, ?)'
  await sql.run(insert, [equipment, id, time, encode(message)])
}

function jobOf({ equipment, id, state, job_order, response, arrived, changed }: Row): StoredJob {
  const job = { equipment, id, state, order: decode(job_order) as Storable, arrivedAt: arrived, changedAt: changed }
  return response === null ? job : { ...job, response: decode(response) as Storable }
}
