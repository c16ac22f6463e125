import type { Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import { MillraceError } from '../model/errors.ts'
import type { PlantEvent } from '../model/event.ts'
import type { FaultEnd, FaultOrder } from '../model/fault.ts'
import type { DeviceDescription } from '../model/port.ts'
import type { TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import type { DevicePlugin, Logger } from '../plugin/define.ts'
import { type CommandOptions, type CommandsHost, DeviceCommands } from './device-commands.ts'
import type { DeviceDiagnostics } from './device-diagnostics.ts'
import type { DeviceReadings } from './device-readings.ts'
import { DeviceWrites } from './device-writes.ts'
import { type Failure, messageOf } from './failure.ts'
import { FaultInjector } from './fault-injector.ts'
import type { Link } from './link.ts'
import type { Live } from './live-connection.ts'
import type { ValueByPort } from './method-inputs.ts'
import type { Requests } from './requests.ts'
import type { TagSamples } from './tag-samples.ts'
import { WriteEvents } from './write-events.ts'
import { WriteVerification } from './write-verification.ts'

/** The parts of a device that commands work on; link and readings are made after it, because faults stand before them. */
export interface DeviceControlOptions {
  readonly definition: DeviceDefinition
  readonly description: DeviceDescription
  readonly plugin: DevicePlugin
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly tags: TagSamples
  readonly diagnostics: DeviceDiagnostics
  readonly requests: Requests
  link(): Link
  readings(): DeviceReadings
  publish(samples: readonly TagSample[]): void
  raise(event: PlantEvent): void
}

/** What can be asked of a device: writes, calls of methods, and faults where the plant file allows them. */
export class DeviceControl {
  /** The plugin to connect with. */
  readonly plugin: DevicePlugin
  readonly #options: DeviceControlOptions
  readonly #commands: DeviceCommands
  readonly #writes: DeviceWrites
  readonly #writeEvents: WriteEvents
  readonly #verification: WriteVerification
  readonly #faults: FaultInjector | undefined

  constructor(options: DeviceControlOptions) {
    const { clock, definition, description, plugin, raise, readings, tags } = options
    this.#options = options
    this.#faults = definition.allowsFaults ? this.#faultInjector() : undefined
    this.plugin = this.#faults?.around(plugin) ?? plugin
    this.#verification = new WriteVerification({
      clock,
      latest: (port) => tags.latest(port),
      readSoon: (port) => readings().soon(port),
    })
    this.#writeEvents = new WriteEvents({ description, clock, raise })
    const host = this.#commandsHost()
    this.#commands = new DeviceCommands(host)
    this.#writes = new DeviceWrites(host, {
      verification: this.#verification,
      writeEvents: this.#writeEvents,
      accepted: (port, value) => this.#accepted(port, value),
    })
  }

  /** Writes a value to a port and resolves to its status; it never rejects. */
  write(port: string, value: Value, options: CommandOptions): Promise<number> {
    return this.#writes.write(port, value, options)
  }

  /** Calls a method and resolves to its outputs; rejects with a MillraceError that carries a code and a status. */
  call(method: string, inputs: ValueByPort, options: CommandOptions): Promise<ValueByPort> {
    return this.#commands.call(method, inputs, options)
  }

  /** Injects a fault; throws a MillraceError that carries the status when that is not possible. */
  injectFault(order: FaultOrder, initiator: string): void {
    const { id } = this.#options.definition
    if (!this.#faults) throw refused(`the plant file allows no faults for ${id}; add faults: allow to it`)
    if (this.#options.link().state === 'Disabled') throw refused(`${id} is disabled; connect it first`)
    this.#faults.inject(order, initiator)
  }

  /** Ends all faults and tells how many there were. */
  clearFaults(initiator: string, reason: FaultEnd): number {
    return this.#faults?.clear(initiator, reason) ?? 0
  }

  /** A reading has been taken. */
  taken(): void {
    this.#verification.taken()
  }

  /** Tells what is not told yet, and has no timer after that; the link has to be down. */
  async close(): Promise<void> {
    await this.#writes.settled()
    this.#writeEvents.close()
  }

  #commandsHost(): CommandsHost {
    const { definition, description, plugin, clock, log, raise, diagnostics, requests, tags, link } = this.#options
    return {
      ...{ definition, description, plugin, clock, log, raise, diagnostics, requests },
      isProbing: () => link().isProbing,
      live: () => (link().isProbing ? undefined : link().live),
      latest: (port) => tags.latest(port),
      answered: (live) => link().answered(live),
      failed: (live, failure) => this.#failed(live, failure),
    }
  }

  /** Only the plugin itself may say that a command has cost the link; otherwise the next poll finds out. */
  #failed(live: Live, failure: Failure): void {
    const { diagnostics, link, readings } = this.#options
    diagnostics.count('errorCount')
    diagnostics.error(messageOf(failure.message))
    if (failure.fact === 'answered' || failure.fact === 'notConnected') link().failed(live, failure)
    else readings().soon()
  }

  #accepted(port: string, value: Value): void {
    const { clock, description, publish, readings, requests, tags } = this.#options
    publish(tags.accept(port, value, clock.now()))
    const isMeasured = description.outputs.some(({ name }) => name === port)
    if (isMeasured && requests.isDrained) readings().soon(port)
  }

  #faultInjector(): FaultInjector {
    const { description, clock, log, random, raise, diagnostics, link, readings, tags } = this.#options
    const lost = (message: string): Failure => ({ fact: 'notConnected', status: Status.BadNoCommunication, message })
    return new FaultInjector({
      ...{ description, clock, log, random, raise },
      latest: (port) => tags.latest(port),
      show: (faults) => diagnostics.faults(faults),
      changed: (port) => readings().soon(port),
      cut: (message) => link().cut(lost(message)),
      trip: (message) => link().trip(lost(message)),
    })
  }
}

function refused(message: string): MillraceError {
  return new MillraceError('invalid-state', message, { status: Status.BadInvalidState })
}
