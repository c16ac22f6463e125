import { copyFile, open, rm } from 'node:fs/promises'
import type { SqlDriver, SqlValue } from './driver.ts'
import { exists } from './move-aside.ts'
import { type OpenOptions, openDatabase } from './open-database.ts'

/** Rows without the ones that they refer to, which are taken out at once. */
const orphansPerStep = 1000
/** Rows read at once; around damage, pages are halved down to single rows. */
const pageRows = 256

/** The header of the file format, and the fields in it that tell how many pages are valid (sqlite.org/fileformat2.html §1.3). */
const headerBytes = 100
const validForAt = 92

/** What is read from, and written into. */
interface Salvage {
  readonly from: SqlDriver
  readonly into: SqlDriver
}

/** A table and how its rows are walked through. */
interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly hasRowid: boolean
}

/** What was saved. */
export interface Salvaged {
  readonly rows: number
  /** Every table could be read to its end: as far as can be told, nothing is missing. */
  readonly isWhole: boolean
}

/**
 * Copies what can still be read of a damaged database into a new one of the same kind, and tells how many rows that were.
 * The damaged file is only copied, never opened; a zeroed header is replaced by the one of the new database in the copy.
 *
 * Each table is read from its beginning and from its end until the damage is met, so what lies around it is saved too. Rows
 * that refer to others which could not be read are left out.
 */
export async function salvage(damaged: string, into: SqlDriver, options: OpenOptions): Promise<Salvaged> {
  const copy = `${options.file}.salvage`
  let [rows, isWhole] = [0, true]
  try {
    // Its header is complete only when the log is written back.
    await into.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    await copyRepaired(damaged, copy, into.file)
    const from = await openDatabase({ ...options, file: copy, pagesMax: undefined })
    try {
      await into.exec('PRAGMA foreign_keys = OFF')
      for (const table of await tablesOf(into)) {
        const saved = await salvageTable({ from, into }, table)
        rows += saved.rows
        isWhole &&= saved.isWhole
      }
    } finally {
      await from.close()
      const orphans = await removeOrphans(into)
      rows -= orphans
      isWhole &&= orphans === 0
    }
  } catch {
    // No more of it can be read or kept; the damaged file is still there for somebody with other tools.
    isWhole = false
  } finally {
    await into.exec('PRAGMA foreign_keys = ON')
    for (const part of ['', '-wal', '-shm']) await rm(`${copy}${part}`, { force: true })
  }
  return { rows, isWhole }
}

/** Takes out rows that refer to missing ones; which may leave others without theirs in turn. */
async function removeOrphans(driver: SqlDriver): Promise<number> {
  let removed = 0
  for (;;) {
    const rows = await driver.all<{ table: string; rowid: number }>(
      `SELECT DISTINCT "table", rowid FROM pragma_foreign_key_check WHERE rowid IS NOT NULL LIMIT ${orphansPerStep}`,
    )
    if (rows.length === 0) return removed
    await driver.transaction(async (statements) => {
      for (const { table, rowid } of rows)
        await statements.run(`DELETE FROM ${quoted(table)} WHERE rowid = CAST(? AS INTEGER)`, [rowid])
    })
    removed += rows.length
  }
}

async function copyRepaired(damaged: string, copy: string, sound: string): Promise<void> {
  await copyFile(damaged, copy)
  if (await exists(`${damaged}-wal`)) await copyFile(`${damaged}-wal`, `${copy}-wal`)
  const handle = await open(copy, 'r+')
  try {
    const header = await beginningOf(sound)
    if ((await beginningOf(copy)).subarray(0, 16).equals(header.subarray(0, 16))) return
    header.fill(0, validForAt, validForAt + 4)
    await handle.write(header, 0, headerBytes, 0)
  } finally {
    await handle.close()
  }
}

async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    return (await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)).buffer
  } finally {
    await handle.close()
  }
}

async function tablesOf(driver: SqlDriver): Promise<readonly Table[]> {
  const rows = await driver.all<{ name: string; wr: number; columns: string }>(
    `SELECT name, wr, (SELECT json_group_array(name) FROM pragma_table_info(list.name)) AS columns
     FROM pragma_table_list AS list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
  )
  return rows.map(({ name, wr, columns }) => ({ name, hasRowid: wr === 0, columns: JSON.parse(columns) as string[] }))
}

async function salvageTable(salvaging: Salvage, table: Table): Promise<Salvaged> {
  const forward = await walk(salvaging, table, 'ASC')
  if (forward.isWhole) return forward
  return { rows: forward.rows + (await walk(salvaging, table, 'DESC')).rows, isWhole: false }
}

/** Copies rows in one direction until the end, or until a single row cannot be read. */
async function walk(salvaging: Salvage, table: Table, direction: 'ASC' | 'DESC'): Promise<Salvaged> {
  let rows = 0
  let position: number | undefined
  for (let limit = pageRows; limit >= 1; ) {
    const page = await pageOf(salvaging.from, table, { direction, position, limit })
    if (!page) {
      limit = Math.floor(limit / 2)
      continue
    }
    rows += await insert(salvaging.into, table, page)
    if (page.length < limit) return { rows, isWhole: true }
    const next: number = table.hasRowid ? Number(page.at(-1)?.rowid_of_row) : (position ?? 0) + page.length
    // Damage can make rowids jump back; going on would never end.
    if (position !== undefined && (table.hasRowid && direction === 'DESC' ? next >= position : next <= position)) break
    position = next
  }
  return { rows, isWhole: false }
}

type Row = Readonly<Record<string, SqlValue>>

/** The next rows, or undefined when there is damage among them. */
async function pageOf(
  driver: SqlDriver,
  { name, columns, hasRowid }: Table,
  { direction, position, limit }: { direction: 'ASC' | 'DESC'; position: number | undefined; limit: number },
): Promise<readonly Row[] | undefined> {
  const list = columns.map(quoted).join(', ')
  const where = position === undefined ? '' : `WHERE rowid ${direction === 'ASC' ? '>' : '<'} ${position}`
  const sql = hasRowid
    ? `SELECT rowid AS rowid_of_row, ${list} FROM ${quoted(name)} ${where} ORDER BY rowid ${direction} LIMIT ${limit}`
    : `SELECT ${list} FROM ${quoted(name)} ORDER BY 1 ${direction} LIMIT ${limit} OFFSET ${position ?? 0}`
  try {
    return await driver.all<Row>(sql)
  } catch {
    return undefined
  }
}

async function insert(driver: SqlDriver, { name, columns }: Table, rows: readonly Row[]): Promise<number> {
  const sql = `INSERT OR IGNORE INTO ${quoted(name)}(${columns.map(quoted).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
  return driver.transaction(async (statements) => {
    let count = 0
    for (const row of rows)
      count += (
        await statements.run(
          sql,
          columns.map((column) => row[column] ?? null),
        )
      ).changes
    return count
  })
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
