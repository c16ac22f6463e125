import { stat } from 'node:fs/promises'
import { isMillraceError, MillraceError } from '../model/errors.ts'
import type { ConnectOptions } from './connection.ts'
import type { SqlAdapter, SqlReader } from './driver.ts'
import { fileKindOf } from './file-kind.ts'
import { checkVersion, connects } from './open-database.ts'
import { QueuedReader } from './queued-reader.ts'
import { type Schema, versionOf } from './schema.ts'

/** How a database is opened that another process may be writing. */
export interface OpenReadOnlyOptions {
  readonly file: string
  readonly schema: Schema
  /** `sqlite3` when absent. */
  readonly adapter?: SqlAdapter | undefined
  /** How long a statement waits for another process; 5 s when absent. */
  readonly busyTimeoutMs?: number | undefined
  /** The version from which on it has what is to be read, 0 for those who copy it as it is; the newest when absent. */
  readonly versionMin?: number | undefined
}

/** A database that is looked at and never written, migrated, repaired or moved. */
export interface ReadOnlyDatabase {
  readonly reader: SqlReader
  /**
   * Call it when everything was read. It rejects with `database-changed` when what was read may not belong together: nobody
   * wrote the file at first, so it was read without its log, and somebody has opened it since.
   */
  assertUnchanged(): Promise<void>
}

/**
 * Opens a database for reading alone, whether or not another process writes it. It rejects when there is none
 * (`file-unreadable`), and when it is somebody else's, damaged, or of another version.
 */
export async function openReadOnly(options: OpenReadOnlyOptions): Promise<ReadOnlyDatabase> {
  const { file, schema, adapter = 'sqlite3', busyTimeoutMs = 5000 } = options
  await assertKind(file, schema)
  const before = await traceOf(file)
  // Without a log nobody has it open; a reader would leave an empty one behind, as a file of its own user.
  const mode: ConnectOptions['mode'] = before.log === undefined ? 'immutable' : 'read'
  const connection = await connects[adapter]({ file, mode })
  const reader = new QueuedReader(file, connection, () => undefined)
  try {
    await checkVersion(connection, adapter)
    await connection.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA trusted_schema = OFF`)
    const version = await versionOf({ file, get: reader.get.bind(reader) }, schema)
    const { versionMin = schema.migrations.length } = options
    if (version < versionMin) {
      throw new MillraceError(
        'database-older',
        `${file} has version ${version} and this program reads ${versionMin} or newer; start the plant once, which brings it there`,
      )
    }
  } catch (error) {
    await reader.close()
    // The file itself could be read before; SQLite says either of these when it may not make the index of the log.
    const isLogClosed = isMillraceError(error, 'database-read-only') || isMillraceError(error, 'file-unreadable')
    if (mode !== 'read' || !isLogClosed) throw error
    throw new MillraceError(
      'database-read-only',
      `${file} has a log that a crash has left, and this user may not make the file that reading it needs; do it as the user of the plant`,
      { cause: error },
    )
  }
  return {
    reader,
    async assertUnchanged() {
      const after = await traceOf(file)
      if (mode === 'read' || (after.log === undefined && after.file === before.file)) return
      throw new MillraceError(
        'database-changed',
        `${file} was opened by another process while it was read; do the same again`,
      )
    },
  }
}

async function assertKind(file: string, { applicationId, name }: Schema): Promise<void> {
  const kind = await fileKindOf(file, applicationId)
  switch (kind) {
    case 'database':
      return
    case 'missing':
      throw new MillraceError(
        'file-unreadable',
        `there is no ${file}; run the plant first, or name the folder of its databases with --data`,
      )
    case 'empty':
      throw new MillraceError('file-unreadable', `${file} is empty; nothing was kept in it yet`)
    case 'foreign':
      throw new MillraceError('database-foreign', `${file} is not a database of ${name}; choose another path`)
    case 'damaged':
      throw new MillraceError('database-corrupt', `${file} is damaged (its header is gone); restore a backup`)
    default:
      kind satisfies never
  }
}

/** What tells whether a file and its log were touched; undefined for one that is not there. */
async function traceOf(file: string): Promise<{ readonly file: string | undefined; readonly log: string | undefined }> {
  const of = async (path: string): Promise<string | undefined> => {
    try {
      const { ino, size, mtimeMs } = await stat(path)
      return `${ino} ${size} ${mtimeMs}`
    } catch {
      return undefined
    }
  }
  return { file: await of(file), log: await of(`${file}-wal`) }
}
