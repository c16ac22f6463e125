/** Cancels what was scheduled; calling it again does nothing. */
export type Cancel = () => void

/**
 * Time as a field protocol needs it: silence between frames, and how long an answer may take. What concerns the device as a
 * whole (periods, deadlines, attempts to connect) is the runtime's. Tests put a time of their own in its place.
 */
export interface Time {
  /** Milliseconds that never jump. */
  monotonic(): number
  /** Calls back once after a delay in milliseconds. */
  after(delayMs: number, callback: () => void): Cancel
}

/** The machine's own time. */
export const systemTime: Time = {
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}

/** Resolves after a delay; at once when there is none. */
export function pause(time: Time, delayMs: number): Promise<void> {
  return delayMs > 0 ? new Promise((resolve) => void time.after(delayMs, resolve)) : Promise.resolve()
}
