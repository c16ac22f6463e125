import type { Port } from '../model/port.ts'
import { integerRange, isNumeric, type Value } from '../model/value.ts'
import { bare, elementOf, kindOf, metaInside, shapeOf } from './anatomy.ts'
import type { Field, Fields } from './field.ts'

/** A few typical values of a field, with both ends of its range among them. */
export function samplesOf(field: Field): readonly unknown[] {
  const { dataType, range, choices } = metaInside(field)
  const element = elementOf(field)
  const shape = shapeOf(field)
  if (element) return [samplesOf(element).slice(0, 3), []].filter((list) => bare(field).safeParse(list).success)
  if (shape) return [sampleConfig(shape)]
  if (choices) return choices
  switch (kindOf(field)) {
    case 'boolean':
      return [false, true]
    case 'number': {
      const [low, high] = range ?? (dataType && integerRange[dataType]) ?? [Number.NaN, Number.NaN]
      const candidates = [low, high, (low + high) / 2, Math.round((low + high) / 2), 0, 1, 2.5, -3]
      return candidates.filter((each) => bare(field).safeParse(each).success)
    }
    case 'enum':
      return Object.values((bare(field) as unknown as { enum: Record<string, string> }).enum)
    default:
      return ['text', '', new Date(0), 0n, 1n, new Uint8Array([1, 2])].filter(
        (each) => bare(field).safeParse(each).success,
      )
  }
}

/** A configuration with every default, and a typical value where there is none. */
export function sampleConfig(fields: Fields = {}): Record<string, unknown> {
  const entries = Object.entries(fields).filter(([, field]) => !field.safeParse(undefined).success)
  return Object.fromEntries(entries.map(([name, field]) => [name, samplesOf(field)[0]]))
}

/** Values of inputs: several sets, in which each input goes through its typical values, and one set without the optional inputs. */
export function sampleInputs(fields: Fields): readonly Readonly<Record<string, unknown>>[] {
  const columns = Object.entries(fields).map(([name, field]) => [name, samplesOf(field)] as const)
  const rows = Array.from({ length: 16 }, (_, row) =>
    // Steps of different width, so that inputs of one type do not always agree.
    Object.fromEntries(columns.map(([name, values], column) => [name, values[(row * (column + 1)) % values.length]])),
  )
  const needed = columns.filter(([name]) => !metaInside(fields[name] as Field).optional)
  return [...rows, Object.fromEntries(needed.map(([name, values]) => [name, values[0]]))]
}

/** Tells whether a value has the type of a port. A number that is not finite counts: the runtime makes it Bad. */
export function fits(value: unknown, { dataType, isArray, choices }: Port): value is Value {
  if (isArray) return Array.isArray(value) && value.every((item) => isScalarOf(item, dataType))
  return isScalarOf(value, dataType) && (choices === undefined || choices.includes(value as string))
}

function isScalarOf(value: unknown, dataType: Port['dataType']): boolean {
  const range = integerRange[dataType]
  if (range) return Number.isInteger(value) && (value as number) >= range[0] && (value as number) <= range[1]
  if (isNumeric(dataType)) return typeof value === 'number'
  switch (dataType) {
    case 'Boolean':
      return typeof value === 'boolean'
    case 'String':
      return typeof value === 'string'
    case 'DateTime':
      return value instanceof Date
    case 'ByteString':
      return value instanceof Uint8Array
    default:
      return typeof value === 'bigint'
  }
}
