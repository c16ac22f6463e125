import { z } from 'zod'

const text = z.string({ error: 'a text' }).min(1).max(255)
const uriPhrase = 'a URI such as https://example.org/product/4711'
const uri = z
  .string({ error: uriPhrase })
  .max(255)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/, { error: uriPhrase })
const dayPhrase = "a day such as '2026-03-01'"
const day = z
  .string({ error: dayPhrase })
  .regex(/^\d{4}-\d{2}-\d{2}$/, { error: dayPhrase })
  .refine((written) => isDay(written), { error: dayPhrase })

/** Tells whether a day is in the calendar: a Date moves the 30th of February to March. */
function isDay(written: string): boolean {
  const time = Date.parse(`${written}T00:00:00Z`)
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(written)
}

const shared = {
  manufacturer: text.optional(),
  manufacturerUri: uri
    .optional()
    .meta({ description: 'Unique identifier of the manufacturer, usually its web address.' }),
  model: text.optional(),
  productCode: text.optional().meta({ description: 'Order number of the manufacturer.' }),
  hardwareRevision: text.optional(),
  softwareRevision: text.optional(),
  deviceClass: text.optional().meta({ description: 'What kind of device it is, such as Flow meter.' }),
  serialNumber: text.optional().meta({ description: 'Put numbers in quotes.' }),
  productInstanceUri: uri
    .optional()
    .meta({ description: 'Unique identifier of this very product, given by its manufacturer.' }),
  assetId: text.optional().meta({ description: 'Identifier that the owner has given.' }),
  componentName: text.optional().meta({ description: 'Name that the owner has given.' }),
}

/** The nameplate of a device as it is written. */
export const deviceNameplate = z
  .strictObject({
    ...shared,
    deviceRevision: text.optional().meta({ description: 'Revision of the device as a whole.' }),
    deviceManual: text.optional().meta({ description: 'Where the manual is: an address or a path.' }),
    revisionCounter: z.int({ error: 'a whole number' }).min(0).max(2_147_483_647).optional(),
  })
  .meta({ description: 'What stands on the nameplate of the device; clients see it under the names of OPC 10000-100.' })

/** The nameplate of a work unit as it is written. */
export const machineNameplate = z
  .strictObject({
    ...shared,
    yearOfConstruction: z.int({ error: 'a year' }).min(1800).max(9999).optional(),
    monthOfConstruction: z.int({ error: 'a month from 1 to 12' }).min(1).max(12).optional(),
    initialOperationDate: day.optional().meta({ description: "Day of the first operation, such as '2026-03-01'." }),
    location: text.optional().meta({ description: 'Where the machine stands, for people.' }),
  })
  .meta({
    description:
      'What stands on the nameplate of the work unit. With manufacturer, serialNumber and productInstanceUri it is listed among the machines (OPC 40001-1).',
  })
