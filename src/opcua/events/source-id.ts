import type { PlantEvent } from '../../model/event.ts'

/** The identifier of the object that an event happened to: `dev/plc1`, `pipe/fill` or `historian`. */
export function sourceIdOf(event: PlantEvent): string {
  if ('device' in event) return `dev/${event.device}`
  return 'pipeline' in event ? `pipe/${event.pipeline}` : 'historian'
}
