import { randomUUID } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What a new file may be to others, before the umask of the program. */
const newFileMode = 0o666

/**
 * Writes a file so that readers see the old content or the new one, never a part of it, also after a loss of power.
 *
 * It has the given mode, or the one of the file that was there. Rejects with the error of the file system, and leaves nothing behind.
 */
export async function writeWhole(file: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const draft = join(dirname(file), `.${randomUUID()}.tmp`)
  try {
    const kept = mode ?? (await modeOf(file))
    const handle = await open(draft, 'wx', kept ?? newFileMode)
    try {
      // Whatever the umask takes away.
      if (kept !== undefined) await handle.chmod(kept)
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function modeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mode }) => mode & 0o777,
    () => undefined,
  )
}
