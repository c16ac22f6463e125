import { MillraceError } from '../model/errors.ts'
import type { SqlReader } from './driver.ts'
import { fileKindOf } from './file-kind.ts'
import { QueuedReader } from './queued-reader.ts'
import { type Schema, versionOf } from './schema.ts'
import { connectSqlite3 } from './sqlite3-connection.ts'

/** How a database is opened for reading alone. */
export interface OpenReaderOptions {
  readonly file: string
  readonly schema: Schema
  /** The version from which on it has what is to be read. */
  readonly versionMin: number
}

/** How long a statement waits for another process, in milliseconds. */
const busyTimeoutMs = 5000

/**
 * Opens a database for reading alone, also while another process writes it; nothing is made, migrated or moved. It rejects
 * when there is none, or none of this kind, and with `database-newer` when a newer version of the program has written it.
 */
export async function openReader(options: OpenReaderOptions): Promise<SqlReader> {
  const { file, schema, versionMin } = options
  const kind = await fileKindOf(file, schema.applicationId)
  if (kind !== 'database') throw unusable(file, kind, schema)
  const connection = await connectSqlite3({ file, mode: 'read' })
  const reader = new QueuedReader(file, connection, () => {})
  try {
    await connection.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    const version = await versionOf({ file, get: reader.get.bind(reader) }, schema)
    if (version < versionMin) {
      const message = `${file} has version ${version} and does not keep this yet; run the plant once, which brings it to ${schema.migrations.length}`
      throw new MillraceError('database-failed', message)
    }
    return reader
  } catch (error) {
    await reader.close()
    throw error
  }
}

function unusable(file: string, kind: 'missing' | 'empty' | 'damaged' | 'foreign', { name }: Schema): MillraceError {
  switch (kind) {
    case 'missing':
    case 'empty':
      return new MillraceError(
        'file-unreadable',
        `there is no ${file}; run the plant first, or name its data with --data`,
      )
    case 'damaged':
      return new MillraceError(
        'database-corrupt',
        `${file} is damaged; run the plant, which saves what can be read of it`,
      )
    case 'foreign':
      return new MillraceError(
        'database-foreign',
        `${file} is not a database of ${name}; name the right one with --data`,
      )
  }
}
