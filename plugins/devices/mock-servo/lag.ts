import type { Moment } from './profile.ts'

/**
 * Where the actual position is after so many seconds, when it follows the commanded one with a lag of first order:
 * `lag · x' = c - x`. Exact while the commanded acceleration is constant, so that the size of the steps does not matter.
 */
export function followed(actual: number, commanded: Moment, seconds: number, lag: number): number {
  if (lag === 0) return steady(commanded, seconds, 0)
  return steady(commanded, seconds, lag) + (actual - steady(commanded, 0, lag)) * Math.exp(-seconds / lag)
}

/** Seconds until an error that dies away with the lag is inside a window. */
export function settling(error: number, window: number, lag: number): number {
  return Math.abs(error) > window ? lag * Math.log(Math.abs(error) / window) : 0
}

/** What the actual position tends to: the commanded one, late by the lag. */
function steady({ position, velocity, acceleration }: Moment, seconds: number, lag: number): number {
  return position + velocity * (seconds - lag) + acceleration * ((seconds * seconds) / 2 - lag * seconds + lag * lag)
}
