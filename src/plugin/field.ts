import { z } from 'zod'
import { unitOf } from '../model/unit.ts'
import type { DataType } from '../model/value.ts'

/**
 * A field: a typed value with its meaning, used for ports and for configuration alike.
 *
 * It is a zod schema, so it validates and gives the TypeScript type and the JSON Schema; what zod does not know (data type,
 * engineering unit, range) is metadata on it, read back with {@link metaOf}.
 */
export type Field<T = unknown> = z.ZodType<T>

/** Fields by name: the ports of a plugin, or its configuration. */
export type Fields = Readonly<Record<string, Field>>

/** The values that fields describe, as an author's code receives them. */
export type Values<F extends Fields> = { [K in keyof F]: z.infer<F[K]> }

/** What a field says besides its validation. */
export interface FieldMeta {
  readonly dataType?: DataType | undefined
  readonly isArray?: boolean | undefined
  readonly unit?: string | undefined
  readonly range?: readonly [number, number] | undefined
  readonly choices?: readonly string[] | undefined
  readonly description?: string | undefined
  /** An input that may stay unwired; the function then receives undefined. */
  readonly optional?: boolean | undefined
  /** Name of the other port whose unit and range this output takes over when it has none of its own. */
  readonly like?: string | undefined
  /** Never shown to a client nor written to a log. */
  readonly secret?: boolean | undefined
  readonly default?: unknown
}

interface Described {
  readonly description?: string
}

/**
 * Options of a number: `unit` is a symbol of the units table, `min` and `max` are its limits and become EURange.
 *
 * In files a value of a field with a unit may carry another unit of the same dimension (`2s`, `500ms`); the author's code
 * receives it in the field's own unit.
 */
export interface NumberOptions extends Described {
  readonly unit?: string
  readonly min?: number
  readonly max?: number
  readonly default?: number
  readonly optional?: boolean
  readonly like?: string
}

const metaByField = new WeakMap<object, FieldMeta>()

/** The metadata of a field; a plain zod schema has none but its description. */
export function metaOf(field: Field): FieldMeta {
  return metaByField.get(field) ?? { description: field.description }
}

function declared<T>(schema: z.ZodType<T>, meta: FieldMeta): Field<T> {
  let field: z.ZodType<T> = schema
  if (meta.optional) field = field.optional() as unknown as z.ZodType<T>
  if (meta.default !== undefined) field = field.default(meta.default as never) as unknown as z.ZodType<T>
  field = field.meta({
    ...(meta.description === undefined ? {} : { description: meta.description }),
    ...(meta.unit === undefined ? {} : { unit: meta.unit }),
  })
  metaByField.set(field, meta)
  return field
}

function limited(schema: z.ZodNumber, options: NumberOptions): z.ZodNumber {
  let limited = schema
  if (options.min !== undefined) limited = limited.min(options.min)
  if (options.max !== undefined) limited = limited.max(options.max)
  return limited
}

function rangeOf({ min, max }: NumberOptions, full?: readonly [number, number]): readonly [number, number] | undefined {
  if (min === undefined && max === undefined) return undefined
  const low = min ?? full?.[0] ?? Math.min(0, max as number)
  const high = max ?? full?.[1]
  return high === undefined ? undefined : [low, high]
}

function float64(dataType: 'Float' | 'Double', options: NumberOptions): Field<number> {
  return declared(limited(z.number(), options), { ...options, dataType, range: rangeOf(options) })
}

function integer(dataType: DataType, low: number, high: number, options: NumberOptions): Field<number> {
  const schema = limited(z.int(), { ...options, min: options.min ?? low, max: options.max ?? high })
  return declared(schema, { ...options, dataType, range: rangeOf(options, [low, high]) })
}

