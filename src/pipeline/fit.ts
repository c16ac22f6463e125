import type { Port } from '../model/port.ts'
import { conversion } from '../model/unit.ts'
import { type DataType, integerRange, isEncoded, isNumeric, type Scalar, type Value } from '../model/value.ts'

/** The part of a port that decides whether a value fits into it. */
export type Shape = Pick<Port, 'dataType' | 'isArray' | 'choices' | 'range'>

const widening: Readonly<Partial<Record<DataType, readonly DataType[]>>> = {
  SByte: ['Int16', 'Int32', 'Float', 'Double'],
  Byte: ['Int16', 'UInt16', 'Int32', 'UInt32', 'Float', 'Double'],
  Int16: ['Int32', 'Float', 'Double'],
  UInt16: ['Int32', 'UInt32', 'Float', 'Double'],
  Int32: ['Double'],
  UInt32: ['Double'],
  Float: ['Double'],
}

/**
 * Tells whether each value of one type is exactly a value of the other.
 *
 * Int64 and UInt64 are `bigint` here and fit only into themselves: a wire never changes how a value is represented.
 */
export function typeFits(from: DataType, to: DataType): boolean {
  return from === to || (widening[from]?.includes(to) ?? false)
}

/** Tells why values of one port do not fit into another, or undefined when all of them do. Units are another question. */
export function misfit(from: Shape, to: Shape): string | undefined {
  if (from.isArray !== to.isArray || !typeFits(from.dataType, to.dataType)) {
    return `${nameOf(from)} does not fit into ${nameOf(to)}`
  }
  if (!to.choices) return undefined
  const { choices } = to
  if (!from.choices) return `any String does not fit into one of ${choices.join(', ')}`
  const strange = from.choices.filter((choice) => !choices.includes(choice))
  return strange.length === 0 ? undefined : `${strange.join(', ')} is not one of ${choices.join(', ')}`
}

/** How a type is written for people: `Double`, `array of Double`. */
export function nameOf({ dataType, isArray }: Pick<Shape, 'dataType' | 'isArray'>): string {
  return isArray ? `array of ${dataType}` : dataType
}

/** A value as a port takes it, or what is wrong with it. */
export type Fitted = { readonly value: Value } | { readonly problem: 'type' | 'range'; readonly message: string }

/**
 * Turns a value as it stands in a file, or as a client wrote it, into the value of a port.
 *
 * A text in the form of ISO 8601 becomes a DateTime and a whole number an Int64; nothing else changes.
 */
export function fitted(value: Value, to: Shape): Fitted {
  if (!to.isArray) return Array.isArray(value) ? wrongType(value, to) : fittedScalar(value as Scalar | null, to)
  if (!Array.isArray(value)) return wrongType(value, to)
  const elements: Scalar[] = []
  for (const element of value as readonly Scalar[]) {
    const each = fittedScalar(element, to)
    if ('problem' in each) return each
    elements.push(each.value as Scalar)
  }
  return { value: elements }
}

function fittedScalar(value: Scalar | null, to: Shape): Fitted {
  const scalar = value === null ? undefined : scalarOf(value, to.dataType)
  if (scalar === undefined) return wrongType(value, to)
  const whole = integerRange[to.dataType]
  if (whole && outside(scalar, whole)) return { problem: 'range', message: `${shown(value)} is outside ${to.dataType}` }
  if (to.range && outside(scalar, to.range))
    return { problem: 'range', message: `${shown(value)} is ${place(scalar, to.range)}` }
  if (to.choices && !to.choices.includes(scalar as string)) {
    return { problem: 'range', message: `${shown(value)} is not one of ${to.choices.join(', ')}` }
  }
  return { value: scalar }
}

function scalarOf(value: Scalar, type: DataType): Scalar | undefined {
  if (type in integerRange) return Number.isInteger(value) ? value : undefined
  switch (type) {
    case 'Float':
    case 'Double':
      return Number.isFinite(value) ? value : undefined
    case 'Int64':
    case 'UInt64':
      return bigintOf(value, type)
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'String':
      return typeof value === 'string' ? value : undefined
    case 'DateTime':
      return dateOf(value)
    default:
      return value instanceof Uint8Array ? value : undefined
  }
}

function bigintOf(value: Scalar, type: 'Int64' | 'UInt64'): bigint | undefined {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return undefined
  const whole = BigInt(value as bigint | number)
  const kept = type === 'Int64' ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole)
  return kept === whole ? whole : undefined
}

function dateOf(value: Scalar): Date | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value)) return undefined
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function outside(value: Scalar, [low, high]: readonly [number, number]): boolean {
  return typeof value === 'number' && (value < low || value > high)
}

function place(value: Scalar, [low, high]: readonly [number, number]): string {
  if (Number.isFinite(low) && Number.isFinite(high)) return `not between ${low} and ${high}`
  return (value as number) < low ? `below ${low}` : `above ${high}`
}

function wrongType(value: Value, to: Shape): Fitted {
  return {
    problem: 'type',
    message: `${shown(value)} is not ${/^[AEIOU]/i.test(nameOf(to)) ? 'an' : 'a'} ${nameOf(to)}`,
  }
}

/** A value as people write it. */
export function shown(value: Value): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map((each) => shown(each as Scalar)).join(', ')}]`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()
  return isEncoded(value) ? `a value of ${value.type}` : String(value)
}

/** How a wire converts: absent gain and offset when nothing is to be done, undefined when the units have other dimensions. */
export function wireConversion(
  from: string | undefined,
  to: string | undefined,
): { readonly gain?: number; readonly offset?: number } | undefined {
  // A number without a unit may be anything: it is taken in the unit of the port that it reaches.
  if (from === undefined || to === undefined || from === to) return {}
  const found = conversion(from, to)
  if (!found) return undefined
  return found.gain === 1 && found.offset === 0 ? {} : found
}

/** Whether a number type can hold what a unit conversion makes of a number. */
export function holdsConverted(type: DataType): boolean {
  return isNumeric(type) && !(type in integerRange)
}
