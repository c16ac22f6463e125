import { isDeepStrictEqual } from 'node:util'
import { Document, isMap, isScalar, isSeq, type Pair, parse, parseDocument, YAMLMap } from 'yaml'
import { MillraceError } from '../model/errors.ts'

/** What the plant file is to say about plugins. */
export interface PluginEntries {
  readonly packages: readonly string[]
  /** Absent when everything is allowed. */
  readonly allow?: Readonly<Record<string, string>> | undefined
}

/**
 * The text of a plant file with other entries under `plugins`. Everything else stays as it was, byte for byte, and so do the
 * comments inside the entries that stay; a plain list of packages stays a list as long as nothing is pinned.
 *
 * Throws `value-invalid` when the text cannot be changed in this way without losing something.
 */
export function withPluginEntries(text: string, entries: PluginEntries): string {
  const changed = /^\s*\{/.test(text) ? inJson(text, entries) : inYaml(text, entries)
  const { plugins: _, ...before } = parsed(text)
  const { plugins, ...after } = parsed(changed)
  if (!isDeepStrictEqual(before, after) || !isDeepStrictEqual(entriesOf(plugins), entriesOf(entries))) {
    throw new MillraceError(
      'value-invalid',
      'the entries under plugins are written in a way that cannot be changed; write them by hand',
    )
  }
  return changed
}

/** Both ways to write the entries as one. */
function entriesOf(written: unknown): PluginEntries {
  if (Array.isArray(written)) return { packages: written }
  const { packages, allow } = Object(written) as Partial<PluginEntries>
  return { packages: packages ?? [], ...(allow ? { allow } : {}) }
}

function parsed(text: string): Record<string, unknown> {
  return parse(text) as Record<string, unknown>
}

function inJson(text: string, { packages, allow }: PluginEntries): string {
  const plugins = allow ? { ...(packages.length > 0 ? { packages } : {}), allow } : packages
  return `${JSON.stringify({ ...JSON.parse(text), plugins }, null, 2)}\n`
}

function inYaml(text: string, entries: PluginEntries): string {
  const { contents } = parseDocument(text)
  if (!isMap(contents))
    throw new MillraceError('value-invalid', 'the plant file is not a mapping; write the entries by hand')
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === 'plugins')
  const section = new Document({})
  const map = new YAMLMap()
  section.contents = map as never
  map.items.push(entriesNode(section, pair, entries) as never)
  const [from, to] = pair ? placeOf(pair) : [text.length, text.length]
  const gap = from > 0 && text[from - 1] !== '\n' ? '\n' : ''
  return text.slice(0, from) + gap + section.toString({ lineWidth: 0 }) + text.slice(to)
}

/** From the key to the end of the value, with the comment behind it. */
function placeOf({ key, value }: Pair): readonly [number, number] {
  const start = (key as { range?: readonly number[] | null }).range?.[0] ?? 0
  const keyEnd = (key as { range?: readonly number[] | null }).range?.[2] ?? start
  return [start, (value as { range?: readonly number[] | null } | null)?.range?.[2] ?? keyEnd]
}

function entriesNode(document: Document, pair: Pair | undefined, { packages, allow }: PluginEntries): Pair {
  const before = pair?.value
  const list = isSeq(before) ? before : isMap(before) ? before.get('packages', true) : undefined
  const named = withItems(document, list, packages)
  if (!allow && !isMap(before)) return document.createPair('plugins', named) as Pair
  const map = isMap(before) ? before : new YAMLMap()
  if (packages.length > 0) map.set('packages', named)
  const pins = map.get('allow', true)
  const table = isMap(pins) ? pins : new YAMLMap()
  table.flow = false
  for (const { key } of [...table.items]) if (allow && !Object.hasOwn(allow, String(key))) table.delete(key)
  for (const [key, hash] of Object.entries(allow ?? {})) if (table.get(key) !== hash) table.set(key, hash)
  if (allow) map.set('allow', table)
  map.flow = false
  return document.createPair('plugins', map) as Pair
}

/** The list with the names that are wanted; what stays keeps its comments. */
function withItems(document: Document, list: unknown, packages: readonly string[]): unknown {
  if (!isSeq(list)) return document.createNode(packages)
  const known = list.toJSON() as readonly string[]
  for (const name of packages) if (!known.includes(name)) list.add(name)
  return list
}
