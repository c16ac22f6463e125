import {
  boolean,
  double,
  type Field,
  type Fields,
  float,
  int16,
  int32,
  int64,
  list,
  type NumberOptions,
  text,
  uint16,
  uint32,
  uint64,
} from 'millrace/plugin'
import type { NumberType } from './numbers.ts'
import { isBoolean, type Register, scalingOf } from './registers.ts'

const plainField: Readonly<Record<NumberType, (options: NumberOptions) => Field>> = {
  ...{ int16, uint16, int32, uint32, int64, uint64, float32: float, float64: double, bcd16: uint16, bcd32: uint32 },
}

/** The ports of all registers but those with an access of `without`. */
export function portsOf(registers: readonly Register[], without: Register['access']): Fields {
  return Object.fromEntries(
    registers.filter(({ access }) => access !== without).map((register) => [register.name, fieldOf(register)]),
  )
}

/** The field of a tag: Boolean, String, Double for scaled numbers, else the type of the register; a list of it for an array. */
export function fieldOf(register: Register): Field {
  const { count, description } = register
  const field = scalarOf(register)
  return count === undefined ? field : list(field, { min: count, max: count, description })
}

function scalarOf(register: Register): Field {
  const { unit, min, max, description, type } = register
  if (isBoolean(register)) return boolean({ description })
  if (type === 'string') return text({ description })
  const make = scalingOf(register) ? double : plainField[type as NumberType]
  return make({
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  })
}
