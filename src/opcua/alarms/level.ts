import type { AlarmLimits } from '../../model/definition.ts'

/** Levels of a limit alarm in rising order of the value (Part 9 §5.8.18). */
export const levels = ['LowLow', 'Low', 'High', 'HighHigh'] as const

/** Level of a limit alarm; a normal value has none. */
export type Level = (typeof levels)[number]

/** The limits that decide about a level; those that are absent are never exceeded. */
export type Limits = Pick<AlarmLimits, 'lowLow' | 'low' | 'high' | 'highHigh'> & {
  readonly deadband?: number | undefined
}

/**
 * The level of a value, or undefined when it is normal. A limit is exceeded beyond it, not at it.
 *
 * `held` is the level that the value had before: a limit that was exceeded stays so until the value has come back by the
 * deadband. A value that is no number has the level it had.
 */
export function levelOf(value: number, limits: Limits, held?: Level): Level | undefined {
  if (Number.isNaN(value)) return held
  const { lowLow = -Infinity, low = -Infinity, high = Infinity, highHigh = Infinity, deadband = 0 } = limits
  const slack = (isHeld: boolean): number => (isHeld ? deadband : 0)
  const isHeldHigh = held === 'High' || held === 'HighHigh'
  const isHeldLow = held === 'Low' || held === 'LowLow'
  if (value > highHigh - slack(held === 'HighHigh')) return 'HighHigh'
  if (value < lowLow + slack(held === 'LowLow')) return 'LowLow'
  if (value > high - slack(isHeldHigh)) return 'High'
  if (value < low + slack(isHeldLow)) return 'Low'
  return undefined
}

/** Tells whether a change of level is for the worse: out of normal, to the other side, or further out. */
export function isEscalation(from: Level | undefined, to: Level | undefined): boolean {
  if (to === undefined || from === to) return false
  if (from === undefined) return true
  return isHighSide(from) !== isHighSide(to) || (isOuter(to) && !isOuter(from))
}

/** The limit that a level has exceeded. */
export function limitOf(level: Level, limits: Limits): number | undefined {
  const keys = { LowLow: 'lowLow', Low: 'low', High: 'high', HighHigh: 'highHigh' } as const
  return limits[keys[level]]
}

function isHighSide(level: Level): boolean {
  return level === 'High' || level === 'HighHigh'
}

function isOuter(level: Level): boolean {
  return level === 'LowLow' || level === 'HighHigh'
}
