import { messageOf } from '../model/errors.ts'
import type { Plugin, PluginKind } from './define.ts'

/** What type names look like: a letter, then letters, digits, `_` and `-`; 32 characters at most. */
export const typePattern = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/

/** What each kind of plugin must have besides `type` and `description`: fields (objects or functions), then code. */
const parts: Readonly<Record<PluginKind, { readonly ports: readonly string[]; readonly code: readonly string[] }>> = {
  device: { ports: ['outputs'], code: ['connect'] },
  function: { ports: ['inputs', 'outputs'], code: [] },
  block: { ports: ['inputs', 'outputs'], code: ['memory', 'compute'] },
  operator: { ports: ['inputs', 'outputs'], code: ['stream'] },
  simulator: { ports: [], code: ['start'] },
}

/** The kinds of plugins. */
export const pluginKinds = Object.keys(parts) as readonly PluginKind[]

/** Tells whether something that a module exports has the form of a plugin; {@link complaintsAboutShape} says why not. */
export function isPlugin(candidate: unknown): candidate is Plugin {
  return complaintsAboutShape(candidate).length === 0
}

/** Everything that keeps something from being a plugin; none when its form is right. It never throws. */
export function complaintsAboutShape(candidate: unknown): readonly string[] {
  try {
    return complaintsAbout(candidate)
  } catch (error) {
    // A getter may throw, and a value may be one that no text stands for.
    return [`it cannot be looked at: ${messageOf(error)}`]
  }
}

function complaintsAbout(candidate: unknown): readonly string[] {
  if (typeof candidate !== 'object' || candidate === null) {
    return [`it is ${candidate === null ? 'null' : `a ${typeof candidate}`}, not a plugin`]
  }
  const plugin = candidate as Readonly<Record<string, unknown>>
  const kind = pluginKinds.find((each) => each === plugin.kind)
  if (kind === undefined) {
    return [`its kind is ${JSON.stringify(plugin.kind) ?? 'missing'}, not one of ${pluginKinds.join(', ')}`]
  }
  return [
    ...complaintsAboutName(plugin),
    ...parts[kind].ports.filter((name) => !isPorts(plugin[name])).map((name) => `${name} is missing or not fields`),
    ...parts[kind].code.filter((name) => typeof plugin[name] !== 'function').map((name) => `${name} is not a function`),
    ...(plugin.config === undefined || typeof plugin.config === 'object' ? [] : ['config is not fields']),
    ...(kind === 'function' ? complaintsAboutCompute(plugin) : []),
    ...(plugin.isolated === undefined ? [] : complaintsAboutIsolation(kind, plugin.isolated)),
  ]
}

/** Smallest memory of a thread in MiB: the interface of plugins itself needs about a half of it. */
const memoryMiBMin = 32

function complaintsAboutIsolation(kind: PluginKind, isolated: unknown): string[] {
  if (kind === 'device' || kind === 'simulator') return [`a ${kind} cannot be isolated; take isolated away`]
  if (typeof isolated === 'boolean') return []
  if (typeof isolated !== 'object' || isolated === null) return ['isolated is neither true nor its limits']
  const { memoryMiB = memoryMiBMin, deadlineMs = 1, ...rest } = isolated as Readonly<Record<string, unknown>>
  const isAbove = (limit: unknown, least: number) => typeof limit === 'number' && limit >= least && limit <= 1e6
  return [
    ...Object.keys(rest).map((name) => `isolated.${name} is not known; known are memoryMiB and deadlineMs`),
    ...(isAbove(memoryMiB, memoryMiBMin) ? [] : [`isolated.memoryMiB is not a number from ${memoryMiBMin}`]),
    ...(isAbove(deadlineMs, 1) ? [] : ['isolated.deadlineMs is not a number from 1 (milliseconds)']),
  ]
}

function complaintsAboutName({ type, description }: Readonly<Record<string, unknown>>): string[] {
  const isNamed = typeof type === 'string' && typePattern.test(type)
  const isDescribed = typeof description === 'string' && description.trim() !== ''
  return [
    ...(isNamed
      ? []
      : [
          `its type is ${JSON.stringify(type) ?? 'missing'}; a type is a letter, then up to 31 letters, digits, _ or -`,
        ]),
    ...(isDescribed ? [] : ['its description is missing; give one sentence for the catalogue']),
  ]
}

function complaintsAboutCompute({ compute, computeSamples }: Readonly<Record<string, unknown>>): string[] {
  const isEither = (typeof compute === 'function') !== (typeof computeSamples === 'function')
  return isEither ? [] : ['it needs either compute or computeSamples']
}

function isPorts(ports: unknown): boolean {
  return typeof ports === 'function' || (typeof ports === 'object' && ports !== null)
}
