import { choice, double, list, record, text, uint8, uint16, uint32, unit, type Values } from 'millrace/plugin'
import { type Addressing, type Kind, kinds, placeOf } from './address.ts'

/** How a value lies in its registers; `bcd` has a decimal digit in each four bits. */
export const types = [
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
  'bool',
  'bcd16',
  'bcd32',
  'string',
] as const

/**
 * Order of the bytes of a number, where A is the most significant one.
 *
 * `ABCD` is big-endian, as the standard has it; `CDAB` swaps the words; `BADC` swaps the bytes in each word; `DCBA` is
 * little-endian. For 64-bit numbers the same rule runs over four words. A text takes ABCD or BADC.
 */
export const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const

/** How a text is written in bytes. */
export const encodings = ['ascii', 'latin1', 'utf8', 'utf16'] as const

/** Fields of one entry of `registers`. */
export const registerFields = {
  name: text({ description: 'Name of the tag.' }),
  kind: choice(kinds, {
    optional: true,
    description: 'Table of the device: holding, input, coil or discrete; holding, or what a conventional address says.',
  }),
  address: uint32({
    max: 465_536,
    description: 'Address of the first register or bit, in the notation of addressing.',
  }),
  type: choice(types, {
    default: 'uint16',
    description: 'How the value lies in the registers; coils and discretes ignore it.',
  }),
  order: choice(orders, { default: 'ABCD', description: 'Order of the bytes; A is the most significant one.' }),
  bit: uint8({
    max: 15,
    optional: true,
    description: 'One bit of a register, 0 is the least significant: the tag is a Boolean.',
  }),
  count: uint16({ min: 1, max: 2000, optional: true, description: 'So many alike in a row: the tag is an array.' }),
  length: uint16({ min: 1, max: 250, optional: true, description: 'Bytes of a string, two in each register.' }),
  encoding: choice(encodings, { default: 'ascii', description: 'How a string is written in bytes.' }),
  padding: choice(['null', 'space'], { default: 'null', description: 'What fills up a string that is shorter.' }),
  scale: double({ default: 1, description: 'The tag is the number times scale plus offset.' }),
  offset: double({ default: 0, description: 'Added after scaling, in the unit of the tag.' }),
  rawMin: double({ optional: true, description: 'Number in the registers at min; in place of scale and offset.' }),
  rawMax: double({ optional: true, description: 'Number in the registers at max.' }),
  unit: unit({ optional: true, description: 'Engineering unit of the tag.' }),
  min: double({ optional: true, description: 'Low end of the normal range of the tag.' }),
  max: double({ optional: true, description: 'High end of the normal range of the tag.' }),
  access: choice(['read', 'write', 'readWrite'], {
    default: 'read',
    description: 'Whether the tag is read, written, or both.',
  }),
  every: double({ unit: 'ms', min: 10, optional: true, description: "Polling period; the device's own when absent." }),
  description: text({ default: '', description: 'What the tag means.' }),
}

/** The list of tags of a Modbus device. */
export const registers = list(record(registerFields), { min: 1, max: 10_000, description: 'The tags of this device.' })

type Written = Values<typeof registerFields>
type Optional = 'kind' | 'bit' | 'count' | 'length' | 'rawMin' | 'rawMax' | 'unit' | 'min' | 'max' | 'every'

/** One entry of `registers` as it is written, with its defaults. */
export type RegisterEntry = Omit<Written, Optional> & { readonly [K in Optional]?: Written[K] | undefined }

/** One tag: its table, and its address counted from 0 as it goes over the line. */
export type Register = RegisterEntry & { readonly kind: Kind }

/** Entries with their place in the device; those whose address means nothing are left out, and told by the check. */
export function registersOf(entries: readonly RegisterEntry[], addressing: Addressing): Register[] {
  return entries.flatMap((entry) => {
    const place = placeOf(entry, addressing)
    return 'kind' in place ? [{ ...entry, ...place }] : []
  })
}

const width: Readonly<Record<Exclude<Register['type'], 'string'>, number>> = {
  bool: 1,
  int16: 1,
  uint16: 1,
  bcd16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  bcd32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
}

/** Whether a tag lies in a table of single bits. */
export function isBitTable({ kind }: Pick<Register, 'kind'>): boolean {
  return kind === 'coil' || kind === 'discrete'
}

/** Registers that one value takes, or bits of a coil or discrete table. */
export function widthOf(register: Register): number {
  if (isBitTable(register)) return 1
  return register.type === 'string' ? Math.ceil((register.length ?? 0) / 2) : width[register.type]
}

/** Registers, or bits, that a tag takes with all its values. */
export function lengthOf(register: Register): number {
  return widthOf(register) * (register.count ?? 1)
}

/** Whether the values of a tag are true or false: coils, discrete inputs, bits of a register, and the type `bool`. */
export function isBoolean(register: Register): boolean {
  return isBitTable(register) || register.bit !== undefined || register.type === 'bool'
}

/** What a number in the registers is multiplied with, and what is added, to become the tag's; undefined when it is the tag's already. */
export function scalingOf({ scale, offset, rawMin, rawMax, min, max }: Register): Scaling | undefined {
  if (rawMin !== undefined && rawMax !== undefined && min !== undefined && max !== undefined) {
    const gain = (max - min) / (rawMax - rawMin)
    return { gain, offset: min - rawMin * gain }
  }
  return scale === 1 && offset === 0 ? undefined : { gain: scale, offset }
}

/** A straight line from the numbers in the registers to those of the tag. */
export interface Scaling {
  readonly gain: number
  readonly offset: number
}
