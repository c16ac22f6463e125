import { existsSync, rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { MillraceError } from '../../model/errors.ts'

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
type Signal = keyof typeof signalNumbers

/** How a file is put in its place. */
export interface DraftOptions {
  /** Whether a file that is there may be replaced. */
  readonly isForced?: boolean | undefined
  /** Looked at when the draft is whole; the file stays as it was when this rejects. */
  readonly approve?: (() => Promise<void>) | undefined
}

/**
 * Lets a file be written beside its place, and moves it there when it is whole and on the disk. Whatever goes wrong, and at Ctrl-C,
 * the draft is removed and the place is as it was. Rejects with `file-exists` when a file is there that may not be replaced.
 */
export async function intoPlace<T>(
  file: string,
  write: (draft: string) => Promise<T>,
  { isForced = false, approve }: DraftOptions = {},
): Promise<T> {
  if (!isForced) assertFree(file)
  const draft = `${file}.${process.pid}.part`
  const release = removedAtSignals(draft)
  try {
    // One of a process of the same number that was killed.
    await rm(draft, { force: true })
    const result = await write(draft)
    await approve?.()
    await synced(draft)
    if (!isForced) assertFree(file)
    await rename(draft, file)
    return result
  } catch (cause) {
    throw unwritable(file, cause)
  } finally {
    await rm(draft, { force: true })
    release()
  }
}

/** Rejects with `file-exists` when there is a file of this name. */
export function assertFree(file: string): void {
  if (existsSync(file)) throw new MillraceError('file-exists', `${file} is there already; nothing was written over it`)
}

async function synced(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What the operating system said about writing, with the file and a remedy; anything else as it is. */
function unwritable(file: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException
  if (cause instanceof MillraceError || code === undefined || syscall === undefined) return cause
  const remedy = code === 'ENOSPC' ? 'make room on its disk' : 'choose another file or folder'
  return new MillraceError('file-unreadable', `${file} cannot be written: ${code}; ${remedy}`, { cause })
}

/** Ends the program at a signal as it would have ended, but without the draft. */
function removedAtSignals(draft: string): () => void {
  const onSignal = (signal: Signal): void => {
    rmSync(draft, { force: true })
    process.exit(128 + signalNumbers[signal])
  }
  const signals = Object.keys(signalNumbers) as Signal[]
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
