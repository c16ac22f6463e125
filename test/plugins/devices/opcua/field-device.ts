import { join } from 'node:path'
import plugin from '../../../../plugins/devices/opcua.ts'
import { Device } from '../../../../src/device/device.ts'
import { systemClock } from '../../../../src/model/clock.ts'
import type { DeviceDefinition } from '../../../../src/model/definition.ts'
import type { Sample } from '../../../../src/model/sample.ts'
import { statusName } from '../../../../src/model/status.ts'
import type { DevicePlugin } from '../../../../src/plugin/define.ts'
import { describeDevice, parseConfig } from '../../../../src/plugin/describe.ts'
import { until } from '../../../kit/demo-plant.ts'

/** A device of the runtime on the OPC UA plugin, with everything that it said. */
export interface FieldDevice {
  readonly device: Device
  readonly log: string[]
  /** Every sample of a tag, in order. */
  samples(tag: string): readonly Sample[]
  /** The name of the latest status of a tag. */
  status(tag: string): string
  value(tag: string): unknown
  /** Waits until a tag is Good. */
  good(tag: string, deadlineMs?: number): Promise<void>
  close(): Promise<void>
}

/** Settings of a device entry that tests change. */
export type Entry = Partial<Pick<DeviceDefinition, 'holdLastMs' | 'timeoutMs' | 'everyMs'>>

/** The values of a raw configuration; throws what is wrong with it. */
export function configOf(raw: Record<string, unknown>): Record<string, unknown> {
  const { values, issues } = parseConfig(plugin.config, raw)
  const complaints = issues?.map(({ message }) => message) ?? plugin.check?.(values as never) ?? []
  if (!values || complaints.length > 0) throw new Error(complaints.join('; '))
  return values
}

/** Starts a device; `folder` gets its certificates. */
export function startDevice(raw: Record<string, unknown>, folder: string, entry: Entry = {}): FieldDevice {
  const definition: DeviceDefinition = {
    ...{ id: 'plc1', file: '', name: 'PLC', description: '', type: 'opcua', equipment: 'Acme', enabled: true },
    ...{ everyMs: 100, timeoutMs: 10_000, holdLastMs: 0, ...entry },
    config: configOf(raw),
    retry: { attempts: 1, delayMs: 30, factor: 1.5, jitter: 0, maxDelayMs: 150 },
  }
  const log: string[] = []
  const line = (level: string) => (message: string) => log.push(`${level} ${message}`)
  const device = new Device({
    definition,
    plugin: plugin as unknown as DevicePlugin,
    description: describeDevice(definition, plugin as unknown as DevicePlugin),
    clock: systemClock,
    log: { debug: line('debug'), info: line('info'), warn: line('warn') },
    certificatesFolder: join(folder, 'certificates'),
  })
  const samplesByTag = new Map<string, Sample[]>()
  device.samples$.subscribe((samples) => {
    for (const { tag, sample } of samples) {
      const of = samplesByTag.get(tag) ?? []
      samplesByTag.set(tag, of)
      of.push(sample)
    }
  })
  device.start()
  const latest = (tag: string) => device.latest(`plc1.${tag}`)
  const status = (tag: string) => statusName(latest(tag)?.status ?? Number.NaN)
  return {
    device,
    log,
    status,
    samples: (tag) => samplesByTag.get(`plc1.${tag}`) ?? [],
    value: (tag) => latest(tag)?.value,
    good: (tag, deadlineMs = 8000) =>
      until(`${tag} is Good; it is ${status(tag)}: ${log.join(' | ')}`, () => status(tag) === 'Good', deadlineMs),
    close: () => device.close(),
  }
}

/** Tags of a list of names in the field server, or of names with further settings. */
export function tagsOf(...names: readonly (string | Record<string, unknown>)[]): Record<string, unknown>[] {
  return names.map((each) => {
    const entry = typeof each === 'string' ? { name: each } : each
    return { node: `nsu=urn:acme:plc;s=Device.${String(entry.name)}`, ...entry }
  })
}
