import type { Cancel, Clock } from '../model/clock.ts'
import { MillraceError } from '../model/errors.ts'
import type { PlantEvent } from '../model/event.ts'
import type { FaultEnd, FaultOrder } from '../model/fault.ts'
import type { DeviceDescription } from '../model/port.ts'
import type { Sample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { DeviceContext, DevicePlugin, Logger } from '../plugin/define.ts'
import { NotConnected } from '../plugin/facts.ts'
import type { Fields } from '../plugin/field.ts'
import { disturbedConnection } from './disturbed-connection.ts'
import {
  type ActiveFault,
  delayOf,
  disturb,
  expire,
  type Faults,
  isCut,
  isDropped,
  type LastingFault,
  listed,
  nextEnd,
  portOf,
  refusalOf,
  withFault,
  wordsOf,
} from './fault-injection.ts'
import type { LiveConnection } from './live-connection.ts'

/** What injecting faults needs from its device. */
export interface FaultInjectorOptions {
  readonly description: DeviceDescription
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly raise: (event: PlantEvent) => void
  latest(port: string): Sample | undefined
  /** Tells what is injected now, in words. */
  show(faults: readonly string[]): void
  /** A fault has begun or ended: what reads a tag is to read it soon, everything when there is none. */
  changed(port: string | undefined): void
  /** The connection is to be lost now. */
  cut(message: string): void
  /** Opens the circuit breaker; false when it cannot be opened now. */
  trip(message: string): boolean
}

const cutMessage = 'no connection can be made: it is cut by fault injection'

/** How often the remaining times are told. */
const showEveryMs = 1000

/**
 * Disturbs a device on request: a layer between the plugin's connection and everything that uses it. What it does is decided by
 * the pure functions of fault-injection.ts; every fault has an end, and none outlives the device.
 */
export class FaultInjector {
  readonly #options: FaultInjectorOptions
  #faults: Faults = []
  #cancelEnd: Cancel = () => {}
  #cancelShow: Cancel = () => {}

  constructor(options: FaultInjectorOptions) {
    this.#options = options
  }

  /** Injects a fault. Throws a MillraceError that carries the status for the caller, and changes nothing then. */
  inject({ fault, durationMs }: FaultOrder, initiator: string): void {
    const { description, clock } = this.#options
    const { outputs, breaker } = description
    const refusal = refusalOf(fault, durationMs, { outputs, hasBreaker: breaker !== undefined })
    if (refusal) throw this.#refused(refusal.reason, refusal.status)
    if (fault.kind === 'trip') {
      this.#trip(initiator)
      return
    }
    const begunAt = clock.monotonic()
    const added = withFault(this.#faults, {
      ...{ fault, initiator, begunAt, until: begunAt + durationMs },
      ...(fault.kind === 'stuck' ? { stuckAt: this.#usable(fault.port) } : {}),
      ...(fault.kind === 'spike' && fault.count > 0 ? { readingsLeft: fault.count } : {}),
    })
    if (!added) throw this.#refused('has too many faults; clear some first', Status.BadResourceUnavailable)
    this.#end(added.replaced, { initiator, reason: 'replaced' })
    this.#raiseInjected(fault, durationMs, initiator)
    this.#use(added.faults)
    this.#options.changed(portOf(fault))
    if (fault.kind === 'disconnect') this.#options.cut('the connection was cut by fault injection')
  }

  /** Ends all faults and tells how many there were. */
  clear(initiator: string, reason: FaultEnd): number {
    const ended = this.#faults
    this.#use([])
    this.#end(ended, { initiator, reason })
    // Nobody reads a device that goes away.
    if (ended.length > 0 && reason === 'cleared') this.#options.changed(undefined)
    return ended.length
  }

  /** The plugin, with faults between it and whoever connects through it. */
  around(plugin: DevicePlugin): DevicePlugin {
    const { clock, random } = this.#options
    const disturbance = {
      isLost: () => isDropped(this.#faults, random),
      delayMs: () => delayOf(this.#faults),
      disturbed: (reading: unknown) => this.#disturbed(reading),
    }
    const connect = async (context: DeviceContext<Fields>): Promise<LiveConnection> => {
      if (isCut(this.#faults)) throw new NotConnected(cutMessage)
      const connection = (await plugin.connect(context)) as unknown as LiveConnection
      // What is no connection is left to whoever checks it.
      if (typeof connection !== 'object' || connection === null) return connection
      // It may have been cut while the connection was made.
      if (isCut(this.#faults)) {
        await connection.close()
        throw new NotConnected(cutMessage)
      }
      return disturbedConnection(connection, { disturbance, clock, signal: context.signal })
    }
    return { ...plugin, connect: connect as unknown as DevicePlugin['connect'] }
  }

  #disturbed(reading: unknown): unknown {
    if (this.#faults.length === 0 || typeof reading !== 'object' || reading === null) return reading
    const disturbed = disturb(this.#faults, reading as Readonly<Record<string, unknown>>)
    if (disturbed.faults !== this.#faults) {
      this.#use(disturbed.faults)
      this.#end(disturbed.ended, { initiator: 'auto', reason: 'expired' })
    }
    return disturbed.reading
  }

  #trip(initiator: string): void {
    const { description } = this.#options
    if (!this.#options.trip('its breaker was tripped by fault injection')) {
      throw new MillraceError('invalid-state', `the breaker of ${description.id} is open already`, {
        status: Status.BadInvalidState,
      })
    }
    this.#raiseInjected({ kind: 'trip' }, 0, initiator)
  }

  #usable(port: string): Sample['value'] {
    const sample = this.#options.latest(port)
    if (sample && sample.value !== null && !isBad(sample.status)) return sample.value
    throw new MillraceError('invalid-state', `${port} has no value that it could be stuck at; wait until it has one`, {
      status: Status.BadInvalidState,
    })
  }

  #use(faults: Faults): void {
    this.#faults = faults
    this.#cancelEnd()
    this.#cancelShow()
    this.#show()
    const end = nextEnd(faults)
    if (end === undefined) return
    const { clock } = this.#options
    this.#cancelEnd = clock.after(end - clock.monotonic(), () => this.#expire())
  }

  #expire(): void {
    const { faults, ended } = expire(this.#faults, this.#options.clock.monotonic())
    this.#use(faults)
    this.#end(ended, { initiator: 'auto', reason: 'expired' })
    for (const { fault } of ended) this.#options.changed(portOf(fault))
  }

  #show(): void {
    const { clock, show } = this.#options
    show(listed(this.#faults, clock.monotonic()))
    if (this.#faults.length > 0) this.#cancelShow = clock.after(showEveryMs, () => this.#show())
  }

  #raiseInjected(fault: LastingFault | { readonly kind: 'trip' }, durationMs: number, initiator: string): void {
    const { description, clock, log, raise } = this.#options
    const words = `${wordsOf(fault)} injected by ${initiator || 'anonymous'}`
    const lasting = durationMs > 0 ? `${words} for ${durationMs / 1000} s` : words
    log.warn(lasting)
    raise({
      ...{ kind: 'faultInjected', time: clock.now(), message: `${description.name}: ${lasting}` },
      ...{ device: description.id, fault: fault.kind, tag: this.#tagOf(fault), initiator, durationMs },
    })
  }

  #end(ended: Faults, { initiator, reason }: { readonly initiator: string; readonly reason: FaultEnd }): void {
    const { description, clock, log, raise } = this.#options
    for (const { fault, begunAt } of ended) {
      log.info(`${wordsOf(fault)} is over (${reason})`)
      raise({
        ...{ kind: 'faultCleared', time: clock.now(), message: `${description.name}: ${wordsOf(fault)} is over` },
        ...{ device: description.id, fault: fault.kind, tag: this.#tagOf(fault), initiator, reason },
        durationMs: clock.monotonic() - begunAt,
      })
    }
  }

  #tagOf(fault: ActiveFault['fault'] | { readonly kind: 'trip' }): string | undefined {
    const port = portOf(fault)
    return port === undefined ? undefined : ownerTag(this.#options.description.id, port)
  }

  #refused(reason: string, status: number): MillraceError {
    return new MillraceError('value-invalid', `${this.#options.description.id} ${reason}`, { status })
  }
}
