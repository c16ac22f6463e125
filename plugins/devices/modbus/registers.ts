import {
  boolean,
  choice,
  double,
  type Field,
  float,
  int16,
  int32,
  list,
  record,
  text,
  uint8,
  uint16,
  uint32,
  unit,
  type Values,
} from 'millrace/plugin'

/** The four tables of a Modbus device (Modbus Application Protocol 1.1b3 §4.3). */
export const kinds = ['holding', 'input', 'coil', 'discrete'] as const

/** How a number lies in one, two or four registers. */
export const types = ['int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const

/**
 * Order of the bytes of a number, where A is the most significant one.
 *
 * `ABCD` is big-endian, as the standard has it; `CDAB` swaps the words; `BADC` swaps the bytes in each word; `DCBA` is
 * little-endian. For 64-bit numbers the same rule runs over four words.
 */
export const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const

/** Fields of one entry of `registers`. */
export const registerFields = {
  name: text({ description: 'Name of the tag.' }),
  kind: choice(kinds, { default: 'holding', description: 'Table of the device: holding, input, coil or discrete.' }),
  address: uint16({ description: 'Address of the first register, counted from 0.' }),
  type: choice(types, {
    default: 'uint16',
    description: 'How the number lies in the registers; coils and discretes ignore it.',
  }),
  order: choice(orders, { default: 'ABCD', description: 'Order of the bytes; A is the most significant one.' }),
  bit: uint8({
    max: 15,
    optional: true,
    description: 'One bit of a register, 0 is the least significant: the tag is a Boolean.',
  }),
  scale: double({ default: 1, description: 'The tag is the number times scale plus offset.' }),
  offset: double({ default: 0, description: 'Added after scaling, in the unit of the tag.' }),
  unit: unit({ optional: true, description: 'Engineering unit of the tag.' }),
  min: double({ optional: true, description: 'Low end of the normal range of the tag.' }),
  max: double({ optional: true, description: 'High end of the normal range of the tag.' }),
  access: choice(['read', 'write', 'readWrite'], {
    default: 'read',
    description: 'Whether the tag is read, written, or both.',
  }),
  description: text({ default: '', description: 'What the tag means.' }),
}

/** The list of tags of a Modbus device. */
export const registers = list(record(registerFields), { min: 1, description: 'The tags of this device.' })

/** One entry of `registers`, with its defaults. */
export type Register = Omit<Values<typeof registerFields>, 'bit' | 'unit' | 'min' | 'max'> & {
  readonly bit?: number | undefined
  readonly unit?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** Registers that a number of each type takes. */
export const widthOf: Readonly<Record<Register['type'], number>> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  float64: 4,
}

/** Whether a tag is a single bit: a coil, a discrete input or a bit of a register. */
export function isBit({ kind, bit }: Register): boolean {
  return kind === 'coil' || kind === 'discrete' || bit !== undefined
}

const plainField = { int16, uint16, int32, uint32, float32: float, float64: double }

/** The field of a tag: Boolean for bits, Double for scaled numbers, else the type of the register. */
export function fieldOf(register: Register): Field<boolean> | Field<number> {
  const { unit, min, max, description, type, scale, offset } = register
  if (isBit(register)) return boolean({ description })
  const make = scale === 1 && offset === 0 ? plainField[type] : double
  return make({
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  })
}

/** What is wrong with the registers beyond the form of each entry; messages name the tag. */
export function complaintsAbout(registers: readonly Register[]): string[] {
  const names = registers.map(({ name }) => name)
  return [
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `the tag '${name}' is declared twice; rename one`),
    ...registers.flatMap((register) => complaintAbout(register) ?? []),
  ]
}

function complaintAbout({ name, kind, address, type, bit, access, min, max, scale }: Register): string | undefined {
  const isRegister = kind === 'holding' || kind === 'input'
  if (bit !== undefined && !isRegister) return `'${name}' is a ${kind} and has no bits; remove bit`
  if (bit !== undefined && widthOf[type] > 1) return `'${name}' takes a bit of a ${type}; use uint16`
  if (access !== 'read' && (kind === 'input' || kind === 'discrete')) {
    return `'${name}' is ${kind === 'input' ? 'an input register' : 'a discrete input'}, which cannot be written; use holding or coil`
  }
  if (isRegister && address + widthOf[type] > 65536) return `'${name}' at ${address} runs past the last register, 65535`
  if (scale === 0) return `'${name}' has scale 0; give the value of one step of the register`
  if (min !== undefined && max !== undefined && min >= max)
    return `'${name}' has min ${min}, which is not below max ${max}`
  return undefined
}
