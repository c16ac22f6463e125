import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SqlChanges, SqlValue } from './driver.ts'

/** A row as a driver gives it. */
export type SqlRow = Record<string, SqlValue>

/** One connection of one driver. It is called one call at a time, and finalizes all of its statements when it is closed. */
export interface SqlConnection {
  exec(sql: string): Promise<void>
  run(sql: string, parameters: readonly SqlValue[]): Promise<SqlChanges>
  all(sql: string, parameters: readonly SqlValue[]): Promise<SqlRow[]>
  close(): Promise<void>
}

/**
 * What a connection is opened with. A writer makes the file when it is missing. A reader may make the files of the log beside it;
 * `immutable` makes and locks nothing at all, for a file that nobody writes.
 */
export interface ConnectOptions {
  readonly file: string
  readonly mode: 'write' | 'read' | 'immutable'
}

/** The address of a file that is not to be touched (sqlite.org/uri.html). */
export function immutableUrl(file: string): URL {
  const url = pathToFileURL(resolve(file))
  url.searchParams.set('immutable', '1')
  return url
}

/** Opens a connection; all that an adapter has to give. */
export type Connect = (options: ConnectOptions) => Promise<SqlConnection>

/** Statements kept prepared on a connection; the one unused for longest goes first. */
export const preparedMax = 100

/** Tells whether a statement is worth keeping prepared: data is read or changed, and no cursor stays open behind it. */
export function isReusable(sql: string, call: 'run' | 'all'): boolean {
  const word = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? ''
  if (call === 'all') return ['SELECT', 'WITH', 'INSERT', 'UPDATE', 'DELETE', 'REPLACE'].includes(word)
  return ['INSERT', 'UPDATE', 'DELETE', 'REPLACE'].includes(word) && !/\breturning\b/i.test(sql)
}

/** Refuses what drivers would turn into something else in silence, and makes `-0` a `0`, as some of them do. */
export function checkedParameters(parameters: readonly SqlValue[]): readonly SqlValue[] {
  for (const [index, value] of parameters.entries()) {
    if (value === null || typeof value === 'string' || value instanceof Uint8Array) continue
    if (typeof value === 'number' && !Number.isNaN(value)) continue
    throw new TypeError(`parameter ${index + 1} is ${String(value)} (${typeof value}); encode it as text or as a blob`)
  }
  return parameters.some((value) => Object.is(value, -0)) ? parameters.map(unsigned) : parameters
}

function unsigned(value: SqlValue): SqlValue {
  return value === 0 ? 0 : value
}
