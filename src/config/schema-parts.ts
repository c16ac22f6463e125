import { z } from 'zod'
import { idPattern } from '../model/tag.ts'
import { dataTypes } from '../model/value.ts'
import { durationPattern, parseDuration } from './duration.ts'

/*
 * Parts that both kinds of files share. The `error` of a part says what is expected at its place, as a phrase that
 * fits into "<place> is <value>; <phrase> is expected".
 */

/** An id of a device, pipeline, step, parameter or output. */
export const id = z
  .string({ error: 'an id' })
  .regex(idPattern, { error: 'an id of letters, digits, _ and -, at most 32 of them' })
  .meta({ description: 'Letters, digits, _ and -; at most 32. It never changes; give a name for people instead.' })

/** A path of equipment. */
export const equipmentPath = z
  .string({ error: 'a path such as Acme/Berlin/Line1' })
  .regex(/^[A-Za-z0-9_-]{1,32}(\/[A-Za-z0-9_-]{1,32}){0,15}$/, { error: 'a path such as Acme/Berlin/Line1' })

/** A duration with its unit. */
export const duration = z
  .string({ error: 'a duration with its unit, such as 500ms, 1s, 5m or 90d,' })
  .regex(durationPattern, { error: 'a duration with its unit, such as 500ms, 1s, 5m or 90d,' })
  .refine((text) => !durationPattern.test(text) || parseDuration(text) !== undefined, {
    error: 'a duration of at most 100 years',
  })

/** A duration that is longer than nothing. */
export const period = duration.refine((text) => parseDuration(text) !== 0, { error: 'a duration above zero' })

/** Text for people. */
export const words = z.string({ error: 'a text' }).max(1000)

/** A name for people. */
export const name = z.string({ error: 'a text' }).min(1).max(100)

/** A number that is neither infinite nor NaN. */
export const number = z.number({ error: 'a number' })

const scalar = z.union([number, z.boolean(), z.string().max(65_535)], { error: 'a number, a text, true or false' })

/** A value as it is written: a scalar or a list of scalars. */
export const literal = z.union([number, z.boolean(), z.string().max(65_535), z.array(scalar).max(65_535)], {
  error: 'a number, a text, true, false or a list of these',
})

const referencePattern = /^(\$[A-Za-z0-9_-]{1,32}|[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32})$/

/** A wire or a parameter. */
export const reference = z
  .string({ error: 'a wire (owner.port) or a parameter ($name)' })
  .regex(referencePattern, {
    error: 'a wire (owner.port) or a parameter ($name)',
  })
  .meta({ description: 'A wire such as boiler1.gasFlow (owner.port), or a parameter such as $targetVolume.' })

const sourcePhrase =
  'a wire (owner.port), a parameter ($name), a number, true, false, a list, or a literal text written { value: auto },'

/** What feeds an input: a wire, a parameter or a literal. */
export const source = z
  .union(
    [
      z.string({ error: sourcePhrase }).regex(referencePattern, { error: sourcePhrase }),
      number,
      z.boolean(),
      z.array(scalar).max(65_535),
      z.strictObject({ value: literal }),
    ],
    { error: sourcePhrase },
  )
  .meta({
    description:
      'A wire (owner.port), a parameter ($name) or a literal: a number, true, false or a list. A literal text is written { value: auto }.',
  })

/** Attempts after a failure. */
export const retry = z
  .strictObject({
    attempts: z.int({ error: 'a whole number' }).min(1).max(100).optional(),
    delay: duration.optional(),
    factor: number.min(1).max(10).optional(),
    jitter: number.min(0).max(1).optional(),
    maxDelay: duration.optional(),
  })
  .meta({ description: 'Attempts in all, the delay before the second one, and how the delay grows.' })

/** The type of a parameter. */
export const dataType = z.enum(dataTypes)
