import {
  boolean,
  choice,
  double,
  type Field,
  type Fields,
  float,
  int8,
  int16,
  int32,
  integerRange,
  type NumberOptions,
  text,
  uint8,
  uint16,
  uint32,
} from 'millrace/plugin'
import { type Given, type TagEntry, type TagType, typeOf } from './settings.ts'

const numberField: Readonly<Record<Exclude<TagType, 'Boolean' | 'String'>, (options: NumberOptions) => Field>> = {
  ...{ Double: double, Float: float, SByte: int8, Byte: uint8, Int16: int16, UInt16: uint16, Int32: int32 },
  UInt32: uint32,
}

/** The ports of tags. */
export function portsOf(tags: readonly TagEntry[]): Fields {
  return Object.fromEntries(tags.map((tag) => [tag.name, fieldOf(tag)]))
}

function fieldOf(tag: TagEntry): Field {
  const { description, unit, min, max, choices } = tag
  const type = typeOf(tag)
  if (type === 'Boolean') return boolean({ description })
  if (type === 'String') {
    const [first, ...rest] = choices ?? []
    return first === undefined ? text({ description }) : choice([first, ...rest], { description })
  }
  return numberField[type]({
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  })
}

/** Lowest and highest value that a tag of this type can have; nothing for those that are not whole numbers. */
export function rangeOf(tag: TagEntry): readonly [number, number] | undefined {
  return integerRange[typeOf(tag)]
}

/** A value as the tag's type has it: whole numbers are rounded, a Boolean is true above 0, a number chooses among `choices`. */
export function shaped(tag: TagEntry, value: Given): Given {
  const type = typeOf(tag)
  if (type === 'Boolean') return typeof value === 'number' ? value > 0 : value
  if (type === 'String') {
    const { choices } = tag
    if (typeof value !== 'number' || !choices) return String(value)
    return choices[Math.min(choices.length - 1, Math.max(0, Math.round(value)))] ?? ''
  }
  const [low, high] = rangeOf(tag) ?? []
  if (low === undefined || high === undefined) return Number(value)
  return Math.min(high, Math.max(low, Math.round(Number(value))))
}

/** What is wrong with a value that a file gives to a tag; undefined when it fits. */
export function misfitOf(tag: TagEntry, value: Given): string | undefined {
  const type = typeOf(tag)
  const [low, high] = rangeOf(tag) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  if (type === 'Boolean') return typeof value === 'boolean' ? undefined : `is ${shown(value)}, not true or false`
  if (type === 'String') {
    if (typeof value !== 'string') return `is ${shown(value)}, not a text`
    const isChoice = tag.choices === undefined || tag.choices.includes(value)
    return isChoice ? undefined : `is ${shown(value)}, not one of ${tag.choices?.join(', ')}`
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return `is ${shown(value)}, not a number`
  const isFit = value >= low && value <= high && (!rangeOf(tag) || Number.isInteger(value))
  return isFit ? undefined : `is ${value}, which no ${type} can hold`
}

function shown(value: Given): string {
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : String(value)
}
