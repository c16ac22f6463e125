import type { Clock } from '../model/clock.ts'
import { MillraceError } from '../model/errors.ts'
import { Status } from '../model/status.ts'

/** How long something may take, and what else ends it. */
export interface DeadlineOptions<T> {
  readonly clock: Clock
  readonly timeoutMs: number
  /** What it is, for messages: `plc1.read`. */
  readonly what: string
  /** Any of them ends it when it is aborted; a MillraceError as reason is passed on as it is. */
  readonly signals?: readonly (AbortSignal | undefined)[]
  /** Gets a result that nobody waits for any more. */
  readonly onLate?: (result: T) => void
}

/**
 * Does work of which nothing is known: it may throw at once, never end, or end too late.
 *
 * Rejects with a MillraceError `timed-out` (BadTimeout) when the deadline passes and `cancelled`
 * (BadRequestCancelledByClient) when a signal is aborted; the signal that the work gets is aborted with the same error.
 */
export function withDeadline<T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  { clock, timeoutMs, what, signals = [], onLate }: DeadlineOptions<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController()
    let isOver = false
    const end = () => {
      isOver = true
      cancelTimer()
      for (const signal of signals) signal?.removeEventListener('abort', onAbort)
    }
    const give = (error: MillraceError) => {
      if (isOver) return
      end()
      reject(error)
      controller.abort(error)
    }
    const onAbort = () => {
      const reason: unknown = signals.find((signal) => signal?.aborted)?.reason
      give(reason instanceof MillraceError ? reason : cancelled(what, reason))
    }
    const cancelTimer = clock.after(timeoutMs, () => give(timedOut(what, timeoutMs)))
    for (const signal of signals) signal?.addEventListener('abort', onAbort)
    if (signals.some((signal) => signal?.aborted)) {
      onAbort()
      return
    }
    // The promise around the call also catches what is thrown at once.
    new Promise<T>((settle) => settle(work(controller.signal))).then(
      (result) => {
        if (isOver) return onLate?.(result)
        end()
        resolve(result)
      },
      (error: unknown) => {
        if (isOver) return
        end()
        reject(error as Error)
      },
    )
  })
}

function timedOut(what: string, timeoutMs: number): MillraceError {
  return new MillraceError(
    'timed-out',
    `${what} did not end within ${timeoutMs} ms; check the device, or raise its timeout`,
    { status: Status.BadTimeout },
  )
}

function cancelled(what: string, cause: unknown): MillraceError {
  return new MillraceError('cancelled', `${what} was cancelled`, { cause, status: Status.BadRequestCancelledByClient })
}
