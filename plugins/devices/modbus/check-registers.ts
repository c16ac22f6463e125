import { type Addressing, placeOf } from './address.ts'
import { isBitTable, lengthOf, type Register, type RegisterEntry, registersOf, scalingOf } from './registers.ts'

/** The most that one request may read and write (Modbus Application Protocol 1.1b3 §6.1 to §6.16). */
export const requestMax = { readRegisters: 125, readBits: 2000, writeRegisters: 123, writeBits: 1968 } as const

/** The most that one request may ask of this device. */
export interface RequestLimits {
  readonly registersMax: number
  readonly bitsMax: number
}

/** What is wrong with the registers beyond the form of each entry; messages name the tag. */
export function complaintsAbout(
  entries: readonly RegisterEntry[],
  addressing: Addressing,
  limits: RequestLimits = { registersMax: requestMax.readRegisters, bitsMax: requestMax.readBits },
): string[] {
  const names = entries.map(({ name }) => name)
  return [
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `the tag '${name}' is declared twice; rename one`),
    ...entries.flatMap((entry) => {
      const place = placeOf(entry, addressing)
      return 'complaint' in place ? [`'${entry.name}' ${place.complaint}`] : []
    }),
    ...registersOf(entries, addressing).flatMap((register) => {
      const complaint = complaintAbout(register, limits)
      return complaint === undefined ? [] : [`'${register.name}' ${complaint}`]
    }),
  ]
}

function complaintAbout(register: Register, limits: RequestLimits): string | undefined {
  return (
    aboutBits(register) ??
    aboutAccess(register) ??
    aboutString(register) ??
    aboutLength(register, limits) ??
    aboutScaling(register)
  )
}

function aboutBits(register: Register): string | undefined {
  const { kind, type, bit, count } = register
  if (bit === undefined) return undefined
  if (isBitTable(register)) return `is a ${kind} and has no bits; remove bit`
  if (type !== 'uint16' && type !== 'int16') return `takes a bit of a ${type}; use uint16`
  return count === undefined ? undefined : 'takes a bit of several registers; remove count'
}

function aboutAccess({ kind, access }: Register): string | undefined {
  if (access === 'read' || kind === 'holding' || kind === 'coil') return undefined
  return `is ${kind === 'input' ? 'an input register' : 'a discrete input'}, which cannot be written; use holding or coil`
}

function aboutString(register: Register): string | undefined {
  const { type, length, count, order, encoding } = register
  if (isBitTable(register)) return undefined
  if (type !== 'string') return length === undefined ? undefined : `is a ${type} and has no length; remove length`
  if (length === undefined) return 'is a string without a length; add how many bytes it has'
  if (count !== undefined) return 'is an array of strings; declare each one by itself'
  if (order === 'CDAB' || order === 'DCBA') return `is a string in the order ${order}; use ABCD or BADC`
  return encoding === 'utf16' && length % 2 === 1 ? `has ${length} bytes of utf16; give an even number` : undefined
}

function aboutLength(register: Register, { registersMax, bitsMax }: RequestLimits): string | undefined {
  const { kind, address, access } = register
  const [what, readMax, writeMax] = isBitTable(register)
    ? ['bits', bitsMax, requestMax.writeBits]
    : ['registers', registersMax, requestMax.writeRegisters]
  const length = lengthOf(register)
  if (address + length > 65_536) return `at ${address} runs past the last ${kind}, 65535`
  // In two requests the parts of a value could be of different times.
  if (access !== 'write' && length > readMax) return `takes ${length} ${what}; one request reads ${readMax}`
  if (access !== 'read' && length > writeMax) return `takes ${length} ${what}; one request writes ${writeMax}`
  return undefined
}

function aboutScaling(register: Register): string | undefined {
  const { scale, offset, rawMin, rawMax, min, max, type } = register
  if (min !== undefined && max !== undefined && min >= max) return `has min ${min}, which is not below max ${max}`
  if (scale === 0) return 'has scale 0; give the value of one step of the register'
  if (rawMin !== undefined || rawMax !== undefined) {
    if (rawMin === undefined || rawMax === undefined) return 'has only one of rawMin and rawMax; give both'
    if (rawMin === rawMax) return `has rawMin and rawMax ${rawMin}; give two numbers`
    if (min === undefined || max === undefined) return 'has rawMin and rawMax without min and max; give both'
    if (scale !== 1 || offset !== 0) return 'has rawMin and rawMax and also scale or offset; remove one pair'
  }
  const isNumber = !isBitTable(register) && type !== 'string' && type !== 'bool' && register.bit === undefined
  return isNumber || !scalingOf(register) ? undefined : 'is no number and cannot be scaled; remove scale and offset'
}
