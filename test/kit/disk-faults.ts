import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes a file or folder unwritable, even for root where the file system can; tells how to undo it. */
export function writeProtected(path: string): (() => void) | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0o555)
    return () => chmodSync(path, 0o755)
  }
  try {
    execFileSync('chattr', ['+i', path], { stdio: 'ignore' })
    return () => execFileSync('chattr', ['-i', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
}

/** Mounts a small file system in a new folder where that is allowed; tells how to remove it. */
export function mountedSmall(folder: string, megabytes: number): (() => void) | undefined {
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
    return () => execFileSync('umount', [folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
}

/** Writes over a part of a file, as a failing disk would. */
export async function overwrite(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const handle = await openFile(path, 'r+')
  await handle.write(bytes, 0, bytes.length, position)
  await handle.close()
}

const openDatabase = JSON.stringify(join(import.meta.dirname, '../../src/sqlite/open-database.ts'))

/** Lets another process write into a database and not come to an end, until it is told to; `folder` is for its program. */
export async function lockedByAnother(file: string, folder: string): Promise<() => Promise<void>> {
  const program = join(folder, 'hold.mts')
  writeFileSync(
    program,
    `import { openDatabase } from ${openDatabase}
    const driver = await openDatabase({ file: process.argv[2] })
    await driver.transaction(async (sql) => {
      await sql.exec('CREATE TABLE held(id)')
      process.send('holding')
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })`,
  )
  const holder: ChildProcess = fork(program, [file])
  const hasBegun = await Promise.race([
    once(holder, 'message').then(() => true),
    once(holder, 'exit').then(() => false),
  ])
  if (!hasBegun) throw new Error(`${file} could not be held by another process`)
  return async () => {
    if (holder.exitCode !== null || holder.signalCode !== null) return
    const exited = once(holder, 'exit')
    holder.kill('SIGKILL')
    await exited
  }
}