/** A 64-bit floating-point number (Double). */
export const double = (options: NumberOptions = {}): Field<number> => float64('Double', options)
/** A 32-bit floating-point number (Float). */
export const float = (options: NumberOptions = {}): Field<number> => float64('Float', options)
/** A signed 8-bit integer (SByte). */
export const int8 = (options: NumberOptions = {}): Field<number> => integer('SByte', -128, 127, options)
/** An unsigned 8-bit integer (Byte). */
export const uint8 = (options: NumberOptions = {}): Field<number> => integer('Byte', 0, 255, options)
/** A signed 16-bit integer (Int16). */
export const int16 = (options: NumberOptions = {}): Field<number> => integer('Int16', -32768, 32767, options)
/** An unsigned 16-bit integer (UInt16). */
export const uint16 = (options: NumberOptions = {}): Field<number> => integer('UInt16', 0, 65535, options)
/** A signed 32-bit integer (Int32). */
export const int32 = (options: NumberOptions = {}): Field<number> => integer('Int32', -2147483648, 2147483647, options)
/** An unsigned 32-bit integer (UInt32). */
export const uint32 = (options: NumberOptions = {}): Field<number> => integer('UInt32', 0, 4294967295, options)

function bigInteger(dataType: DataType, [low, high]: readonly [bigint, bigint], options: NumberOptions): Field<bigint> {
  const { default: preset, min, max } = options
  const [least, most] = [min === undefined ? low : BigInt(min), max === undefined ? high : BigInt(max)]
  const range = rangeOf(options, [Number(low), Number(high)])
  const given = preset === undefined ? {} : { default: BigInt(preset) }
  return declared(z.bigint().min(least).max(most), { ...options, ...given, dataType, range })
}

/** A signed 64-bit integer (Int64), a bigint; for ports, because files cannot hold one. */
export const int64 = (options: NumberOptions = {}): Field<bigint> =>
  bigInteger('Int64', [-(2n ** 63n), 2n ** 63n - 1n], options)
/** An unsigned 64-bit integer (UInt64), a bigint; for ports, because files cannot hold one. */
export const uint64 = (options: NumberOptions = {}): Field<bigint> =>
  bigInteger('UInt64', [0n, 2n ** 64n - 1n], options)

/** Options of a field that is not a number. */
export interface PlainOptions<T> extends Described {
  readonly default?: T
  readonly optional?: boolean
}

/** True or false (Boolean). */
export const boolean = (options: PlainOptions<boolean> = {}): Field<boolean> =>
  declared(z.boolean(), { ...options, dataType: 'Boolean' })

/** A moment (DateTime): a `Date`. */
export const dateTime = (options: PlainOptions<Date> = {}): Field<Date> =>
  declared(z.date(), { ...options, dataType: 'DateTime' })

/** Bytes (ByteString): a `Uint8Array`. */
export const bytes = (options: PlainOptions<Uint8Array> = {}): Field<Uint8Array> =>
  declared(z.instanceof(Uint8Array) as unknown as z.ZodType<Uint8Array>, { ...options, dataType: 'ByteString' })

/** Text (String). A `secret` text is never shown. */
export const text = (options: PlainOptions<string> & { readonly secret?: boolean } = {}): Field<string> =>
  declared(z.string(), { ...options, dataType: 'String' })

/** Symbol of an engineering unit (String), for configuration; anything that is not in the units table is an error. */
export const unit = (options: PlainOptions<string> = {}): Field<string> =>
  declared(
    z.string().refine((symbol) => unitOf(symbol) !== undefined, { params: { code: 'unit-unknown' } }),
    { ...options, dataType: 'String' },
  )

/** One of a few texts (String, shown as a multi-state variable). */
export const choice = <const C extends readonly [string, ...string[]]>(
  choices: C,
  options: PlainOptions<C[number]> = {},
): Field<C[number]> =>
  declared(z.enum(choices) as unknown as z.ZodType<C[number]>, { ...options, dataType: 'String', choices })

/** A list of values; of scalars it becomes an array variable. */
export const list = <T>(
  of: Field<T>,
  options: PlainOptions<readonly T[]> & { min?: number; max?: number } = {},
): Field<readonly T[]> => {
  const { min, max, ...rest } = options
  let schema = z.array(of)
  if (min !== undefined) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  return declared(schema as unknown as z.ZodType<readonly T[]>, { ...metaOf(of), ...rest, isArray: true })
}

/** Several named values in one; unknown names are errors. For configuration, not for ports. */
export const record = <F extends Fields>(fields: F, options: Described = {}): Field<Values<F>> =>
  declared(z.strictObject(fields as z.ZodRawShape) as unknown as z.ZodType<Values<F>>, options)
