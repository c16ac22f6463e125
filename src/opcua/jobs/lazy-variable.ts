import type { DataValue, UAVariable, Variant } from 'node-opcua'
import { type Cancel, systemClock } from '../../model/clock.ts'
import { Status } from '../../model/status.ts'
import { setValue } from '../live-values.ts'

/** The part of a variable through which every read of its value goes, also that of a monitored item. */
interface ReadsValue {
  readValue(...asked: readonly unknown[]): DataValue
}

/** Shortest time between two values that monitored items are told of, in milliseconds. */
const pauseMs = 20

/** Elements of which a millisecond of pause is worth the work of telling them. */
const elementsPerMs = 25

/**
 * A variable with a long list that is put together only when somebody looks: when it is read, or a while after it has changed when
 * it is monitored, so that a list of thousands that changes all the time leaves the program its time.
 */
export class LazyVariable {
  readonly #variable: UAVariable
  readonly #make: () => Variant
  #isStale = true
  #changedAt = systemClock.now()
  #length = 0
  #cancel: Cancel | undefined

  constructor(variable: UAVariable, make: () => Variant) {
    this.#variable = variable
    this.#make = make
    variable.minimumSamplingInterval = 0
    const target = variable as unknown as ReadsValue
    const read = target.readValue.bind(variable)
    target.readValue = (...asked) => {
      this.#refresh()
      return read(...asked)
    }
  }

  /** What it shows has changed. */
  changed(): void {
    this.#isStale = true
    this.#changedAt = systemClock.now()
    if (this.#cancel || this.#variable.listenerCount('value_changed') === 0) return
    this.#cancel = systemClock.after(pauseMs + this.#length / elementsPerMs, () => {
      this.#cancel = undefined
      this.#refresh()
    })
  }

  /** Tells of nothing more. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #refresh(): void {
    if (!this.#isStale) return
    this.#isStale = false
    const variant = this.#make()
    this.#length = (variant.value as readonly unknown[]).length
    setValue(this.#variable, variant, Status.Good, this.#changedAt)
  }
}
