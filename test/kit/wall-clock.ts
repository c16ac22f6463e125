import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The wall clock of another process, as far as it is away from that of this machine. */
export interface WallClock {
  /** What the other process has to be started with. */
  readonly environment: Readonly<Record<string, string>>
  /** Puts it so many milliseconds ahead of the machine's, or behind it; its monotonic clock goes on. */
  put(offsetMs: number): void
}

/** Makes a wall clock for a process that is started with its environment; `folder` keeps what they share. */
export function wallClock(folder: string): WallClock {
  const file = join(folder, 'clock-offset')
  const put = (offsetMs: number): void => {
    // At once, so that the other side never reads a part of it.
    writeFileSync(`${file}.new`, String(offsetMs))
    renameSync(`${file}.new`, file)
  }
  put(0)
  const preload = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts'))
  return { environment: { NODE_OPTIONS: `--import=${preload}`, MILLRACE_TEST_CLOCK: file }, put }
}
