import type { Clock } from './model/clock.ts'

/** Waits until a promise has settled, however, or for so many milliseconds: what is late goes on by itself. */
export function settledWithin(promise: Promise<unknown>, ms: number, clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    const settled = (): void => {
      cancel()
      resolve()
    }
    promise.then(settled, settled)
  })
}
