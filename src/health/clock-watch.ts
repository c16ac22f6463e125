import type { Cancel, Clock } from '../model/clock.ts'

/** A jump of the wall clock that is told, in milliseconds. */
export const jumpMs = 1000

/** Pause between two looks, in milliseconds. */
const everyMs = 1000

/**
 * Watches the wall clock against the monotonic one, and tells jumps of more than a second, forward with a positive number of
 * milliseconds. Returns what ends the watch.
 *
 * Nothing in the program counts time by the wall clock, so that a jump moves only the times that samples and events carry; an
 * operator has to know of it to read them. A clock that is corrected slowly, as NTP does it, is followed in silence.
 */
export function watchClock(clock: Clock, onJump: (byMs: number) => void): Cancel {
  const offsetNow = (): number => clock.now() - clock.monotonic()
  let offset = offsetNow()
  const look = (): void => {
    const now = offsetNow()
    const byMs = now - offset
    offset = now
    if (Math.abs(byMs) > jumpMs) onJump(byMs)
    cancel = clock.after(everyMs, look)
  }
  let cancel = clock.after(everyMs, look)
  return () => cancel()
}
