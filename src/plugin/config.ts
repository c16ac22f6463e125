import { z } from 'zod'
import { didYouMean } from '../model/did-you-mean.ts'
import type { ErrorCode } from '../model/errors.ts'
import { units } from '../model/unit.ts'
import { integerRange } from '../model/value.ts'
import { elementOf, fieldAt, inOwnUnits, kindOf, metaInside, shapeOf } from './anatomy.ts'
import type { Field, Fields } from './field.ts'

/** Something wrong in a configuration, at a path inside it. */
export interface ConfigIssue {
  readonly code: ErrorCode
  readonly path: readonly (string | number)[]
  /** Whether the place is the key at the path rather than its value. */
  readonly atKey?: boolean
  readonly message: string
  readonly remedy: string
}

/** A configuration that fits its fields, with defaults filled in, or everything that is wrong with it. */
export type ParsedConfig =
  | { readonly values: Record<string, unknown>; readonly issues?: undefined }
  | { readonly issues: readonly ConfigIssue[]; readonly values?: undefined }

/**
 * Checks a raw configuration, as read from a file, against a plugin's fields. Unknown keys are issues; all issues come at once.
 *
 * Nothing at all counts as an empty configuration.
 */
export function parseConfig(fields: Fields | undefined, raw: unknown): ParsedConfig {
  const schema = schemaOf(fields)
  const result = schema.safeParse(inOwnUnits(schema, raw ?? {}), { reportInput: true })
  if (result.success) return { values: result.data as Record<string, unknown> }
  // zod says of a text in place of a list that it is also too short.
  const mistyped = new Set(result.error.issues.filter(({ code }) => code === 'invalid_type').map(placeOf))
  const issues = result.error.issues.filter((issue) => issue.code === 'invalid_type' || !mistyped.has(placeOf(issue)))
  return { issues: issues.flatMap((issue) => issuesOf(schema, issue)) }
}

/** JSON Schema (draft-07) of a plugin's configuration, for editors. */
export function configJsonSchema(fields: Fields | undefined): Record<string, unknown> {
  return z.toJSONSchema(schemaOf(fields), {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const isNumber = jsonSchema.type === 'number' || jsonSchema.type === 'integer'
      if (isNumber && metaInside(zodSchema as unknown as Field).unit !== undefined) {
        Object.assign(jsonSchema, { type: [jsonSchema.type, 'string'] })
      }
    },
  }) as Record<string, unknown>
}

function schemaOf(fields: Fields = {}): Field {
  return z.strictObject(fields as z.ZodRawShape) as unknown as Field
}

function placeOf(issue: Issue): string {
  return JSON.stringify(issue.path)
}

type Issue = z.core.$ZodIssue
type Place = { readonly field: Field | undefined; readonly path: readonly (string | number)[]; readonly name: string }

function issuesOf(schema: Field, issue: Issue): ConfigIssue[] {
  const path = issue.path as (string | number)[]
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(shapeOf(fieldAt(schema, path) ?? schema) ?? {})
    return issue.keys.map((key) => unknownKey([...path, key], known))
  }
  const place: Place = { field: fieldAt(schema, path), path, name: nameOf(path) }
  return [{ ...issueOf(place, issue), path }]
}

function unknownKey(path: (string | number)[], known: readonly string[]): ConfigIssue {
  const key = String(path.at(-1))
  const meant = didYouMean(key, known)
  const listed = known.length === 0 ? 'nothing is configured here' : `known here are ${known.join(', ')}`
  return {
    code: 'key-unknown',
    path,
    atKey: true,
    message: `${nameOf(path)} is not known`,
    remedy: meant ? `did you mean ${meant}?` : `remove it; ${listed}`,
  }
}

function issueOf(place: Place, issue: Issue): Omit<ConfigIssue, 'path'> {
  const { name, field } = place
  const wanted = field ? wantedBy(field) : 'another value'
  const value = field && metaInside(field).secret ? 'not usable' : shown(issue.input)
  if (issue.input === undefined && issue.code !== 'custom') {
    return { code: 'key-missing', message: `${name} is missing`, remedy: `add ${name}: ${wanted}` }
  }
  switch (issue.code) {
    case 'too_big':
      return {
        code: 'value-out-of-range',
        message: `${name} ${sizeOf(issue, value)}, above its limit of ${issue.maximum}`,
        remedy: `give ${wanted}`,
      }
    case 'too_small':
      return {
        code: 'value-out-of-range',
        message: `${name} ${sizeOf(issue, value)}, below its limit of ${issue.minimum}`,
        remedy: `give ${wanted}`,
      }
    case 'invalid_value': {
      const meant = didYouMean(String(issue.input), issue.values.map(String))
      const remedy = meant ? `did you mean ${meant}?` : `give ${wanted}`
      return { code: 'value-invalid', message: `${name} is ${value}, which is not one of its choices`, remedy }
    }
    case 'custom':
      return custom(place, issue, value)
    case 'invalid_type':
      return { code: 'value-invalid', message: `${name} is ${value}, not ${wanted}`, remedy: `give ${wanted}` }
    default:
      return {
        code: 'value-invalid',
        message: `${name} is ${value}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`,
        remedy: `give ${wanted}`,
      }
  }
}

function custom({ name }: Place, issue: z.core.$ZodIssueCustom, value: string): Omit<ConfigIssue, 'path'> {
  if (issue.params?.code !== 'unit-unknown') {
    return { code: 'value-invalid', message: `${name} is ${value}: ${issue.message}`, remedy: 'give another value' }
  }
  const symbols = units.map(({ symbol }) => symbol)
  const meant = didYouMean(String(issue.input), symbols)
  return {
    code: 'unit-unknown',
    message: `${name} is ${value}, which is not an engineering unit of the table`,
    remedy: meant ? `did you mean ${meant}?` : 'use a unit from `millrace list units`',
  }
}

function sizeOf({ origin, input }: Issue & { origin: string }, value: string): string {
  if (origin === 'array') return `has ${(input as readonly unknown[]).length} items`
  if (origin === 'string') return `has ${String(input).length} characters`
  return `is ${value}`
}

/** A phrase for what a field takes: `a whole number from 0 to 65535`. */
function wantedBy(field: Field): string {
  const { unit, choices, dataType, ...meta } = metaInside(field)
  const range = meta.range ?? (dataType && integerRange[dataType])
  const within = (range ? ` from ${range[0]} to ${range[1]}` : '') + (unit === undefined ? '' : ` in ${unit}`)
  if (elementOf(field)) return 'a list'
  if (choices) return `one of ${choices.join(', ')}`
  switch (kindOf(field)) {
    case 'number':
      return `${dataType === undefined || dataType === 'Double' || dataType === 'Float' ? 'a number' : 'a whole number'}${within}`
    case 'string':
      return 'a text'
    case 'boolean':
      return 'true or false'
    case 'object':
      return 'a mapping'
    default:
      return 'a value of its type'
  }
}

function nameOf(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'config'
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${key}`)).join('')
}

function shown(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'string' ? `'${value}'` : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
