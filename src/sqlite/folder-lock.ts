import { join } from 'node:path'
import { makePrivateFile, makePrivateFolder } from '../files/private-files.ts'
import { isMillraceError, MillraceError } from '../model/errors.ts'
import { connects } from './open-database.ts'

/** The file that is locked; there is nothing in it. */
const name = 'in-use'

/**
 * Keeps a folder of databases to this program until what is returned is called, or the program ends, however it does. Rejects
 * with `database-locked` when another program has it: two that write the state of one plant would spoil it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await makePrivateFolder(folder).catch(() => undefined)
  await makePrivateFile(join(folder, name))
  const connection = await connects.sqlite3({ file: join(folder, name), mode: 'write' })
  try {
    await connection.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    await connection.close()
    if (!isMillraceError(error, 'database-locked')) throw error
    const message = `${folder} is in use by another Millrace; stop that one, or give this one a folder of its own with --data`
    throw new MillraceError('database-locked', message, { cause: error })
  }
  return () => connection.close()
}
