import { createHash } from 'node:crypto'
import type { SqlDriver } from '../sqlite/driver.ts'

/** A definition of a pipeline that was in use once. */
export interface StoredDefinition {
  readonly pipeline: string
  /** From 1, in the order of use; a number is never given twice. */
  readonly version: number
  /** When it came into use, in milliseconds since 1970 UTC. */
  readonly time: number
  readonly initiator: string
  /** Why, in the words of who asked for it. */
  readonly comment: string
  /** SHA-256 of the text, in hexadecimal. */
  readonly hash: string
}

/** A text that is to be kept. */
export type NewDefinition = Omit<StoredDefinition, 'version' | 'hash'> & {
  readonly text: string
  /** Numbers up to this one were given already, whatever the store says; 0 when absent. */
  readonly after?: number | undefined
}

/** Keeps every definition of a pipeline that was in use. */
export interface DefinitionStore {
  /** The versions of a pipeline, oldest first. */
  list(pipeline: string): Promise<readonly StoredDefinition[]>
  /** The text of a version; undefined when there is none of that number. */
  read(pipeline: string, version: number): Promise<string | undefined>
  /** Keeps a text under the next number; it is durable when this resolves. */
  append(entry: NewDefinition): Promise<StoredDefinition>
}

const columns = 'pipeline, version, time, initiator, comment, hash'

/** Keeps definitions in a database. */
export function definitionStore(driver: SqlDriver): DefinitionStore {
  return {
    list: (pipeline) =>
      driver.all<StoredDefinition>(`SELECT ${columns} FROM definition WHERE pipeline = ? ORDER BY version`, [pipeline]),
    async read(pipeline, version) {
      const sql = 'SELECT text FROM definition WHERE pipeline = ? AND version = ?'
      return (await driver.get<{ text: string }>(sql, [pipeline, version]))?.text
    },
    append: ({ pipeline, time, initiator, comment, text, after = 0 }) =>
      driver.transaction(async (sql) => {
        const newest = 'SELECT coalesce(max(version), 0) AS version FROM definition WHERE pipeline = ?'
        const stored = (await sql.get<{ version: number }>(newest, [pipeline]))?.version ?? 0
        const version = Math.max(stored, after) + 1
        const made = { pipeline, version, time, initiator, comment, hash: hashOf(text) }
        await sql.run(`INSERT INTO definition(${columns}, text) VALUES (?, ?, ?, ?, ?, ?, ?)`, [
          ...[pipeline, version, time, initiator, comment, made.hash, text],
        ])
        return made
      }),
  }
}

/** The hash under which versions with the same text are known. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
