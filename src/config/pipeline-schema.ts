import { z } from 'zod'
import { restartPolicies } from '../model/restart.ts'
import {
  dataType,
  duration,
  equipmentPath,
  id,
  literal,
  name,
  number,
  period,
  reference,
  retry,
  source,
  words,
} from './schema-parts.ts'

const truth = z.boolean({ error: 'true or false' })
const outputUnit = z.string({ error: 'the symbol of a unit' }).min(1).max(32)

const parameter = z
  .strictObject({
    type: dataType,
    unit: outputUnit.optional(),
    min: number.optional(),
    max: number.optional(),
    default: literal,
    description: words.optional(),
    fixed: truth.optional().meta({ description: 'Cannot be changed while the pipeline runs.' }),
  })
  .meta({ description: 'A writable variable of the pipeline, and a JobOrderParameter for the MES.' })

const condition = z.strictObject({ above: source.optional(), below: source.optional(), equals: source.optional() })

const onError = z
  .union([z.enum(['fail', 'bad']), z.strictObject({ fallback: z.record(id, literal) })], {
    error: 'fail, bad or { fallback: { port: value } }',
  })
  .meta({
    description: 'When all attempts are used up: the run fails, the outputs turn Bad, or they take fallback values.',
  })

const policies = {
  description: words.optional(),
  in: z.record(id, source).optional(),
  after: z
    .array(id, { error: 'a list of steps' })
    .max(1000)
    .optional()
    .meta({ description: 'Steps that must be complete first.' }),
  until: z
    .record(id, condition)
    .optional()
    .meta({ description: 'The step is complete when these hold: { total: { above: $limit } }.' }),
  timeout: period.optional(),
  retry: retry.optional(),
  onError: onError.optional(),
}

const method = z
  .string({ error: 'a method of a device (device.method)' })
  .regex(/^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32}$/, { error: 'a method of a device (device.method)' })
  .meta({ description: 'A method of a device: servo1.home.' })

const step = z
  .strictObject({
    function: z.string({ error: 'the type of a function' }).min(1).max(100).optional(),
    do: method.optional(),
    config: z.record(z.string(), z.unknown()).optional(),
    ...policies,
  })
  .meta({ description: 'A use of a function (function:) or of a device method (do:).' })

const finalStep = z.strictObject({ id: id.optional(), do: method, ...policies })

const run = z
  .union(
    [
      z.literal('once'),
      z.strictObject({
        every: period.optional().meta({ description: 'A cyclic scan.' }),
        on: z.literal('change').optional().meta({ description: 'A wave on each change of an input.' }),
        cron: z.string({ error: 'a cron pattern' }).max(200).optional(),
        timezone: z.string({ error: 'a time zone such as Europe/Berlin' }).max(64).optional(),
      }),
    ],
    { error: "once, { every: 1s }, { on: change } or { cron: '0 6 * * *' }" },
  )
  .meta({ description: 'When it runs; { on: change } when absent.' })

const severity = z
  .int({ error: 'a severity from 1 to 1000' })
  .min(1, { error: 'a severity from 1 to 1000' })
  .max(1000, { error: 'a severity from 1 to 1000' })

const alarm = z
  .strictObject({
    lowLow: number.optional(),
    low: number.optional(),
    high: number.optional(),
    highHigh: number.optional(),
    deadband: number.min(0, { error: 'a number that is not negative' }).optional().meta({
      description: 'How far the value must come back behind a limit, in the unit of the output.',
    }),
    onDelay: duration.optional().meta({ description: 'How long a limit must be exceeded until the alarm is active.' }),
    offDelay: duration.optional().meta({ description: 'How long the value must be normal until it is inactive.' }),
    severity: z
      .strictObject({
        lowLow: severity.optional(),
        low: severity.optional(),
        high: severity.optional(),
        highHigh: severity.optional(),
      })
      .optional()
      .meta({ description: '1 to 1000 for each limit; 700 for the outer and 400 for the inner ones when absent.' }),
    confirm: truth.optional().meta({ description: 'Whether an acknowledgement must be confirmed.' }),
  })
  .meta({ description: 'A level alarm; the limits are in the unit of the output.' })

const output = z
  .strictObject({
    from: reference,
    unit: outputUnit.optional(),
    min: number.optional(),
    max: number.optional(),
    description: words.optional(),
    history: z
      .strictObject({ keep: period.optional(), deadband: number.min(0).optional() })
      .optional()
      .meta({
        description: 'How long its history is kept (90d when absent), and which changes are too small to be kept.',
      }),
    alarm: alarm.optional(),
  })
  .meta({ description: 'What the world sees, under the equipment.' })

const tag = z.string().regex(/^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32}$/, { error: 'a tag of a device (device.port)' })

/** A pipeline file as it is written; durations are texts. The editors' JSON Schema is generated from this same declaration. */
export const pipelineFile = z.strictObject({
  pipeline: id,
  name: name.optional(),
  description: words.optional(),
  equipment: equipmentPath,
  run: run.optional(),
  overlap: z
    .enum(['skip', 'queue', 'cancel'])
    .optional()
    .meta({ description: 'What happens to a trigger that fires while a wave runs.' }),
  queue: z
    .int({ error: 'a whole number' })
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'How many triggers `overlap: queue` holds.' }),
  start: z.enum(['auto', 'manual']).optional().meta({ description: 'Whether it starts with the plant.' }),
  restart: z
    .enum(restartPolicies)
    .optional()
    .meta({ description: 'How it comes back when the program is started again while it was active.' }),
  events: z.strictObject({ steps: truth.optional() }).optional(),
  parameters: z.record(id, parameter).optional(),
  steps: z.record(id, step),
  outputs: z.record(id, output).optional(),
  writes: z
    .record(tag, z.strictObject({ from: reference, on: z.enum(['change', 'wave']).optional() }))
    .optional()
    .meta({ description: 'Device tags that this pipeline drives.' }),
  finally: z
    .array(finalStep, { error: 'a list of steps' })
    .max(100)
    .optional()
    .meta({ description: 'Method calls that always run in the end.' }),
})

/** The pipeline file as it is written. */
export type PipelineFile = z.infer<typeof pipelineFile>
/** A step as it is written. */
export type StepEntry = z.infer<typeof step>
/** A step of `finally` as it is written. */
export type FinalStepEntry = z.infer<typeof finalStep>
/** A parameter as it is written. */
export type ParameterEntry = z.infer<typeof parameter>
/** A level alarm as it is written. */
export type AlarmEntry = z.infer<typeof alarm>
/** What feeds an input, as it is written. */
export type SourceEntry = z.infer<typeof source>
