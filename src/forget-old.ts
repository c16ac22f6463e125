import type { Cancel, Clock } from './model/clock.ts'
import { TrustedTime } from './model/trusted-time.ts'

/** Something that can forget what is old: at most so many entries at once; it tells how many. */
export interface Forgetful {
  removeBefore(time: number, limit: number): Promise<number>
}

/** What is forgotten, and when. */
export interface ForgettingOptions {
  readonly stores: readonly Forgetful[]
  /** How long entries are kept, in milliseconds. */
  readonly keepMs: number
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
}

/** Entries that are forgotten in one step, so that a commit stays short. */
const stepMax = 500
/** Pause between two steps while there is more, and between two rounds, in milliseconds. */
const pauses = { step: 1000, round: 60_000 }

/** Forgets what is old while everything runs, in small steps, until what it returns is called; that resolves when no step is under way. */
export function forgetOld({ stores, keepMs, clock, onFailure }: ForgettingOptions): () => Promise<void> {
  const time = new TrustedTime(clock)
  let cancel: Cancel = () => {}
  let isStopped = false
  let working: Promise<void> = Promise.resolve()
  const step = async (): Promise<void> => {
    let hasMore = false
    for (const store of stores) {
      if (isStopped) return
      try {
        const removed = await store.removeBefore(time.now() - keepMs, stepMax)
        hasMore ||= removed === stepMax
      } catch (error) {
        onFailure(error)
      }
    }
    if (!isStopped) next(hasMore ? pauses.step : pauses.round)
  }
  const next = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => {
      working = step()
    })
  }
  next(pauses.step)
  return async () => {
    isStopped = true
    cancel()
    await working
  }
}
