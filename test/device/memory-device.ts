import { Subject } from 'rxjs'
import { Device } from '../../src/device/device.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import type { DeviceDefinition } from '../../src/model/definition.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import type { TagSample } from '../../src/model/sample.ts'
import type { DevicePlugin } from '../../src/plugin/define.ts'
import { describeDevice } from '../../src/plugin/describe.ts'
import { boolean, choice, double, int16, list, text } from '../../src/plugin/field.ts'

/** What the connection of a memory device does; a test replaces what it wants to fail. */
export interface Behaviour {
  connect: (signal: AbortSignal) => unknown
  read: () => unknown
  write: ((setpoints: Readonly<Record<string, unknown>>) => unknown) | undefined
  close: () => unknown
  run: (inputs: Readonly<Record<string, unknown>>, signal: AbortSignal) => unknown
}

/** A device that lives in the memory of a test: what it holds, what is asked of it, and how it behaves. */
export class MemoryDevice {
  readonly values: Record<string, unknown> = { level: 5, valve: false }
  readonly written: Readonly<Record<string, unknown>>[] = []
  readonly pushed = new Subject<unknown>()
  connectCount = 0
  readCount = 0
  closeCount = 0
  /** The most reads that were ever under way over one connection. */
  readingMax = 0
  readonly behaviour: Behaviour = {
    connect: () => undefined,
    read: () => ({ ...this.values }),
    write: (setpoints) => Object.assign(this.values, setpoints),
    close: () => undefined,
    run: (inputs) => ({ sum: (inputs.a as number) + (inputs.b as number) }),
  }

  /** The device plugin; one that pushes has `readings` instead of `read`. */
  plugin(kind: 'polled' | 'pushing' = 'polled'): DevicePlugin {
    const plugin = {
      kind: 'device',
      type: 'memory',
      description: 'A device in memory.',
      outputs: {
        level: double({ unit: 'l', min: 0, max: 50 }),
        valve: boolean(),
        count: int16(),
        mode: choice(['auto', 'manual']),
        trace: list(double()),
      },
      inputs: { valve: boolean(), setpoint: double({ min: 0, max: 10 }), label: text() },
      methods: {
        add: {
          description: 'Adds two numbers.',
          inputs: { a: double({ min: 0, max: 100 }), b: double({ default: 1 }) },
          outputs: { sum: double() },
          timeoutMs: 2000,
        },
      },
      connect: async ({ signal }: { signal: AbortSignal }) => {
        this.connectCount++
        const other = await this.behaviour.connect(signal)
        return other ?? this.#connection(kind)
      },
    }
    return plugin as unknown as DevicePlugin
  }

  #connection(kind: 'polled' | 'pushing'): object {
    const { behaviour } = this
    const underWay = { count: 0 }
    return {
      ...(kind === 'polled' ? { read: () => this.#read(underWay) } : { readings: this.pushed }),
      ...(behaviour.write
        ? {
            write: async (setpoints: Readonly<Record<string, unknown>>) => {
              this.written.push(setpoints)
              return behaviour.write?.(setpoints)
            },
          }
        : {}),
      close: () => {
        this.closeCount++
        return behaviour.close()
      },
      methods: {
        add: async (inputs: Readonly<Record<string, unknown>>, { signal }: { signal: AbortSignal }) =>
          behaviour.run(inputs, signal),
      },
    }
  }

  async #read(underWay: { count: number }): Promise<unknown> {
    this.readCount++
    this.readingMax = Math.max(this.readingMax, ++underWay.count)
    try {
      return await this.behaviour.read()
    } finally {
      underWay.count--
    }
  }
}

/** A definition with a period of 1 s, a timeout of 500 ms, no hold and no jitter. */
export function definitionOf(changes: Partial<DeviceDefinition> = {}): DeviceDefinition {
  return {
    id: 'plc1',
    file: 'plant.yaml',
    name: 'Filler PLC',
    description: '',
    type: 'memory',
    equipment: 'Acme',
    config: {},
    everyMs: 1000,
    timeoutMs: 500,
    holdLastMs: 0,
    enabled: true,
    retry: { attempts: 1, delayMs: 200, factor: 2, jitter: 0, maxDelayMs: 5000 },
    ...changes,
  }
}

/** A device under a virtual clock, with everything that came out of it. */
export class Bench {
  readonly clock = new VirtualClock(1_000_000)
  readonly memory = new MemoryDevice()
  readonly batches: (readonly TagSample[])[] = []
  readonly events: PlantEvent[] = []
  readonly lines: string[] = []
  readonly device: Device

  constructor(changes: Partial<DeviceDefinition> = {}, kind: 'polled' | 'pushing' = 'polled') {
    const definition = definitionOf(changes)
    const plugin = this.memory.plugin(kind)
    const line = (message: string) => this.lines.push(message)
    this.device = new Device({
      definition,
      description: describeDevice(definition, plugin),
      plugin,
      clock: this.clock,
      log: { debug: line, info: line, warn: line },
      random: () => 0.5,
    })
    this.device.samples$.subscribe((batch) => this.batches.push(batch))
    this.device.events$.subscribe((event) => this.events.push(event))
  }

  /** Starts the device and lets the first reading come in. */
  async started(): Promise<this> {
    this.device.start()
    await this.clock.advance(0)
    await this.clock.advance(0)
    return this
  }

  /** Name-like view of a tag: its value, status and the age of its source time. */
  look(port: string): { value: unknown; status: number; age: number } {
    const sample = this.device.latest(`plc1.${port}`)
    if (!sample) throw new Error(`there is no tag ${port}`)
    return { value: sample.value, status: sample.status, age: this.clock.now() - sample.sourceTime }
  }

  /** Batches that hold tags, not diagnostics. */
  get tagBatches(): (readonly TagSample[])[] {
    return this.batches.filter((batch) => batch.every(({ tag }) => !tag.includes('#')))
  }
}

/** A promise that never settles: what a device without an answer returns. */
export const never = (): Promise<never> => new Promise(() => {})
