import type { Clock } from '../model/clock.ts'
import { strayFileOf } from '../plugin/stray-fault.ts'

/** Unhandled rejections within a minute that cause an orderly restart. */
const rejectionsMax = 3
const windowMs = 60_000

/** What is done when something gets past every other guard. */
export interface LastNet {
  readonly clock: Clock
  /** A plugin threw where nobody could catch it, or left a rejection to nobody; the process goes on. */
  readonly onStray: (error: unknown, file: string) => void
  /** A promise was rejected and nobody took it; the process goes on. */
  readonly onUnhandled: (reason: unknown, count: number) => void
  /** Three rejections within a minute: something is broken that only a restart repairs. */
  readonly onRestart: () => void
  /** An exception that nobody caught: write what must be written and exit. */
  readonly onUncaught: (error: unknown) => void
}

/**
 * Installs the last net under the process; only the program's entry does this, never a test or a library.
 *
 * The returned function takes the net away again.
 */
export function guardProcess({ clock, onStray, onUnhandled, onRestart, onUncaught }: LastNet): () => void {
  let count = 0
  let recentMs: number[] = []
  const rejected = (reason: unknown): void => {
    const file = strayFileOf(reason, 'rejected')
    if (file !== undefined) {
      onStray(reason, file)
      return
    }
    count += 1
    const nowMs = clock.monotonic()
    recentMs = [...recentMs.filter((atMs) => nowMs - atMs < windowMs), nowMs]
    onUnhandled(reason, count)
    if (recentMs.length === rejectionsMax) onRestart()
  }
  const thrown = (error: unknown): void => {
    const file = strayFileOf(error, 'thrown')
    if (file === undefined) onUncaught(error)
    else onStray(error, file)
  }
  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', thrown)
  return () => {
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', thrown)
  }
}
