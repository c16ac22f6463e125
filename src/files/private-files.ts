import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** What is nobody else's: nothing for the group and for others, whatever the umask is. */
const privateFile = 0o600
const privateFolder = 0o700

/** The bits of a mode by which the group and others read and write a file, and come into a folder. */
const [read, write, enter] = [0o044, 0o022, 0o011]

/** Makes a folder that only this user of the machine can look into, and those above it that are missing; one that is there stays as it is. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: privateFolder })
}

/**
 * Makes an empty file that only this user of the machine reads, for whatever writes into it next; one that is there stays as it is.
 * What cannot be made is left to the one that writes: its error says more.
 */
export async function makePrivateFile(file: string): Promise<void> {
  const handle = await open(file, 'ax', privateFile).catch(() => undefined)
  await handle?.close()
}

/** Makes an empty file that is as private as what it is to be a copy of, whatever the umask is; or leaves it like {@link makePrivateFile}. */
export async function makeLike(file: string, original: string): Promise<void> {
  await makePrivateFile(file)
  const { mode } = await stat(original)
  await chmod(file, mode & 0o777).catch(() => undefined)
}

/**
 * The files of a folder that others on the machine can read or change, by their names; those without content do not count. A folder
 * that others cannot come into hides all that is in it.
 */
export async function exposedFiles(folder: string): Promise<readonly string[]> {
  if (process.platform === 'win32') return []
  const entering = await enteredBy(folder)
  if (entering === 0) return []
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const exposed: string[] = []
  for (const name of names.sort()) {
    const file = join(folder, name)
    const info = await stat(file).catch(() => undefined)
    if (!info?.isFile() || info.size === 0) continue
    const reached = (info.mode & read) | ((info.mode & write) << 1)
    if (((await enteredBy(dirname(file))) & entering & (reached >> 2)) !== 0) exposed.push(name)
  }
  return exposed
}

/** Who else can come into a folder, which takes coming into all above it: the bits of {@link enter}. */
async function enteredBy(folder: string): Promise<number> {
  let entering = enter
  for (let path = resolve(folder); entering !== 0; path = dirname(path)) {
    const info = await stat(path).catch(() => undefined)
    entering &= info?.mode ?? 0
    if (dirname(path) === path) break
  }
  return entering
}
