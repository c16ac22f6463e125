import { merge, type Observable } from 'rxjs'
import type { Clock } from '../model/clock.ts'
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
}

/** Devices are started one after the other at this distance, so that hundreds do not connect in the same moment. */
const startStaggerMs = 2

/** All devices of a plant: their samples and events in one stream each, and commands by tag. */
export class Devices {
  readonly #deviceById: ReadonlyMap<string, Device>
  readonly #clock: Clock
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  readonly #cancels: (() => void)[] = []
  #isStarted = false

  /** Devices with the same period get different phases: their polls are spread evenly over the period. */
  constructor({ entries, clock, log, random }: DevicesOptions) {
    this.#clock = clock
    const phases = phasesOf(entries.map(({ definition }) => definition.everyMs))
    const devices = entries.map(
      (entry, index) =>
        new Device({
          ...entry,
          clock,
          log: log(entry.definition.id),
          phaseMs: phases[index] ?? 0,
          ...(random ? { random } : {}),
        }),
    )
    this.#deviceById = new Map(devices.map((device) => [device.id, device]))
    this.samples$ = merge(...devices.map((device) => device.samples$))
    this.events$ = merge(...devices.map((device) => device.events$))
  }

  /** All devices, in the order of the plant file. */
  get all(): readonly Device[] {
    return [...this.#deviceById.values()]
  }

  /** The device of an id. */
  byId(id: string): Device | undefined {
    return this.#deviceById.get(id)
  }

  /** Starts all devices, the first one at once and the others shortly after each other. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    for (const [index, device] of this.all.entries()) {
      if (index === 0) device.start()
      else this.#cancels.push(this.#clock.after(index * startStaggerMs, () => device.start()))
    }
  }

  /** Closes all devices together; resolves when every one is closed. */
  async close(): Promise<void> {
    this.#isStarted = true
    for (const cancel of this.#cancels.splice(0)) cancel()
    await Promise.all(this.all.map((device) => device.close()))
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
