import type { SqlDriver, SqlReads } from '../sqlite/driver.ts'
import { type Page, pageOf, type Span, spanSql } from '../sqlite/page.ts'
import { decode, encode, type Storable } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'
import type { Statement } from './write-queue.ts'

/** Something that somebody has done, or has tried to do. */
export interface AuditEntry {
  /** In milliseconds since 1970 UTC. */
  readonly time: number
  /** Who, as logged in; `anonymous` without a login. */
  readonly user: string
  /** Id of the session, empty for what came from elsewhere. */
  readonly session: string
  /** What was done: `write`, `call`, `deploy`, `rollback`, `remove`, `login`. */
  readonly action: string
  /** To what: a tag, a method, a pipeline. */
  readonly target: string
  /** The OPC UA status code with which it ended. */
  readonly status: number
  /** Old and new values, arguments, comments; never a password. */
  readonly details: Readonly<Record<string, Storable>>
}

/** Keeps the audit trail: entries are added and never changed. */
export interface AuditStore {
  /** Keeps entries in one transaction. */
  append(entries: readonly AuditEntry[]): Promise<void>
  read(span: Span & { readonly user?: string | undefined }): Promise<Page<AuditEntry>>
  /** Removes entries before a time, at most `limit`; tells how many. */
  removeBefore(time: number, limit: number): Promise<number>
}

type Row = Omit<AuditEntry, 'details'> & { readonly seq: number; readonly details: string }

/** Keeps the audit trail in a database; `reads` are on a connection of their own where reading shall not wait. */
export function auditStore(driver: SqlDriver, reads: SqlReads, onDamage: OnDamage): AuditStore {
  return {
    ...auditReads(reads, onDamage),
    append: (entries) =>
      driver.transaction(async (sql) => {
        for (const entry of entries) {
          const { sql: text, values } = entryAppended(entry)
          await sql.run(text, values)
        }
      }),
    async removeBefore(time, limit) {
      const sql = 'DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE time < ? ORDER BY time, seq LIMIT ?)'
      return (await driver.run(sql, [time, limit])).changes
    },
  }
}

/** The reading part of the audit trail, for those who must not write. */
export function auditReads(reads: SqlReads, onDamage: OnDamage): Pick<AuditStore, 'read'> {
  return {
    async read({ user, ...span }) {
      const { sql, tail, values } = spanSql(span, 'time')
      const rows =
        user === undefined
          ? await reads.all<Row>(`SELECT * FROM audit WHERE ${sql} ${tail}`, values)
          : await reads.all<Row>(`SELECT * FROM audit WHERE user = ? AND ${sql} ${tail}`, [user, ...values])
      const { entries, next } = pageOf(rows, span.limit, (row) => row)
      return { entries: readable(entries, entryOf, { table: 'audit', onDamage }), ...(next ? { next } : {}) }
    },
  }
}

/** The statement that keeps an entry. */
export function entryAppended({ time, user, session, action, target, status, details }: AuditEntry): Statement {
  const sql = 'INSERT INTO audit(time, user, session, action, target, status, details) VALUES (?, ?, ?, ?, ?, ?, ?)'
  return { sql, values: [time, user, session, action, target, status, encode(details)] }
}

function entryOf({ seq: _, details, ...entry }: Row): AuditEntry {
  return { ...entry, details: decode(details) as Record<string, Storable> }
}
