import type { Clock } from '../model/clock.ts'
import type { Log } from './space-context.ts'

/** How long lines of one kind are held back after the first, in milliseconds. */
const quietMs = 60_000

/** How many kinds are remembered; what a client can vary must not fill the memory. */
const kindsMax = 100

/**
 * A log for what clients cause: of each kind one line a minute goes through, with the number of those held back since.
 */
export function quietLog(log: Log, clock: Clock): (kind: string, message: string) => void {
  const kinds = new Map<string, { sinceMs: number; heldBack: number }>()
  return (kind, message) => {
    const now = clock.monotonic()
    const known = kinds.get(kind)
    if (known && now - known.sinceMs < quietMs) {
      known.heldBack += 1
      return
    }
    if (kinds.size >= kindsMax) kinds.clear()
    kinds.set(kind, { sinceMs: now, heldBack: 0 })
    log('warn', known && known.heldBack > 0 ? `${message} (${known.heldBack} more like it)` : message)
  }
}
