import type { PlantEvent } from '../../model/event.ts'

/** What happens to the server as a whole. */
const ofHealth: ReadonlySet<PlantEvent['kind']> = new Set<PlantEvent['kind']>([
  'serviceLevelChanged',
  'eventLoopBlocked',
  'clockJumped',
  'rejectionUnhandled',
])

/** The identifier of the object that an event happened to: `dev/plc1`, `pipe/fill`, `historian`, `health`, or `server` for the Server object. */
export function sourceIdOf(event: PlantEvent): string {
  if ('device' in event) return `dev/${event.device}`
  if ('pipeline' in event) return `pipe/${event.pipeline}`
  if (event.kind === 'jobChanged') return `eq/${event.equipment}`
  if (ofHealth.has(event.kind)) return 'health'
  return event.kind === 'pluginRefused' ? 'server' : 'historian'
}
