import { type Observable, Subject, Subscription } from 'rxjs'
import type { Cancel, Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import { MillraceError } from '../model/errors.ts'
import type { PlantEvent } from '../model/event.ts'
import type { DeviceDescription } from '../model/port.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import type { DevicePlugin, Logger } from '../plugin/define.ts'
import { Device } from './device.ts'
import type { CommandOptions } from './device-commands.ts'
import type { ValueByPort } from './method-inputs.ts'

export type { CommandOptions } from './device-commands.ts'

/** A device with its plugin, ready to be made. */
export interface DeviceEntry {
  readonly definition: DeviceDefinition
  readonly description: DeviceDescription
  readonly plugin: DevicePlugin
}

/** What all devices share. */
export interface DevicesOptions {
  readonly entries: readonly DeviceEntry[]
  readonly clock: Clock
  /** The log of one device. */
  readonly log: (device: string) => Logger
  readonly random?: () => number
  /** The plant's folder for certificates, for plugins that need some. */
  readonly certificatesFolder?: string | undefined
}

/** Devices are started one after the other at this distance, so that hundreds do not connect in the same moment. */
const startStaggerMs = 2

/** All devices of a plant: their samples and events in one stream each, and commands by tag. */
export class Devices {
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  readonly #options: Omit<DevicesOptions, 'entries'>
  readonly #samples = new Subject<readonly TagSample[]>()
  readonly #events = new Subject<PlantEvent>()
  readonly #subscriptionById = new Map<string, Subscription>()
  /** Devices that are to be started, in their order. */
  readonly #waiting: Device[] = []
  readonly #cancels = new Set<Cancel>()
  #deviceById: ReadonlyMap<string, Device> = new Map()

  /** Devices with the same period get different phases: their polls are spread evenly over the period. */
  constructor({ entries, ...options }: DevicesOptions) {
    this.#options = options
    this.samples$ = this.#samples.asObservable()
    this.events$ = this.#events.asObservable()
    this.replace(entries, new Set())
  }

  /** All devices, in the order of the plant file. */
  get all(): readonly Device[] {
    return [...this.#deviceById.values()]
  }

  /** The device of an id. */
  byId(id: string): Device | undefined {
    return this.#deviceById.get(id)
  }

  /**
   * Puts the devices of another plant file in place of the ones there are. Those that have not `changed` stay the same and
   * stay connected, with their new names; the changed ones were closed by {@link end}. Nothing is started.
   */
  replace(entries: readonly DeviceEntry[], changed: ReadonlySet<string>): void {
    const { clock, log, random, certificatesFolder } = this.#options
    const before = this.#deviceById
    const phases = phasesOf(entries.map(({ definition }) => definition.everyMs))
    const devices = entries.map((entry, index) => {
      const { id } = entry.definition
      const old = changed.has(id) ? undefined : before.get(id)
      old?.describe(entry.description)
      if (old) return old
      const phaseMs = phases[index] ?? 0
      return new Device({ ...entry, clock, log: log(id), phaseMs, certificatesFolder, ...(random ? { random } : {}) })
    })
    this.#deviceById = new Map(devices.map((device) => [device.id, device]))
    for (const [id, old] of before) if (this.#deviceById.get(id) !== old) this.#forget(id, old)
    for (const device of devices) if (before.get(device.id) !== device) this.#follow(device)
  }

  /** Starts the devices that are not started yet, the first one at once and the others shortly after each other. */
  start(): void {
    for (const [index, device] of this.#waiting.splice(0).entries()) {
      if (index === 0) {
        device.start()
        continue
      }
      const cancel = this.#options.clock.after(index * startStaggerMs, () => {
        this.#cancels.delete(cancel)
        device.start()
      })
      this.#cancels.add(cancel)
    }
  }

  /** Closes some devices for good; resolves when every one is closed. */
  async end(ids: Iterable<string>): Promise<void> {
    await Promise.all([...ids].map((id) => this.#deviceById.get(id)?.close()))
  }

  /** Closes all devices together; resolves when every one is closed. */
  async close(): Promise<void> {
    this.#waiting.length = 0
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
    await Promise.all(this.all.map((device) => device.close()))
    for (const [id, device] of this.#deviceById) this.#forget(id, device)
    this.#samples.complete()
    this.#events.complete()
  }

  /** The latest sample of a tag (`plc1.level`) or a diagnostic (`plc1#errorCount`) of any device. */
  latest(tag: string): Sample | undefined {
    return this.#owner(tag)?.latest(tag)
  }

  /** Writes a tag and resolves to its status, as {@link Device.write} does; BadNodeIdUnknown for a tag of no device. */
  async write(tag: string, value: Value, options: CommandOptions): Promise<number> {
    const device = this.#owner(tag)
    return device ? device.write(tag.slice(device.id.length + 1), value, options) : Status.BadNodeIdUnknown
  }

  /** Calls a method of a device, as {@link Device.call} does; rejects with `device-unknown` when there is no such device. */
  async call(device: string, method: string, inputs: ValueByPort, options: CommandOptions): Promise<ValueByPort> {
    const owner = this.byId(device)
    if (owner) return owner.call(method, inputs, options)
    throw new MillraceError('device-unknown', `there is no device ${device}; correct the id`, {
      status: Status.BadNodeIdUnknown,
    })
  }

  #follow(device: Device): void {
    const subscription = new Subscription()
    subscription.add(device.samples$.subscribe((samples) => this.#samples.next(samples)))
    subscription.add(device.events$.subscribe((event) => this.#events.next(event)))
    this.#subscriptionById.set(device.id, subscription)
    this.#waiting.push(device)
  }

  #forget(id: string, device: Device): void {
    this.#subscriptionById.get(id)?.unsubscribe()
    this.#subscriptionById.delete(id)
    const position = this.#waiting.indexOf(device)
    if (position >= 0) this.#waiting.splice(position, 1)
  }

  #owner(tag: string): Device | undefined {
    // Ids hold neither `.` nor `#`, so the first of them ends the owner.
    return this.#deviceById.get(tag.split(/[.#]/, 1)[0] ?? '')
  }
}

/** A phase for each period: equal periods are spread evenly. */
function phasesOf(periods: readonly number[]): readonly number[] {
  const total = new Map<number, number>()
  for (const period of periods) total.set(period, (total.get(period) ?? 0) + 1)
  const seen = new Map<number, number>()
  return periods.map((period) => {
    const index = seen.get(period) ?? 0
    seen.set(period, index + 1)
    return (period * index) / (total.get(period) ?? 1)
  })
}
