import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../model/clock.ts'
import { packageRoot } from '../package-root.ts'
import type { Page, Position } from '../sqlite/page.ts'
import { pageMax } from '../sqlite/page.ts'
import { openForReading, type ReadableStore } from '../store/open-for-reading.ts'
import { onceEach } from '../store/readable-rows.ts'
import { damageText } from '../tell-state.ts'
import type { Terminal } from './terminal.ts'
import { rangeOf } from './time-range.ts'

/** Options of the commands that list what was kept. */
export interface KeptOptions {
  readonly data?: string
  readonly from?: string
  readonly to?: string
  readonly limit: number
  readonly json?: boolean
}

/** Most entries that one command lists. */
const limitMax = 100_000

/** Adds what all listings have: the folder, the span of time, the limit and the form. */
export function withKeptOptions(command: Command): Command {
  return command
    .argument('[folder]', 'folder with plant.yaml; without one, the built-in demo plant')
    .option('--data <folder>', 'folder of the database (MILLRACE_DATA)')
    .option('--from <time>', 'the first moment: ISO 8601 (local without a zone), or -1h, -7d, now')
    .option('--to <time>', 'the moment before which the listing ends')
    .addOption(new Option('--limit <count>', 'how many at most').argParser(limitOf).default(50))
    .option('--json', 'write JSON for other programs')
}

/** Opens the database of a plant for reading, lets `list` read it, and tells of damaged rows. */
export async function readingKept<T>(
  folder: string | undefined,
  options: { readonly data?: string; readonly what: 'runs' | 'audit' },
  terminal: Terminal,
  list: (store: ReadableStore) => Promise<T>,
): Promise<T> {
  const data = options.data ?? (terminal.environment.MILLRACE_DATA || join(folder ?? packageRoot, 'data'))
  const onDamage = onceEach((table, count) => {
    terminal.err(`warning: ${damageText(table, count)}; a backup may have what is missing\n`)
  })
  const store = await openForReading(join(data, 'meta.db'), { what: options.what, onDamage })
  try {
    return await list(store)
  } finally {
    await store.close()
  }
}

/** Reads pages, newest first, until there are as many entries as are wanted. */
export async function newestOf<T>(
  { from, to, limit }: KeptOptions,
  read: (span: { from?: number; to?: number; isBackward: true; limit: number; after?: Position }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const range = rangeOf(
    { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    systemClock.now(),
  )
  const entries: T[] = []
  let after: Position | undefined
  do {
    const page = await read({
      ...range,
      ...(after === undefined ? {} : { after }),
      isBackward: true,
      limit: Math.min(limit - entries.length, pageMax),
    })
    entries.push(...page.entries)
    after = page.next
  } while (after !== undefined && entries.length < limit)
  return entries
}

/** A moment for people: `2026-11-26 08:30:00`, in UTC. */
export function momentText(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().slice(0, 19).replace('T', ' ')
}

/** A text that came from somewhere: it may not move the cursor of a terminal, and has an end. */
export function cellOf(text: string, max = 60): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get to the terminal.
  const safe = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '·')
  return safe.length <= max ? safe : `${safe.slice(0, max - 1)}…`
}

/** JSON of values of all built-in types: what JSON has no form for is a text. */
export function jsonOf(value: unknown): string {
  const replace = (_key: string, each: unknown): unknown => {
    if (typeof each === 'bigint') return each.toString()
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each)
    return each instanceof Uint8Array ? Buffer.from(each).toString('base64') : each
  }
  return `${JSON.stringify(value, replace, 2)}\n`
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > limitMax) throw new InvalidArgumentError(`a limit is a number from 1 to ${limitMax}.`)
  return limit
}
