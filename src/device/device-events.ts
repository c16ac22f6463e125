import type { Clock } from '../model/clock.ts'
import type { ConnectionState, PlantEvent } from '../model/event.ts'
import type { DeviceDescription } from '../model/port.ts'
import type { Logger } from '../plugin/define.ts'
import type { LinkChange } from './link.ts'

/**
 * Turns the changes of a device's link into events and log lines: one when it is connected, one when it is lost, and one when
 * it cannot be reached. Attempts that fail again and again say nothing new, so an outage of a day is three events, not a flood.
 */
export class DeviceEvents {
  readonly #description: DeviceDescription
  readonly #clock: Clock
  readonly #log: Logger
  readonly #raise: (event: PlantEvent) => void
  #failedAs: ConnectionState | undefined

  constructor(options: {
    description: DeviceDescription
    clock: Clock
    log: Logger
    raise: (event: PlantEvent) => void
  }) {
    this.#description = options.description
    this.#clock = options.clock
    this.#log = options.log
    this.#raise = options.raise
  }

  /** Tells what a change means to people. */
  announce({ from, to, failure }: LinkChange): void {
    const { name } = this.#description
    if (to.name === 'Connected') {
      this.#failedAs = undefined
      this.#log.info('connected')
      this.#raise({ ...this.#happening(`${name} is connected`), kind: 'deviceConnected' })
    }
    if (from.name === 'Connected') {
      const reason = failure?.message ?? 'disconnected'
      if (failure) this.#log.warn(`lost its connection: ${reason}`)
      else this.#log.info('disconnected')
      const happening = this.#happening(`${name} is disconnected: ${reason}`)
      this.#raise({ ...happening, kind: 'deviceDisconnected', state: to.name, reason })
    }
    if (to.name === 'Disabled') this.#failedAs = undefined
    if (failure && this.#isNews({ from, to })) {
      this.#failedAs = to.name
      this.#log.warn(`cannot be reached: ${failure.message}`)
      const happening = this.#happening(`${name} cannot be reached: ${failure.message}`)
      this.#raise({ ...happening, kind: 'deviceFailed', state: to.name, status: failure.status })
    }
  }

  /** The first failed attempt of a device that was not connected before, and the opening of the breaker. */
  #isNews({ from, to }: LinkChange): boolean {
    if (to.name === this.#failedAs) return false
    return to.name === 'Error' || (from.name === 'Connecting' && to.failures === 1)
  }

  #happening(message: string): { time: number; message: string; device: string } {
    return { time: this.#clock.now(), message, device: this.#description.id }
  }
}
