import { Cron } from 'croner'

/** A parsed cron pattern: it only tells the next time, whoever asks keeps the timer. */
export interface Schedule {
  /** The next time after `time` (both in milliseconds since 1970 UTC), or undefined when there is none. */
  next(time: number): number | undefined
}

/**
 * Parses a cron pattern of five or six fields. Throws with the reason when it is not one, or the time zone is unknown.
 *
 * A time that a change to daylight saving time leaves out is moved behind the gap; one that comes twice counts once.
 */
export function scheduleOf(pattern: string, timezone?: string): Schedule {
  const cron = new Cron(pattern, {
    paused: true,
    mode: '5-or-6-parts',
    ...(timezone === undefined ? {} : { timezone }),
  })
  cron.nextRun()
  return { next: (time) => cron.nextRun(new Date(time))?.getTime() }
}
