import type { z } from 'zod'
import { conversion } from '../model/unit.ts'
import { type Field, type FieldMeta, metaOf } from './field.ts'

/** What is read of a zod schema from outside: its kind and the schemas inside it. */
interface Anatomy {
  readonly type: string
  readonly innerType?: Field
  readonly element?: Field
  readonly shape?: Readonly<Record<string, Field>>
}

function anatomyOf(field: Field): Anatomy {
  return (field as z.core.$ZodType)._zod.def as unknown as Anatomy
}

/** A field without its default, `optional` and the like. */
export function bare(field: Field): Field {
  const { innerType } = anatomyOf(field)
  return innerType ? bare(innerType) : field
}

/** Kind of a field without its wrappings, in zod's words: `number`, `string`, `boolean`, `array`, `object`, `enum`. */
export function kindOf(field: Field): string {
  return anatomyOf(bare(field)).type
}

/** The field of each item, when a field is a list. */
export function elementOf(field: Field): Field | undefined {
  return anatomyOf(bare(field)).element
}

/** The named fields inside a field, when it is a record. */
export function shapeOf(field: Field): Readonly<Record<string, Field>> | undefined {
  return anatomyOf(bare(field)).shape
}

/** Metadata of a field wherever they stand: on the field itself, or on what it wraps. */
export function metaInside(field: Field): FieldMeta {
  const meta = metaOf(field)
  const { innerType } = anatomyOf(field)
  return meta.dataType === undefined && innerType ? { ...metaInside(innerType), ...defined(meta) } : meta
}

function defined(meta: FieldMeta): FieldMeta {
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined))
}

/** The field at a path inside a field, if there is one. */
export function fieldAt(field: Field, path: readonly PropertyKey[]): Field | undefined {
  const [key, ...rest] = path
  if (key === undefined) return field
  const next = typeof key === 'number' ? elementOf(field) : shapeOf(field)?.[String(key)]
  return next && fieldAt(next, rest)
}

/** A raw value with every text such as `2s` turned into a number of its field's own unit. What does not fit stays as it is. */
export function inOwnUnits(field: Field, raw: unknown): unknown {
  const meta = metaInside(field)
  if (typeof raw === 'string' && meta.unit !== undefined && !meta.isArray) return quantity(raw, meta.unit) ?? raw
  const element = elementOf(field)
  if (element && Array.isArray(raw)) return raw.map((item) => inOwnUnits(element, item))
  const shape = shapeOf(field)
  if (!shape || typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw
  const entries = Object.entries(raw).map(([key, value]) => {
    const inner = Object.hasOwn(shape, key) ? shape[key] : undefined
    return [key, inner ? inOwnUnits(inner, value) : value]
  })
  return Object.fromEntries(entries)
}

const quantityPattern = /^\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*([^\d\s].*?)\s*$/

function quantity(written: string, unit: string): number | undefined {
  const [, digits, from] = quantityPattern.exec(written) ?? []
  const factors = from === undefined ? undefined : conversion(from, unit)
  return factors && Number((Number(digits) * factors.gain + factors.offset).toPrecision(14))
}
