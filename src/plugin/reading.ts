import type { ReadingFailed } from './facts.ts'
import type { Fields, Values } from './field.ts'

/** Readings of ports: plain values, values with a status and a time of their own, or the reason why one reading failed. */
export type Readings<O extends Fields> = {
  [K in keyof O]: Values<O>[K] | StatedReading<Values<O>[K]> | ReadingFailed
}

/** A value that a device gave together with its own status and time; {@link reading} makes it. */
export class StatedReading<T = unknown> {
  readonly value: T | null
  /** OPC UA status code; 0 is Good. */
  readonly status: number
  /** Milliseconds since 1970 UTC; the moment at which the runtime takes it in when the device told none. */
  readonly sourceTime: number | undefined

  constructor(value: T | null, { status = 0, sourceTime }: Stated) {
    this.value = value
    this.status = status
    this.sourceTime = sourceTime
  }
}

/** What a device says about one of its values. */
export interface Stated {
  /** OPC UA status code; Good when it is absent. A value with a Bad status is dropped. */
  readonly status?: number | undefined
  /** When the device measured it, in milliseconds since 1970 UTC. */
  readonly sourceTime?: number | undefined
}

/**
 * A value as the device stated it: in place of a plain value wherever a connection gives one.
 *
 * The runtime takes status and source time as facts. It only adds what it knows better: a value that does not fit its port is
 * Bad whatever its status, and a Good one outside the port's range is UncertainEngineeringUnitsExceeded. `null` is no value.
 */
export function reading<T>(value: T | null, stated: Stated = {}): StatedReading<T> {
  return new StatedReading(value, stated)
}
