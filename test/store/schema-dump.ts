import type { SqlDriver } from '../../src/sqlite/driver.ts'
import { openMigrated } from '../../src/sqlite/open-migrated.ts'
import { metaSchema } from '../../src/store/meta-schema.ts'
import { Scratch } from '../sqlite/scratch.ts'

/** The statements that make a database's tables and indexes, in the order in which they were made. */
export async function dumpOf(driver: SqlDriver): Promise<readonly string[]> {
  const sql = `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid`
  return (await driver.all<{ sql: string }>(sql)).map((row) => row.sql)
}

/** All rows of all tables. */
export async function rowsByTable(driver: SqlDriver): Promise<Record<string, readonly unknown[]>> {
  const rows: Record<string, readonly unknown[]> = {}
  for (const table of await tablesOf(driver)) rows[table] = await driver.all(`SELECT * FROM ${table}`)
  return rows
}

/** A database of an earlier version as SQL: its schema as the migrations make it, and a row in every table. */
export async function fixtureOf(version: number): Promise<string> {
  const scratch = await Scratch.make()
  try {
    const schema = { ...metaSchema, migrations: metaSchema.migrations.slice(0, version) }
    const { driver } = await openMigrated({ file: scratch.path('meta.db'), clock: { now: () => 0 }, schema })
    scratch.keep(driver)
    const rows = await Promise.all((await tablesOf(driver)).map((table) => rowOf(driver, table)))
    return [
      `PRAGMA application_id = ${schema.applicationId};`,
      `PRAGMA user_version = ${version};`,
      ...(await dumpOf(driver)).map((sql) => `${sql};`),
      ...rows,
      '',
    ].join('\n')
  } finally {
    await scratch.close()
  }
}

async function tablesOf(driver: SqlDriver): Promise<readonly string[]> {
  const sql = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
  return (await driver.all<{ name: string }>(sql)).map(({ name }) => name)
}

/** An INSERT that gives each column something of its type. */
async function rowOf(driver: SqlDriver, table: string): Promise<string> {
  const columns = await driver.all<{ name: string; type: string }>(
    `SELECT name, type FROM pragma_table_info('${table}')`,
  )
  const values = columns.map(({ name, type }, index) => {
    if (type === 'TEXT') return `'{"${name}":${index}}'`
    return type === 'BLOB' ? `x'0${index}'` : type === 'REAL' ? `${index}.5` : `${index + 1}`
  })
  return `INSERT INTO ${table}(${columns.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')});`
}
