import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import type { Cancel, Clock } from '../../model/clock.ts'

type Work<T> = (this: SchedulerAction<T>, state?: T) => void

/**
 * Time for RxJS operators that the injected clock drives, so that virtual time moves them too. What is scheduled ends with its
 * `owner`, also where an operator forgets to unsubscribe.
 */
export function clockScheduler(clock: Clock, owner: Subscription): SchedulerLike {
  return {
    now: () => clock.now(),
    schedule<T>(work: Work<T>, delay = 0, state?: T): Subscription {
      const action = new ClockAction(clock, work)
      owner.add(action)
      return action.schedule(state, delay)
    },
  }
}

/** One piece of work; it may schedule itself again, which replaces what was still waiting. */
class ClockAction<T> extends Subscription {
  readonly #clock: Clock
  readonly #work: Work<T>
  #cancel: Cancel | undefined

  constructor(clock: Clock, work: Work<T>) {
    super(() => this.#cancel?.())
    this.#clock = clock
    this.#work = work
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this
    this.#cancel?.()
    this.#cancel = this.#clock.after(delay, () => {
      this.#cancel = undefined
      this.#work.call(this, state)
      if (this.#cancel === undefined) this.unsubscribe()
    })
    return this
  }
}
