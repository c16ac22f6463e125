import type { PlantEvent } from '../../model/event.ts'

/** The identifier of the object that an event happened to: `dev/plc1`, `pipe/fill`, `historian`, or `server` for the Server object. */
export function sourceIdOf(event: PlantEvent): string {
  if ('device' in event) return `dev/${event.device}`
  if ('pipeline' in event) return `pipe/${event.pipeline}`
  if (event.kind === 'jobChanged') return `eq/${event.equipment}`
  return event.kind === 'pluginRefused' ? 'server' : 'historian'
}
