import { type Failure, failureOf } from './failure.ts'
import type { TagSamples, Taken } from './tag-samples.ts'

/** Takes a reading into the samples of a device's tags, whatever the plugin gave; what is no reading is a failure. */
export function takeReading(tags: TagSamples, reading: unknown, now: number): Taken | Failure {
  if (typeof reading !== 'object' || reading === null) {
    return failureOf(new Error(`a reading is ${String(reading)}, not values by port`))
  }
  try {
    return tags.take(reading as Record<string, unknown>, now)
  } catch (error) {
    return failureOf(error)
  }
}
