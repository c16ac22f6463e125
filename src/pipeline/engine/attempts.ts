import type { Cancel, Clock } from '../../model/clock.ts'
import type { RetryDefinition } from '../../model/definition.ts'
import { MillraceError } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'

/** Something to be attempted, and whom to tell. */
export interface Attempts<T> {
  readonly clock: Clock
  /** Timers for the deadlines. */
  readonly deadlines: Pick<Clock, 'after'>
  readonly retry: RetryDefinition | undefined
  /** Deadline of each attempt; none when undefined. */
  readonly timeoutMs: number | undefined
  /** Says what is attempted, for the message of a timeout. */
  readonly subject: string
  /** Begins an attempt. The signal is aborted when its time is over or nobody wants it any more. */
  readonly call: (signal: AbortSignal) => Promise<T>
  /** An attempt that is under way already, or has failed already, counts as the first one. */
  readonly first?: { readonly promise: Promise<T> } | { readonly error: unknown } | undefined
  readonly succeeded: (result: T) => void
  readonly failed: (error: unknown, attempts: number) => void
}

/**
 * Attempts something until it succeeds or the attempts are used up, with a deadline for each and a growing delay between
 * them. It runs on the injected clock. After cancelling neither `succeeded` nor `failed` is called.
 */
export function attempt<T>(options: Attempts<T>): Cancel {
  const { clock, retry, call, first, failed } = options
  let count = 0
  let cancel: Cancel = () => {}
  const lost = (error: unknown): void => {
    count++
    if (count >= (retry?.attempts ?? 1)) {
      failed(error, count)
      return
    }
    cancel = clock.after(delayMs(retry as RetryDefinition, count, Math.random()), begin)
  }
  const begin = (): void => {
    const controller = new AbortController()
    cancel = once(options, { promise: started(call, controller.signal), controller }, lost)
  }
  if (!first) begin()
  else if ('error' in first) lost(first.error)
  else cancel = once(options, first, lost)
  return () => cancel()
}

/** The delay after so many failed attempts; `random` between 0 and 1 spreads it by the share `jitter` to both sides. */
export function delayMs(retry: RetryDefinition, failures: number, random: number): number {
  const { delayMs, factor, maxDelayMs, jitter } = retry
  const plain = Math.min(maxDelayMs, delayMs * factor ** (failures - 1))
  return Math.max(0, plain * (1 + jitter * (2 * random - 1)))
}

function once<T>(
  { deadlines, timeoutMs, subject, succeeded }: Attempts<T>,
  { promise, controller }: { readonly promise: Promise<T>; readonly controller?: AbortController },
  lost: (error: unknown) => void,
): Cancel {
  let stopTimer: Cancel | undefined
  let isOver = false
  const end = (): boolean => {
    if (isOver) return false
    isOver = true
    stopTimer?.()
    return true
  }
  const abandon = (reason: Error): boolean => {
    if (!end()) return false
    controller?.abort(reason)
    return true
  }
  if (timeoutMs !== undefined) {
    stopTimer = deadlines.after(timeoutMs, () => {
      const message = `${subject} did not end within ${timeoutMs} ms; raise its timeout or see what it waits for`
      const error = new MillraceError('timed-out', message, { status: Status.BadTimeout })
      if (abandon(error)) lost(error)
    })
  }
  promise.then(
    (result) => end() && succeeded(result),
    (error: unknown) => end() && lost(error),
  )
  return () => abandon(new MillraceError('cancelled', `${subject} was cancelled`))
}

async function started<T>(start: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return await start(signal)
}
