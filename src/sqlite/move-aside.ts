import { access, rename, stat } from 'node:fs/promises'
import { MillraceError, messageOf } from '../model/errors.ts'

/** A moment as a part of a file name: `20261122T235600.123Z`. */
export function stampOf(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, '')
}

/**
 * Renames a database and its log, so that they stay together and can be examined, and tells the new name:
 * `meta.db.damaged-20261122T235600.123Z`. Nothing is ever deleted or written over. It rejects with `database-corrupt` when the
 * folder does not let the file be renamed. `parts` are the endings of the files that are moved: all unless told otherwise.
 */
export async function moveAside(
  file: string,
  time: number,
  parts: readonly string[] = ['', '-wal', '-shm'],
): Promise<string> {
  const wanted = `${file}.damaged-${stampOf(time)}`
  let target = wanted
  for (let number = 2; (await exists(target)) || (await exists(`${target}-wal`)); number += 1)
    target = `${wanted}-${number}`
  try {
    for (const part of parts) {
      if (await exists(`${file}${part}`)) await rename(`${file}${part}`, `${target}${part}`)
    }
  } catch (cause) {
    const detail = messageOf(cause)
    const message = `${file} is damaged and cannot be moved aside (${detail}); check the permissions of its folder`
    throw new MillraceError('database-corrupt', message, { cause })
  }
  return target
}

/** Bytes that a file has; 0 when there is none. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}

/** Tells whether there is a file of that name. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}
