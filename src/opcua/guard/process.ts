import type { Clock } from '../../model/clock.ts'

/** Unhandled rejections within a minute that cause an orderly restart. */
const REJECTIONS_MAX = 3
const WINDOW_MS = 60_000

/** What is done when something gets past every other guard. */
export interface LastNet {
  /** A promise was rejected and nobody took it; the process goes on. */
  readonly onUnhandled: (reason: unknown, count: number) => void
  /** Three rejections within a minute: something is broken that only a restart repairs. */
  readonly onRestart: () => void
  /** An exception that nobody caught: write what must be written and exit. */
  readonly onUncaught: (error: Error) => void
  readonly clock: Clock
}

/**
 * Installs the last net under the process; only the program's entry does this, never a test or a library.
 *
 * The returned function takes the net away again.
 */
export function guardProcess({ onUnhandled, onRestart, onUncaught, clock }: LastNet): () => void {
  let count = 0
  let recentMs: number[] = []
  const rejected = (reason: unknown): void => {
    count += 1
    const nowMs = clock.monotonic()
    recentMs = [...recentMs.filter((atMs) => nowMs - atMs < WINDOW_MS), nowMs]
    onUnhandled(reason, count)
    if (recentMs.length === REJECTIONS_MAX) onRestart()
  }
  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', onUncaught)
  return () => {
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', onUncaught)
  }
}
