import type { Clock } from '../model/clock.ts'
import { isMillraceError, MillraceError } from '../model/errors.ts'
import type { SqlDriver } from './driver.ts'
import { fileKindOf } from './file-kind.ts'
import { checkedWholeMaxBytes, damageOf } from './integrity.ts'
import { exists, moveAside, sizeOf, stampOf } from './move-aside.ts'
import { type OpenOptions, openDatabase } from './open-database.ts'
import { salvage } from './salvage.ts'
import { migrate, type Schema, versionOf } from './schema.ts'

/** Something that an operator should be told about a database that was opened. */
export type DatabaseNotice =
  | { readonly kind: 'created'; readonly message: string }
  | { readonly kind: 'movedAside'; readonly message: string; readonly movedTo: string; readonly reason: string }
  | {
      readonly kind: 'salvaged'
      readonly message: string
      readonly rows: number
      /** As far as can be told, nothing is missing. */
      readonly isWhole: boolean
    }
  | {
      readonly kind: 'migrated'
      readonly message: string
      readonly from: number
      readonly to: number
      readonly backup: string
    }

/** A database that is sound and of the newest version. */
export interface OpenedDatabase {
  readonly driver: SqlDriver
  /** In the order in which things happened; empty when the file was as expected. */
  readonly notices: readonly DatabaseNotice[]
}

/** How a database of a known schema is opened. */
export interface OpenMigratedOptions extends OpenOptions {
  readonly schema: Schema
  readonly clock: Pick<Clock, 'now'>
  /** Whether rows of a damaged file that can still be read are put into the new one: for small databases. */
  readonly isSalvaged?: boolean | undefined
  /** Larger files are not salvaged, because nothing goes on before that has ended; unlimited when absent. */
  readonly salvagedMaxBytes?: number | undefined
  /**
   * Damage that was met while the file was in use. A file that is too large to be checked as a whole, or does not look like a
   * database any more, is moved aside for it.
   */
  readonly metDamage?: string | undefined
  /** False lets a damaged file stay where it is: opening rejects with `database-corrupt` then. */
  readonly canMoveAside?: boolean | undefined
  /** Files up to this size are checked as a whole. */
  readonly checkedMaxBytes?: number | undefined
  /** What is wrong with the file, when that is known already: it is moved aside then, whatever a check would find. */
  readonly damage?: string | undefined
}

/**
 * Opens a database, checks it and brings it to the newest version.
 *
 * | what is found | what is done |
 * |---|---|
 * | nothing, or an empty file | a new database is made, its folder too |
 * | a damaged database | it is moved aside with its date, a new one is made (with what can be read, `isSalvaged`), notices tell |
 * | an older version | it is copied first (`.before-v3-...`), then migrated |
 * | a newer version, somebody else's file, a locked or a read-only one, a full disk | it rejects and changes nothing |
 */
export async function openMigrated(options: OpenMigratedOptions): Promise<OpenedDatabase> {
  const { file, clock, schema } = options
  const notices: DatabaseNotice[] = []
  const aside = async (reason: string): Promise<string> => {
    if (options.canMoveAside === false) {
      throw new MillraceError(
        'database-corrupt',
        `${file} is damaged again (${reason}); a new one is started in a while`,
      )
    }
    const movedTo = await moveAside(file, clock.now())
    const message = `${file} is damaged (${reason}); it was moved to ${movedTo} and a new one was started`
    notices.push({ kind: 'movedAside', message, movedTo, reason })
    return movedTo
  }
  const kind = await fileKindOf(file, schema.applicationId)
  const { metDamage, checkedMaxBytes = checkedWholeMaxBytes } = options
  // What was in use a moment ago is ours, whatever it looks like now.
  if (kind === 'foreign' && metDamage !== undefined) return anew(options, notices, await aside(metDamage))
  if (kind === 'foreign') {
    throw new MillraceError(
      'database-foreign',
      `${file} is not a database of ${schema.name}; choose another path, or move the file away`,
    )
  }
  if ((kind === 'missing' || kind === 'empty') && (await exists(`${file}-wal`))) await aside('only its log is left')
  if (kind === 'database' && options.damage !== undefined) return anew(options, notices, await aside(options.damage))
  if (kind === 'damaged') return anew(options, notices, await aside('its header is gone'))
  if (metDamage !== undefined && kind === 'database' && (await sizeOf(file)) > checkedMaxBytes) {
    return anew(options, notices, await aside(metDamage))
  }
  try {
    const driver = await openSound(options, notices)
    return { driver, notices }
  } catch (error) {
    if (!isMillraceError(error, 'database-corrupt')) throw error
    return anew(options, notices, await aside(causeOf(error)))
  }
}

async function anew(options: OpenMigratedOptions, notices: DatabaseNotice[], damaged: string): Promise<OpenedDatabase> {
  const driver = await openSound(options, notices)
  const { isSalvaged = false, salvagedMaxBytes = Number.POSITIVE_INFINITY } = options
  if (!isSalvaged || (await sizeOf(damaged)) > salvagedMaxBytes) return { driver, notices }
  const { rows, isWhole } = await salvage(damaged, driver, options)
  if (rows > 0) {
    const message = `${rows} rows of ${damaged} could still be read and are in ${options.file} now`
    notices.push({ kind: 'salvaged', message, rows, isWhole })
  }
  return { driver, notices }
}

async function openSound(options: OpenMigratedOptions, notices: DatabaseNotice[]): Promise<SqlDriver> {
  const { file, schema, clock, checkedMaxBytes } = options
  const driver = await openDatabase(options)
  try {
    if ((await versionOf(driver, schema)) > 0) {
      const damage = await damageOf(driver, checkedMaxBytes)
      if (damage !== undefined) throw new MillraceError('database-corrupt', damage)
    }
    const copy = `${file}.before-v${schema.migrations.length}-${stampOf(clock.now())}`
    const { from, to, backup } = await migrate(driver, schema, copy)
    if (from === 0) notices.push({ kind: 'created', message: `${file} was made for ${schema.name}` })
    if (backup !== undefined) {
      const message = `${file} was brought from version ${from} to ${to}; a copy from before is ${backup}`
      notices.push({ kind: 'migrated', message, from, to, backup })
    }
    return driver
  } catch (error) {
    await driver.close()
    throw error
  }
}

/** What SQLite said, without the file's name and the remedy around it. */
function causeOf(error: MillraceError): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}
