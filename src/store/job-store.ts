import type { SqlDriver } from '../sqlite/driver.ts'
import { decode, encode, type Storable } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'
import type { Statement } from './write-queue.ts'

/** A job order of a work unit, and what has come of it (OPC 10031-4). */
export interface StoredJob {
  /** Path of the equipment whose list it is in. */
  readonly equipment: string
  /** JobOrderID, unique in the equipment. */
  readonly id: string
  /** Number of its state, 1 to 6. */
  readonly state: number
  /** The order as plain data. */
  readonly order: Storable
  /** The response as plain data; absent before it has run. */
  readonly response?: Storable | undefined
  /** When it was stored first, in milliseconds since 1970 UTC. */
  readonly arrivedAt: number
  readonly changedAt: number
}

/** Something that has to be told about a job, also when the program ends before it could be. */
export interface JobMessage {
  /** Its place in the order of all messages; whoever posts it counts. */
  readonly seq: number
  readonly equipment: string
  readonly job: string
  readonly time: number
  readonly content: Storable
}

/** Reads jobs, and what must still be told about them; they are written behind the plant, by the statements below. */
export interface JobStore {
  /** All jobs in order of arrival; those that cannot be read are left out and told. */
  list(): Promise<readonly StoredJob[]>
  /** What is still to be told, oldest first. */
  outbox(): Promise<readonly JobMessage[]>
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

/** Reads jobs from a database. */
export function jobStore(driver: SqlDriver, onDamage: OnDamage): JobStore {
  return {
    async list() {
      return readable(await driver.all<Row>('SELECT * FROM job ORDER BY seq'), jobOf, { table: 'job', onDamage })
    },
    async outbox() {
      const rows = await driver.all<Omit<JobMessage, 'content'> & { content: string }>(
        'SELECT * FROM job_outbox ORDER BY seq',
      )
      const make = (row: (typeof rows)[number]) => ({ ...row, content: decode(row.content) as Storable })
      return readable(rows, make, { table: 'job_outbox', onDamage })
    },
  }
}

/** The statement that keeps a job as it is, whether it was there or not. */
export function jobSaved({ equipment, id, state, order, response, arrivedAt, changedAt }: StoredJob): Statement {
  const sql = `
    INSERT INTO job(equipment, id, state, job_order, response, arrived, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(equipment, id) DO UPDATE SET
      state = excluded.state, job_order = excluded.job_order, response = excluded.response, changed = excluded.changed`
  return { sql, values: [equipment, id, state, encode(order), answer(response), arrivedAt, changedAt] }
}

/** The statement that keeps what has come of a job that is there, without writing its order again. */
export function jobProgressed({ equipment, id, state, response, changedAt }: Omit<StoredJob, 'order'>): Statement {
  const sql = 'UPDATE job SET state = ?, response = ?, changed = ? WHERE equipment = ? AND id = ?'
  return { sql, values: [state, answer(response), changedAt, equipment, id] }
}

/** The statement that removes a job. */
export function jobRemoved(equipment: string, id: string): Statement {
  return { sql: 'DELETE FROM job WHERE equipment = ? AND id = ?', values: [equipment, id] }
}

/** The statement that keeps what is to be told. */
export function messagePosted({ seq, equipment, job, time, content }: JobMessage): Statement {
  const sql = `
    INSERT INTO job_outbox(seq, equipment, job, time, content) VALUES (?, ?, ?, ?, ?) ON CONFLICT(seq) DO NOTHING`
  return { sql, values: [seq, equipment, job, time, encode(content)] }
}

/** The statement after which everything up to this message was told. */
export function messagesTold(seq: number): Statement {
  return { sql: 'DELETE FROM job_outbox WHERE seq <= ?', values: [seq] }
}

function answer(response: Storable | undefined): string | null {
  return response === undefined ? null : encode(response)
}

function jobOf({ equipment, id, state, job_order, response, arrived, changed }: Row): StoredJob {
  const job = { equipment, id, state, order: decode(job_order) as Storable, arrivedAt: arrived, changedAt: changed }
  return response === null ? job : { ...job, response: decode(response) as Storable }
}
