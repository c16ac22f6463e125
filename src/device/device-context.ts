import { dirname } from 'node:path'
import type { Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import type { DeviceContext, Logger } from '../plugin/define.ts'
import type { Fields } from '../plugin/field.ts'

/** What the context of a device is made of, besides its definition. */
export interface DeviceContextOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  readonly memory: Map<string, unknown>
  readonly certificatesFolder?: string | undefined
}

/** What a plugin gets to make a connection for a device. */
export function deviceContext(
  { config, file }: DeviceDefinition,
  { clock, log, signal, memory, certificatesFolder }: DeviceContextOptions,
): DeviceContext<Fields> {
  // The configuration has passed the plugin's own schema.
  return {
    ...{ config, log, signal, memory, folder: dirname(file), now: () => clock.now() },
    ...(certificatesFolder === undefined ? {} : { certificatesFolder }),
  } as DeviceContext<Fields>
}
