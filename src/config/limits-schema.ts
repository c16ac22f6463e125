import { z } from 'zod'
import { type LimitName, limitNames, limitTable } from '../model/limits.ts'
import { parseDuration, writeDuration } from './duration.ts'
import { duration } from './schema-parts.ts'

/** The limits of the server as they are written, made of the one table that declares them. */
export const limits = z
  .strictObject(Object.fromEntries(limitNames.map((name) => [name, limit(name)])) as Record<LimitName, Limit>)
  .meta({ description: 'How much clients may ask of the server; what is more is refused.' })

type Limit = z.ZodOptional<z.ZodInt | typeof duration>

function limit(name: LimitName): Limit {
  const { isTime, value, min, max, description } = limitTable[name]
  if (!isTime) {
    return z
      .int({ error: 'a whole number' })
      .min(min)
      .max(max)
      .optional()
      .meta({ description: `${description}; ${value} when absent.` })
  }
  return durationWithin(min, max)
    .optional()
    .meta({ description: `${description}; ${writeDuration(value)} when absent.` })
}

/** A duration that is neither shorter nor longer than these. */
export function durationWithin(minMs: number, maxMs: number): typeof duration {
  const isWithin = (text: string): boolean => {
    const ms = parseDuration(text)
    return ms === undefined || (ms >= minMs && ms <= maxMs)
  }
  return duration.refine(isWithin, { error: `a duration from ${writeDuration(minMs)} to ${writeDuration(maxMs)}` })
}
