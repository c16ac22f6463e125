import { MillraceError } from '../model/errors.ts'
import type { SqlDriver } from './driver.ts'

/** One step of a schema. It is never changed once it was released: a later step changes what it made. */
export interface Migration {
  readonly name: string
  readonly sql: string
}

/** What a database of one kind looks like; its version is the number of its migrations. */
export interface Schema {
  /** For messages: `definitions and runs`. */
  readonly name: string
  /** Marks the file as one of this kind (`PRAGMA application_id`); not 0. */
  readonly applicationId: number
  readonly migrations: readonly Migration[]
}

/** What was migrated; equal versions mean nothing was. */
export interface MigrationResult {
  readonly from: number
  readonly to: number
  /** The copy that was made before an existing database was changed. */
  readonly backup?: string | undefined
}

/**
 * Reads the version of a database, 0 for an empty one. It rejects with `database-foreign` when another program made the
 * database, and with `database-newer` when a newer version of this one did; nothing is changed then.
 */
export async function versionOf(driver: Pick<SqlDriver, 'file' | 'get'>, schema: Schema): Promise<number> {
  const number = async (sql: string): Promise<number> =>
    Number(Object.values((await driver.get<Record<string, number>>(sql)) ?? {})[0])
  const version = await number('PRAGMA user_version')
  const applicationId = await number('PRAGMA application_id')
  const tables = await number('SELECT count(*) FROM sqlite_schema')
  const isEmpty = version === 0 && applicationId === 0 && tables === 0
  if (!isEmpty && applicationId !== schema.applicationId) {
    throw new MillraceError(
      'database-foreign',
      `${driver.file} is a database of something else (application id ${applicationId}), not of ${schema.name}; choose another path`,
    )
  }
  if (version > schema.migrations.length) {
    throw new MillraceError(
      'database-newer',
      `${driver.file} has version ${version} and this program knows up to ${schema.migrations.length}; install the newer program, or restore the backup from before it`,
    )
  }
  return version
}

/**
 * Brings a database to the newest version, forward only, each step in a transaction together with its number, so that
 * whatever happens it has the version that it says. An existing database is copied to `backup` first.
 */
export async function migrate(driver: SqlDriver, schema: Schema, backup: string): Promise<MigrationResult> {
  const from = await versionOf(driver, schema)
  const to = schema.migrations.length
  if (from === to) return { from, to }
  if (from > 0) await driver.backupInto(backup)
  for (const [index, migration] of schema.migrations.entries()) {
    if (index >= from) await apply(driver, schema, index + 1, migration)
  }
  return from > 0 ? { from, to, backup } : { from, to }
}

async function apply(driver: SqlDriver, schema: Schema, version: number, { name, sql }: Migration): Promise<void> {
  try {
    await driver.transaction(async (statements) => {
      await statements.exec(sql)
      await statements.exec(`PRAGMA application_id = ${schema.applicationId}; PRAGMA user_version = ${version}`)
    })
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.code !== 'database-failed') throw cause
    throw new MillraceError(
      'database-failed',
      `${driver.file} could not get version ${version} (${name}): ${cause.message}`,
      {
        cause,
      },
    )
  }
}
