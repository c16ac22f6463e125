import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom, type Observable } from 'rxjs'
import { messageOf } from '../model/errors.ts'
import type { Port } from '../model/port.ts'
import type { DeviceContext, DevicePlugin, ReadingGroup, SimulatorPlugin } from './define.ts'
import { methodsOf, portsOf } from './describe.ts'
import type { Fields } from './field.ts'
import { StatedReading } from './reading.ts'
import { fits } from './samples.ts'

/** What a plugin is tried with. */
export interface Bounds {
  readonly config: Record<string, unknown>
  readonly inputs: Fields
  readonly outputs: Fields
  /** Whether a device answers at the configuration. */
  readonly isReachable: boolean
  /** How long each thing that is asked of a device may take. */
  readonly deadlineMs: number
}

const log = { debug() {}, info() {}, warn() {} }

/** Complaints about a device that answers: what it reads, that it closes twice, that it gives up when it is told to. */
export async function deviceBehaviour(plugin: DevicePlugin, bounds: Bounds): Promise<readonly string[]> {
  if (!bounds.isReachable) return []
  const certificatesFolder = await mkdtemp(join(tmpdir(), 'millrace-conformance-'))
  try {
    const kept = { certificatesFolder, memory: new Map<string, unknown>() }
    return [...(await ofConnection(plugin, bounds, kept)), ...(await ofAbort(plugin, bounds, kept))]
  } catch (error) {
    return [messageOf(error)]
  } finally {
    await rm(certificatesFolder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The part of a device's context that outlives a connection. */
type Kept = Pick<DeviceContext<Fields>, 'certificatesFolder' | 'memory'>

async function ofConnection(
  plugin: DevicePlugin,
  { config, outputs, deadlineMs }: Bounds,
  kept: Kept,
): Promise<string[]> {
  const { signal } = new AbortController()
  const connection = await within(plugin.connect({ config, log, signal, ...kept }), 'connect', deadlineMs)
  try {
    const declared = Object.keys(methodsOf(plugin, config))
    const missing = declared.filter((name) => typeof connection.methods?.[name] !== 'function')
    const values = await within(
      'read' in connection ? connection.read() : firstReading(connection.readings),
      'read',
      deadlineMs,
    )
    const groups = 'read' in connection ? (connection.groups ?? []) : []
    return [
      ...complaintsAboutReadings(values, portsOf(outputs, config)),
      ...complaintsAboutGroups(groups, Object.keys(outputs)),
      ...missing.map((name) => `the connection has no code for the method ${name}`),
    ]
  } finally {
    await within(connection.close(), 'close', deadlineMs)
    await within(connection.close(), 'the second close', deadlineMs)
  }
}

function complaintsAboutGroups(groups: readonly ReadingGroup[], outputs: readonly string[]): string[] {
  const grouped = groups.flatMap((group) => group.outputs)
  return [
    ...groups.filter(({ everyMs }) => !(everyMs >= 1)).map(({ everyMs }) => `a group is read every ${everyMs} ms`),
    ...grouped.filter((name) => !outputs.includes(name)).map((name) => `a group reads ${name}, which is not declared`),
    ...grouped.filter((name, index) => grouped.indexOf(name) !== index).map((name) => `two groups read ${name}`),
  ]
}

function firstReading(readings: Observable<unknown>): Promise<unknown> {
  return firstValueFrom(readings)
}

function complaintsAboutReadings(values: unknown, ports: readonly Port[]): string[] {
  const portByName = new Map(ports.map((port) => [port.name, port]))
  return Object.entries(values as Record<string, unknown>).flatMap(([name, value]) => {
    const port = portByName.get(name)
    if (!port) return [`read gives ${name}, which is not declared`]
    // An Error in place of a value says that this reading alone failed.
    if (value instanceof Error) return []
    if (value instanceof StatedReading) return complaintsAboutStated(value, port)
    if (fits(value, port)) return []
    return [`read gives ${shown(value)} for ${name}, which is not a ${port.dataType}`]
  })
}

function complaintsAboutStated({ value, status, sourceTime }: StatedReading, port: Port): string[] {
  const { name, dataType } = port
  const isStatus = Number.isInteger(status) && status >= 0 && status <= 0xffffffff
  return [
    ...(isStatus ? [] : [`read gives the status ${String(status)} for ${name}, which is not a UInt32`]),
    ...(sourceTime === undefined || Number.isFinite(sourceTime)
      ? []
      : [`read gives the source time ${String(sourceTime)} for ${name}, which is not a number of milliseconds`]),
    ...(value === null || fits(value, port)
      ? []
      : [`read gives ${shown(value)} for ${name}, which is not a ${dataType}`]),
  ]
}

/** A value for a message; an Int64 has no JSON of its own. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))
}

async function ofAbort(plugin: DevicePlugin, { config, deadlineMs }: Bounds, kept: Kept): Promise<string[]> {
  const controller = new AbortController()
  const attempt = plugin.connect({ config, log, signal: controller.signal, ...kept })
  controller.abort(new Error('conformance gives up'))
  try {
    const connection = await within(attempt, 'connect after its signal was aborted', deadlineMs)
    await within(connection.close(), 'close', deadlineMs)
  } catch (error) {
    if (error instanceof Late) return [error.message]
  }
  return []
}

/** Complaints about a simulator: it starts, says what takes the place of a device's address, and stops twice. */
export async function simulatorBehaviour(
  plugin: SimulatorPlugin,
  { config, deadlineMs }: Bounds,
): Promise<readonly string[]> {
  try {
    const simulation = await within(plugin.start(config), 'start', deadlineMs)
    await within(simulation.stop(), 'stop', deadlineMs)
    await within(simulation.stop(), 'the second stop', deadlineMs)
    return typeof simulation.overrides === 'object' ? [] : ['start gives no overrides']
  } catch (error) {
    return [`start or stop fails: ${messageOf(error)}`]
  }
}

class Late extends Error {}

async function within<T>(work: T | Promise<T>, what: string, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`${what} takes longer than ${deadlineMs / 1000} s`)), deadlineMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
