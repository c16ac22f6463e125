import type { Observable } from 'rxjs'
import { MillraceError } from '../model/errors.ts'
import { Status } from '../model/status.ts'
import type { MethodContext } from '../plugin/define.ts'

/** Outputs that are polled with a period of their own. */
export interface LiveGroup {
  readonly everyMs: number
  readonly outputs: readonly string[]
  read(): Promise<unknown>
}

/** A plugin's connection as the runtime uses it: nothing about its answers is taken for granted. */
export interface LiveConnection {
  read?(): Promise<unknown>
  readonly groups?: readonly LiveGroup[]
  readonly isConcurrent?: boolean
  readonly readings?: Observable<unknown>
  write?(setpoints: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): unknown
  readonly methods?: Readonly<
    Record<string, (inputs: Readonly<Record<string, unknown>>, context: MethodContext) => Promise<unknown>>
  >
}

/** A connection and the signal that ends with it; its reason is a MillraceError `not-connected`. */
export interface Live {
  readonly connection: LiveConnection
  readonly signal: AbortSignal
}

/** Checks what a plugin returned as its connection; throws `plugin-invalid` (BadConfigurationError) when it is none. */
export function checkedConnection(type: string, connection: unknown): LiveConnection {
  const live = connection as Partial<LiveConnection> | null | undefined
  const isLive =
    typeof live?.close === 'function' &&
    (typeof live.read === 'function' || typeof live.readings?.subscribe === 'function')
  if (isLive && areGroups(live.groups)) return live as LiveConnection
  throw new MillraceError(
    'plugin-invalid',
    `plugin ${type} made no connection; connect must return close, either read or readings, and groups only with everyMs, outputs and read`,
    { status: Status.BadConfigurationError },
  )
}

const groupsMax = 100

function areGroups(groups: unknown): boolean {
  if (groups === undefined) return true
  return Array.isArray(groups) && groups.length <= groupsMax && groups.every(isGroup)
}

function isGroup(group: Partial<LiveGroup> | null | undefined): boolean {
  const everyMs = group?.everyMs
  return (
    typeof everyMs === 'number' &&
    everyMs >= 1 &&
    Number.isFinite(everyMs) &&
    Array.isArray(group?.outputs) &&
    typeof group?.read === 'function'
  )
}
