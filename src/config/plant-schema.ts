import { z } from 'zod'
import { equipmentLevels } from '../model/equipment.ts'
import { parseDuration } from './duration.ts'
import { durationWithin, limits } from './limits-schema.ts'
import { deviceNameplate, machineNameplate } from './nameplate-schema.ts'
import { duration, equipmentPath, id, name, number, period, retry, words } from './schema-parts.ts'

const host = z
  .string({ error: 'an address such as 127.0.0.1, or 0.0.0.0 for every interface,' })
  .regex(/^[A-Za-z0-9.:_-]{1,253}$/, { error: 'an address such as 127.0.0.1, or 0.0.0.0 for every interface,' })

const dayMs = 86_400_000

const server = z
  .strictObject({
    port: z
      .int({ error: 'a port number' })
      .min(0)
      .max(65_535)
      .optional()
      .meta({ description: 'TCP port; 4840 when absent, 0 picks a free one.' }),
    name: name.optional().meta({ description: 'What clients show; the name of the plant when absent.' }),
    bind: host.optional().meta({
      description: 'Address to listen at; 127.0.0.1 (this machine only) when absent, 0.0.0.0 for every interface.',
    }),
    anonymous: z.enum(['none', 'observe', 'operate']).optional().meta({
      description: 'What a client without a login may do: nothing (the default), look, or also start and write.',
    }),
    security: z
      .strictObject({
        unsecured: z
          .boolean({ error: 'true or false' })
          .optional()
          .meta({ description: 'Whether connections without encryption are accepted.' }),
        certificate: z
          .strictObject({
            validFor: durationWithin(2 * dayMs, 7300 * dayMs)
              .optional()
              .meta({
                description: 'How long a certificate is valid that the server makes for itself; 10y when absent.',
              }),
            renewBefore: durationWithin(dayMs, 3650 * dayMs)
              .optional()
              .meta({ description: 'How long before its end it is made anew; 30d when absent.' }),
          })
          .optional()
          .meta({ description: 'The certificate that the server makes for itself.' }),
        overdueRevocationLists: z.enum(['refuse', 'accept']).optional().meta({
          description:
            'Whether certificates are refused (the default), when the next revocation list of their authority should have come.',
        }),
      })
      .optional(),
    limits: limits.optional(),
  })
  .meta({ description: 'The OPC UA server.' })

const history = z
  .strictObject({
    keepEvents: period.optional().meta({ description: 'How long events and alarms are kept; 1y when absent.' }),
  })
  .meta({ description: 'The history of the plant; outputs say themselves how long their values are kept.' })

const jobs = z
  .strictObject({
    max: z
      .int({ error: 'a whole number from 1 to 10000' })
      .min(1, { error: 'at least 1' })
      .max(10_000, { error: 'at most 10000' })
      .optional()
      .meta({ description: 'How many job orders a piece of equipment may have at once; 10000 when absent.' }),
    keep: period.optional().meta({
      description:
        'How long job orders that have ended or were aborted stay in the list, unless they are cleared; 30d when absent.',
    }),
    afterAbort: z.enum(['hold', 'continue']).optional().meta({
      description:
        'Whether the other job orders of the equipment wait until the pipeline of an aborted one is reset (hold, the default), or go on.',
    }),
  })
  .meta({ description: 'Job orders, as an MES places them.' })

const equipment = z
  .strictObject({
    level: z.enum(equipmentLevels),
    name: name.optional(),
    description: words.optional(),
    nameplate: machineNameplate.optional(),
  })
  .meta({ description: 'A piece of equipment of the ISA-95 hierarchy.' })

const within = period
  .refine((text) => (parseDuration(text) ?? 0) <= 60_000, { error: 'a duration of at most 60s' })
  .optional()
  .meta({ description: 'How soon the tag has to read what was written; 1s when absent.' })
const tolerance = number
  .min(0)
  .optional()
  .meta({ description: 'By how much it may be off, in the unit of the tag; 0 when absent.' })

