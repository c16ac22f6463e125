import { access, rename } from 'node:fs/promises'

/** A moment as a part of a file name: `20261122T235600.123Z`. */
export function stampOf(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, '')
}

/**
 * Renames a database and its log, so that they stay together and can be examined, and tells the new name:
 * `meta.db.damaged-20261122T235600.123Z`. Nothing is ever deleted or written over.
 */
export async function moveAside(file: string, time: number): Promise<string> {
  const wanted = `${file}.damaged-${stampOf(time)}`
  let target = wanted
  for (let number = 2; (await exists(target)) || (await exists(`${target}-wal`)); number += 1)
    target = `${wanted}-${number}`
  for (const part of ['', '-wal', '-shm']) {
    if (await exists(`${file}${part}`)) await rename(`${file}${part}`, `${target}${part}`)
  }
  return target
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
