import { z } from 'zod'
import { type LimitName, limitNames, limitTable } from '../model/limits.ts'

/** The limits of the server as they are written, made of the one table that declares them. */
export const limits = z
  .strictObject(Object.fromEntries(limitNames.map((name) => [name, limit(name)])) as Record<LimitName, Limit>)
  .meta({ description: 'How much clients may ask of the server; what is more is refused.' })

type Limit = z.ZodOptional<z.ZodInt>

function limit(name: LimitName): Limit {
  const { value, min, max, description } = limitTable[name]
  return z
    .int({ error: 'a whole number' })
    .min(min)
    .max(max)
    .optional()
    .meta({ description: `${description}; ${value} when absent.` })
}
