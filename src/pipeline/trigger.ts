import type { Cancel, Clock } from '../model/clock.ts'
import type { Trigger } from '../model/definition.ts'
import { scheduleOf } from './cron.ts'

/** What a trigger needs, and whom it tells. */
export interface TriggerHost {
  readonly clock: Clock
  /** It is time for a wave. */
  fire(): void
  /** So many triggers were due and came too late to count. */
  missed(count: number): void
}

/** Longest time for which one timer is set: machines cannot count further than 24 days, and wall clocks are put right. */
const timerMsMax = 3_600_000

/** Missed cron times are counted up to here; a machine that slept for a year need not count minutes. */
const missedMax = 10_000

/**
 * Starts a trigger and returns what stops it. `every` and `change` fire at once, `cron` at its first time.
 *
 * What has changed is told to the pipeline, not to its trigger, so `change` has nothing to wait for here.
 */
export function startTrigger(trigger: Trigger, host: TriggerHost): Cancel {
  switch (trigger.kind) {
    case 'every':
      return startScan(trigger.periodMs, host)
    case 'cron':
      return startCron(trigger, host)
    case 'change':
    case 'once':
      host.fire()
      return () => {}
  }
}

/** A cyclic scan whose n-th cycle is due n periods after its start, however late the ones before it were. */
function startScan(periodMs: number, { clock, fire, missed }: TriggerHost): Cancel {
  const start = clock.monotonic()
  const timer = new LongTimer(clock)
  let cycle = 0
  const tick = (): void => {
    // Timers may come a fraction of a millisecond early, never by a period.
    const current = Math.max(cycle, Math.floor((clock.monotonic() - start) / periodMs))
    if (current > cycle) missed(current - cycle)
    cycle = current + 1
    // Set before firing: whoever is told may stop the trigger.
    timer.set(() => start + cycle * periodMs - clock.monotonic(), tick)
    fire()
  }
  tick()
  return () => timer.clear()
}

function startCron(
  { pattern, timezone }: Extract<Trigger, { kind: 'cron' }>,
  { clock, fire, missed }: TriggerHost,
): Cancel {
  const schedule = scheduleOf(pattern, timezone)
  const timer = new LongTimer(clock)
  let due = schedule.next(clock.now())
  const tick = (): void => {
    let count = 0
    due = schedule.next(due ?? clock.now())
    for (; due !== undefined && due <= clock.now() && count < missedMax; count++) due = schedule.next(due)
    if (due !== undefined && due <= clock.now()) due = schedule.next(clock.now())
    if (count > 0) missed(count)
    wait()
    fire()
  }
  const wait = (): void => {
    const time = due
    if (time !== undefined) timer.set(() => time - clock.now(), tick)
  }
  wait()
  return () => timer.clear()
}

/** A timer for any length: it looks again at what is left before it calls back. */
class LongTimer {
  readonly #clock: Clock
  #cancel: Cancel | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(leftMs: () => number, callback: () => void): void {
    const left = leftMs()
    this.#cancel = this.#clock.after(Math.min(left, timerMsMax), () => {
      if (leftMs() >= 1) this.set(leftMs, callback)
      else callback()
    })
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
