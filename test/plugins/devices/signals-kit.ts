import signals from '../../../plugins/devices/signals.ts'
import { parseConfig } from '../../../src/plugin/describe.ts'

/** A connection as a test uses it. */
export interface Connected {
  read(): Promise<Record<string, unknown>>
  write(setpoints: Record<string, unknown>): Promise<unknown>
  close(): unknown
}

/** Configuration as the plugin receives it; throws what the plant file's reader would tell. */
export function configOf(tags: readonly object[], others: object = {}) {
  const parsed = parseConfig(signals.config, { tags, ...others })
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  return parsed.values as never as Parameters<typeof signals.connect>[0]['config']
}

/** What the plugin's own check says. */
export function complaintsAbout(tags: readonly object[], folder?: string): readonly string[] {
  return signals.check?.(configOf(tags), { folder }) ?? []
}

const log = { debug: () => {}, info: () => {}, warn: () => {} }

/** A connected device whose time the test sets: `at` reads it at a time in milliseconds since 1970. */
export async function bench(
  tags: readonly object[],
  others: { folder?: string; connectedAt?: number; seed?: number; begin?: string } = {},
) {
  const { folder, connectedAt = 0, ...rest } = others
  let time = connectedAt
  const connection = (await signals.connect({
    ...{ config: configOf(tags, rest), log, signal: new AbortController().signal, now: () => time },
    ...(folder === undefined ? {} : { folder }),
  })) as unknown as Connected
  return {
    async at(ms: number): Promise<Record<string, unknown>> {
      time = ms
      return connection.read()
    },
    async write(ms: number, setpoints: Record<string, unknown>): Promise<void> {
      time = ms
      await connection.write(setpoints)
    },
  }
}
