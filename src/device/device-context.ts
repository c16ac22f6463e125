import { dirname } from 'node:path'
import type { Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import type { DeviceContext, Logger } from '../plugin/define.ts'
import type { Fields } from '../plugin/field.ts'

/** What a plugin gets to make a connection for a device. */
export function deviceContext(
  { config, file }: DeviceDefinition,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): DeviceContext<Fields> {
  // The configuration has passed the plugin's own schema.
  return { config, log, signal, folder: dirname(file), now: () => clock.now() } as DeviceContext<Fields>
}
