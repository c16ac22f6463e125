import { isDeepStrictEqual } from 'node:util'
import { Subject, type Subscription } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import type { Port } from '../model/port.ts'
import { bad, good, type Sample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { type Bounds, deviceBehaviour, simulatorBehaviour } from './behaviour-device.ts'
import type { BlockPlugin, FunctionPlugin, OperatorPlugin, Plugin } from './define.ts'
import { portsOf } from './describe.ts'
import { fits, sampleInputs } from './samples.ts'

/** Complaints about what a plugin does with typical inputs. At most a few: the first ones tell enough. */
export async function behaviourOf(plugin: Plugin, bounds: Bounds): Promise<readonly string[]> {
  const complaints = await behaviour(plugin, { ...bounds, config: frozen(bounds.config) })
  return [...new Set(complaints)].slice(0, 10)
}

async function behaviour(plugin: Plugin, bounds: Bounds): Promise<readonly string[]> {
  switch (plugin.kind) {
    case 'function':
      return plugin.computeSamples ? ofSamples(plugin, bounds) : await ofFunction(plugin, bounds)
    case 'block':
      return ofBlock(plugin, bounds)
    case 'operator':
      return ofOperator(plugin, bounds)
    case 'device':
      return await deviceBehaviour(plugin, bounds)
    case 'simulator':
      return await simulatorBehaviour(plugin, bounds)
    default:
      return plugin satisfies never
  }
}

/** Complaints about values for ports: each port must be there, with its type, and nothing else. */
export function complaintsAboutValues(values: unknown, ports: readonly Port[], what: string): string[] {
  if (typeof values !== 'object' || values === null)
    return [`${what} gives ${String(values)}, not an object of outputs`]
  const names = new Set(ports.map(({ name }) => name))
  const given = values as Readonly<Record<string, unknown>>
  return [
    ...Object.keys(given)
      .filter((name) => !names.has(name))
      .map((name) => `${what} gives ${name}, which is not declared`),
    ...ports.filter(({ name }) => !(name in given)).map(({ name }) => `${what} does not give ${name}`),
    ...ports
      .filter((port) => port.name in given && !fits(given[port.name], port))
      .map(
        ({ name, dataType }) => `${what} gives ${JSON.stringify(given[name])} for ${name}, which is not a ${dataType}`,
      ),
  ]
}

async function ofFunction(plugin: FunctionPlugin, { config, inputs, outputs }: Bounds): Promise<string[]> {
  const ports = portsOf(outputs, config)
  const complaints: string[] = []
  for (const values of sampleInputs(inputs).map(frozen)) {
    try {
      const first = await plugin.compute?.(values, config)
      complaints.push(...complaintsAboutValues(first, ports, 'compute'))
      const isPure = isDeepStrictEqual(first, await plugin.compute?.(values, config))
      if (!isPure)
        complaints.push('compute gives different outputs for the same inputs; declare a block when it has to remember')
    } catch (error) {
      complaints.push(`compute throws for ${JSON.stringify(values)}: ${String(error)}`)
    }
  }
  return complaints
}

function ofSamples(plugin: FunctionPlugin, { config, inputs, outputs }: Bounds): string[] {
  const ports = portsOf(outputs, config)
  const makers = [(value: unknown) => good(value as Value, 0), () => bad(Status.BadNoCommunication, 0, 'device')]
  const sets = sampleInputs(inputs).flatMap((values) =>
    makers.map((make) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, frozen(make(value))])),
    ),
  )
  return sets.flatMap((samples) => {
    try {
      const given = plugin.computeSamples?.(frozen(samples), config) as Readonly<Record<string, Sample>>
      const usable = Object.entries(given).filter(([, { status }]) => !isBad(status))
      const usablePorts = ports.filter(({ name }) => !isBad(given[name]?.status ?? Status.Good))
      const values = Object.fromEntries(usable.map(([name, { value }]) => [name, value]))
      return complaintsAboutValues(values, usablePorts, 'computeSamples')
    } catch (error) {
      return [`computeSamples throws: ${String(error)}`]
    }
  })
}

/** A block is run twice: the second time its memory is replaced by a copy before each turn, which must make no difference. */
function ofBlock(plugin: BlockPlugin, { config, inputs, outputs }: Bounds): string[] {
  const ports = portsOf(outputs, config)
  const memory = plugin.memory(config)
  if (memory === plugin.memory(config)) return ['memory gives the same object twice; two steps would share it']
  let copy = plugin.memory(config)
  const complaints: string[] = []
  let time = 0
  for (const [turn, values] of sampleInputs(inputs).map(frozen).entries()) {
    // Several waves may fall into one moment, so time stands still at times.
    const elapsed = turn === 0 || turn % 4 === 2 ? 0 : 0.5 * turn
    time += 1000 * elapsed
    const moment = { time, elapsed, isFirst: turn === 0, wakeIn: wakeChecker(complaints) }
    try {
      if (!isPlainData(memory))
        return ['memory is not plain data: only numbers, texts, booleans, arrays and plain objects']
      const given = plugin.compute(values, config, memory, moment)
      copy = structuredClone(copy)
      const again = plugin.compute(values, config, copy, moment)
      complaints.push(...complaintsAboutValues(given, ports, 'compute'))
      if (!isDeepStrictEqual(given, again)) complaints.push('compute remembers something outside its memory')
    } catch (error) {
      return [...complaints, `compute throws for ${JSON.stringify(values)}: ${String(error)}`]
    }
  }
  return complaints
}

function wakeChecker(complaints: string[]): (seconds: number) => void {
  return (seconds) => {
    if (!(seconds >= 0)) complaints.push(`wakeIn is asked for ${seconds} s`)
  }
}

function ofOperator(plugin: OperatorPlugin, { config, inputs, outputs }: Bounds): string[] {
  const ports = portsOf(outputs, config)
  const complaints: string[] = []
  const scheduler = new TestScheduler(() => {})
  const subjects = Object.fromEntries(Object.keys(inputs).map((name) => [name, new Subject<unknown>()]))
  const streams = plugin.stream(subjects, config, { scheduler })
  const missing = ports.filter(({ name }) => typeof streams[name]?.subscribe !== 'function')
  if (missing.length > 0) return missing.map(({ name }) => `stream does not give an Observable for ${name}`)
  const subscriptions: Subscription[] = ports.map((port) =>
    (streams[port.name] as Subject<unknown>).subscribe({
      next: (value) => complaints.push(...complaintsAboutValues({ [port.name]: value }, [port], 'stream')),
      error: (error) => complaints.push(`stream of ${port.name} ends with an error: ${String(error)}`),
    }),
  )
  for (const values of sampleInputs(inputs).map(frozen)) {
    for (const [name, value] of Object.entries(values)) subjects[name]?.next(value)
  }
  for (const subscription of subscriptions) subscription.unsubscribe()
  const observed = Object.entries(subjects).filter(([, subject]) => subject.observed)
  return [...complaints, ...observed.map(([name]) => `stream still listens to ${name} when nobody listens to it`)]
}

function isPlainData(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlainData)
  if (typeof value === 'object' && value !== null) {
    const prototype = Object.getPrototypeOf(value)
    return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlainData)
  }
  return ['number', 'string', 'boolean', 'undefined', 'bigint'].includes(typeof value) || value === null
}

/** Frozen at every depth: a plugin that changes what it is given fails. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
