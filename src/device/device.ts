import { type Observable, Subject } from 'rxjs'
import type { Cancel, Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import { diagnosticTag } from '../model/diagnostics.ts'
import type { ConnectionState, PlantEvent } from '../model/event.ts'
import type { DeviceDescription } from '../model/port.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import type { DevicePlugin, Logger } from '../plugin/define.ts'
import { type CommandOptions, DeviceCommands } from './device-commands.ts'
import { DeviceDiagnostics } from './device-diagnostics.ts'
import { DeviceEvents } from './device-events.ts'
import { DeviceReadings } from './device-readings.ts'
import { Link, type LinkChange } from './link.ts'
import type { ValueByPort } from './method-inputs.ts'
import { Requests } from './requests.ts'
import { TagSamples } from './tag-samples.ts'

/** What a device is made of. */
export interface DeviceOptions {
  readonly definition: DeviceDefinition
  readonly description: DeviceDescription
  readonly plugin: DevicePlugin
  readonly clock: Clock
  readonly log: Logger
  /** The plant's folder for certificates, for plugins that need some. */
  readonly certificatesFolder?: string | undefined
  /** Spreads the delays between attempts; a number in [0, 1). */
  readonly random?: () => number
  /** Shifts the grid of polls against that of other devices with the same period. */
  readonly phaseMs?: number
}

const writesWaitingMax = 100

/** Requests under way over a connection that puts them in order itself. */
const concurrentMax = 32

/**
 * A device of the plant: it is kept connected, polled or listened to, and turned into samples and events.
 *
 * A plugin only states facts; time, deadlines, statuses and attempts are decided here (information-model 5.5). Nothing that a
 * plugin does wrong reaches beyond its own device.
 */
export class Device {
  readonly id: string
  readonly description: DeviceDescription
  readonly #options: DeviceOptions
  readonly #tags: TagSamples
  readonly #diagnostics: DeviceDiagnostics
  readonly #link: Link
  readonly #commands: DeviceCommands
  readonly #requests = new Requests(writesWaitingMax)
  readonly #samples = new Subject<readonly TagSample[]>()
  readonly #events = new Subject<PlantEvent>()
  readonly #announcer: DeviceEvents
  readonly #readings: DeviceReadings
  #cancelExpiry: Cancel | undefined
  #connectionCount = 0
  #closed: Promise<void> | undefined

  constructor(options: DeviceOptions) {
    const { definition, plugin, clock, log, random = Math.random } = options
    const description = { ...options.description }
    this.id = definition.id
    this.description = description
    this.#options = options
    this.#tags = new TagSamples(description, clock.now())
    const publish = (samples: readonly TagSample[]) => this.#publish(samples)
    const raise = (event: PlantEvent) => this.#events.next(event)
    this.#diagnostics = new DeviceDiagnostics({
      ...{ device: this.id, clock, publish },
      hasBreaker: definition.breaker !== undefined,
    })
    this.#announcer = new DeviceEvents({ description, clock, log, raise })
    this.#link = new Link({
      definition,
      plugin,
      clock,
      log,
      random,
      certificatesFolder: options.certificatesFolder,
      onChange: (change) => this.#changed(change),
      onReading: (reading) => this.#readings.pushed(reading),
      onBreaker: (facts) => this.#diagnostics.breaker(facts),
    })
    this.#readings = new DeviceReadings({
      ...{ definition, clock, log, publish, phaseMs: options.phaseMs ?? 0 },
      link: this.#link,
      tags: this.#tags,
      diagnostics: this.#diagnostics,
      requests: this.#requests,
    })
    this.#commands = new DeviceCommands({
      ...{ definition, description, plugin, clock, log, raise },
      diagnostics: this.#diagnostics,
      requests: this.#requests,
      live: () => this.#link.live,
      latest: (port) => this.#tags.latest(port),
      accepted: (port, value) => this.#accepted(port, value),
      verify: () => this.#readings.soon(),
      answered: (live) => this.#link.answered(live),
      failed: (live, failure) => this.#link.failed(live, failure),
    })
  }

  /** State of the connection. */
  get state(): ConnectionState {
    return this.#link.state
  }

  /** Takes in another name and place, which change nothing about the connection. */
  describe({ name, description, equipment, nameplate }: DeviceDescription): void {
    Object.assign(this.description, { name, description, equipment, nameplate })
  }

  /** Polls that were skipped because the one before had not ended. */
  get skippedPollCount(): number {
    return this.#readings.skippedPollCount
  }

  /**
   * Samples of the tags, one batch for each poll or reading with one source time, and whenever the link changes them;
   * samples of the diagnostics in batches of their own. Completes when the device is closed.
   */
  get samples$(): Observable<readonly TagSample[]> {
    return this.#samples.asObservable()
  }

  /** What happened to the device. Completes when the device is closed. */
  get events$(): Observable<PlantEvent> {
    return this.#events.asObservable()
  }

  /** Publishes what is known, and connects unless the definition says that the device is disabled. */
  start(): void {
    if (this.#closed !== undefined) return
    if (!this.#options.definition.enabled) this.#tags.withdraw(Status.BadOutOfService)
    this.#publish(this.latestSamples())
    if (this.#options.definition.enabled) this.#link.enable()
  }

  /** Enables the device and connects at once, also when it was waiting for its next attempt. */
  connect(): void {
    if (this.#closed === undefined) this.#link.enable()
  }

  /** Closes the connection and keeps it closed: the tags are BadOutOfService. */
  disconnect(): Promise<void> {
    return this.#link.disable()
  }

  /** Closes the circuit breaker, so that the device is tried at once; false when there is none, or it was closed. */
  resetBreaker(): boolean {
    return this.#closed === undefined && this.#link.resetBreaker()
  }

  /** Ends everything; resolves when the connection is closed, after a second at most. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  /** The latest sample of one of this device's tags (`plc1.level`) or diagnostics (`plc1#errorCount`). */
  latest(tag: string): Sample | undefined {
    const port = tag.slice(this.id.length + 1)
    if (tag === diagnosticTag(this.id, port)) return this.#diagnostics.latest(port)
    return tag === `${this.id}.${port}` ? this.#tags.latest(port) : undefined
  }

  /** The latest samples of all tags and diagnostics. */
  latestSamples(): readonly TagSample[] {
    return [...this.#tags.all(), ...this.#diagnostics.all()]
  }

  /**
   * Writes a value to a port and resolves to its status; it never rejects.
   *
   * Type and range are checked before anything is sent (BadTypeMismatch, BadOutOfRange, BadNotWritable, BadNodeIdUnknown);
   * then BadNotConnected, BadTimeout, BadCommunicationError, BadResourceUnavailable when too many writes wait,
   * BadRequestCancelledByClient, or the status with which the device refused.
   */
  write(port: string, value: Value, options: CommandOptions): Promise<number> {
    return this.#commands.write(port, value, options)
  }

  /** Calls a method and resolves to its outputs; rejects with a MillraceError that carries a code and a status. */
  call(method: string, inputs: ValueByPort, options: CommandOptions): Promise<ValueByPort> {
    return this.#commands.call(method, inputs, options)
  }

  async #end(): Promise<void> {
    await this.#link.disable()
    this.#cancelExpiry?.()
    this.#diagnostics.close()
    this.#samples.complete()
    this.#events.complete()
  }

  #changed(change: LinkChange): void {
    const { from, to, failure } = change
    if (from.name === 'Connected') this.#readings.stop()
    if (failure) this.#diagnostics.error(failure.message)
    // Tags first: nobody may see a Good tag of a device that says it is not connected.
    this.#publish(this.#tagsAfter(change))
    this.#scheduleExpiry()
    if (to.name === 'Connected' && this.#connectionCount++ > 0) this.#diagnostics.count('reconnectCount')
    this.#diagnostics.connection(to.name)
    this.#announcer.announce(change)
    const live = this.#link.live
    if (to.name !== 'Connected' || !live) return
    this.#requests.allow(live.connection.isConcurrent === true ? concurrentMax : 1)
    if (!live.connection.readings) this.#readings.start(live)
  }

  #tagsAfter({ from, to, failure }: LinkChange): readonly TagSample[] {
    const { clock, definition } = this.#options
    if (to.name === 'Disabled') return this.#tags.withdraw(Status.BadOutOfService)
    if (from.name === 'Disabled') return this.#tags.withdraw(Status.BadWaitingForInitialData)
    if (to.name === 'Connected') return this.#tags.connected()
    if (from.name === 'Connecting') return this.#tags.unreachable()
    if (from.name !== 'Connected') return []
    return this.#tags.lost({
      status: failure?.status ?? Status.BadNoCommunication,
      holdMs: definition.holdLastMs,
      statusMs: definition.everyMs,
      monotonic: clock.monotonic(),
    })
  }

  #scheduleExpiry(): void {
    const { clock } = this.#options
    this.#cancelExpiry?.()
    const next = this.#tags.nextExpiry
    if (next === undefined) return
    this.#cancelExpiry = clock.after(Math.max(0, next - clock.monotonic()), () => {
      this.#publish(this.#tags.expire(clock.monotonic()))
      this.#scheduleExpiry()
    })
  }

  #accepted(port: string, value: Value): void {
    this.#publish(this.#tags.accept(port, value, this.#options.clock.now()))
    const isMeasured = this.description.outputs.some(({ name }) => name === port)
    if (isMeasured && this.#requests.isDrained) this.#readings.soon(port)
  }

  #publish(samples: readonly TagSample[]): void {
    if (samples.length > 0) this.#samples.next(samples)
  }
}