const verify = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        within,
        tolerance,
        tags: z.record(id, z.strictObject({ within, tolerance })).optional().meta({
          description: 'Only these tags, each with what is different for it; every tag that is also read when absent.',
        }),
      }),
    ],
    { error: 'true, false, or within, tolerance and tags' },
  )
  .meta({ description: 'Whether writes are verified by reading the tag back.' })

const device = z
  .strictObject({
    type: z.string({ error: 'the type of a device plugin' }).min(1).max(100),
    name: name.optional(),
    description: words.optional(),
    equipment: equipmentPath,
    nameplate: deviceNameplate.optional(),
    every: period.optional().meta({ description: 'Polling period; 1s when absent.' }),
    timeout: period.optional().meta({ description: 'Deadline of one read, write or connect; 2s when absent.' }),
    holdLast: duration
      .optional()
      .meta({ description: 'How long the last value is kept as Uncertain after the link was lost; 0s when absent.' }),
    enabled: z.boolean({ error: 'true or false' }).optional(),
    retry: retry.optional(),
    breaker: z
      .strictObject({
        failures: z.int({ error: 'a whole number' }).min(1).max(1000),
        reset: period,
        probes: z
          .int({ error: 'a whole number' })
          .min(1)
          .max(100)
          .optional()
          .meta({ description: 'Readings in a row that have to succeed before it closes; 1 when absent.' }),
      })
      .optional()
      .meta({ description: 'Opens after so many failures in a row, sends nothing for the reset time, then probes.' }),
    verify: verify.optional(),
    faults: z
      .enum(['allow', 'forbid'])
      .optional()
      .meta({ description: 'Whether faults may be injected into it; as for the whole plant when absent.' }),
    config: z.record(z.string(), z.unknown()).optional(),
    simulator: z
      .strictObject({
        type: z.string({ error: 'the type of a simulator' }).min(1).max(100),
        config: z.record(z.string(), z.unknown()).optional(),
      })
      .optional()
      .meta({ description: 'Starts a simulator on this machine and talks to it instead of the address in config.' }),
  })
  .meta({ description: 'A device: its plugin, its place, its polling.' })

const packageName = z
  .string({ error: 'the name of an npm package' })
  .regex(/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/, { error: 'the name of an npm package' })
  .max(214)

const packageNames = z.array(packageName, { error: 'a list' }).max(100)

const hashPhrase = 'a hash as `millrace plugin pin` writes it (sha256-...)'

const pluginSources = z
  .union([
    packageNames,
    z.strictObject({
      packages: packageNames.optional().meta({ description: 'npm packages with plugins.' }),
      allow: z
        .record(
          z.string().min(1).max(214),
          z.string({ error: hashPhrase }).regex(/^sha256-[A-Za-z0-9+/]{43}=$/, { error: hashPhrase }),
        )
        .optional()
        .meta({ description: 'Hashes of the plugin modules that may be loaded; `millrace plugin pin` writes them.' }),
    }),
  ])
  .meta({ description: 'npm packages with plugins, and which modules of plugins are allowed.' })

/** The plant file as it is written; durations are texts. The editors' JSON Schema is generated from this same declaration. */
export const plantFile = z.strictObject({
  plant: id,
  name: name.optional(),
  description: words.optional(),
  server: server.optional(),
  history: history.optional(),
  jobs: jobs.optional(),
  faults: z.enum(['allow', 'forbid']).optional().meta({
    description: 'Whether users with the role Engineer may inject faults into devices, for tests; forbid when absent.',
  }),
  equipment: z.record(equipmentPath, equipment).optional(),
  devices: z.record(id, device).optional(),
  plugins: pluginSources.optional(),
})

/** The plant file as it is written. */
export type PlantFile = z.infer<typeof plantFile>
/** A device entry as it is written. */
export type DeviceEntry = z.infer<typeof device>
/** Attempts after a failure as they are written. */
export type RetryEntry = z.infer<typeof retry>
