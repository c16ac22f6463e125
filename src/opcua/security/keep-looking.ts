import type { Clock } from '../../model/clock.ts'

/** Whether looking has been ended meanwhile. */
export type IsEnded = () => boolean

/** How to look again and again. */
export interface Looking {
  readonly clock: Clock
  /** Pause between the end of a look and the next one, in milliseconds. */
  readonly everyMs: number
  /** Called when a look fails; the next one tries again. */
  readonly onFailure?: (error: unknown) => void
}

/** Looks now and again after each pause. The returned function ends it; a look that is under way finds out by what it is given. */
export function keepLooking(
  look: (isEnded: IsEnded) => Promise<void>,
  { clock, everyMs, onFailure = () => undefined }: Looking,
): () => void {
  let isEnded = false
  const again = (): void => {
    look(() => isEnded)
      .catch(onFailure)
      .finally(() => {
        if (!isEnded) cancel = clock.after(everyMs, again)
      })
  }
  let cancel = clock.after(0, again)
  return () => {
    isEnded = true
    cancel()
  }
}
