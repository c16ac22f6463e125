import { type Block, split } from './blocks.ts'
import type { Ask } from './bus.ts'
import { type Decoder, decoderOf } from './codec.ts'
import { exceptionOf, readingFailed } from './exceptions.ts'
import { isBitTable, lengthOf, type Register } from './registers.ts'
import type { Readings, Session } from './session.ts'

/** Exceptions of a device that lacks one of the addresses, or does not give so many at once. */
const splitting = new Set([2, 3])

/** Reads one group of registers, block by block. Each block waits for its own turn on the bus, so that others get theirs. */
export async function readGroup(session: Session, group: string): Promise<Readings> {
  const parts: ReadPart[] = []
  for (const block of [...(session.knowledge.blocksByGroup.get(group) ?? [])]) {
    parts.push(...(await readBlock(session, block, group)))
  }
  const [first] = parts
  const readings = first && parts.length === 1 ? first.values : Object.assign({}, ...parts.map(({ values }) => values))
  // What was written since is left out: it is read again soon, and must not fall back to the old value meanwhile.
  for (const { part, sequence } of parts) {
    if (session.sequence === sequence) continue
    for (const register of part.registers) {
      const { kind, address, name } = register
      if (session.isOutdated({ kind, address, length: lengthOf(register) }, sequence)) delete readings[name]
    }
  }
  return readings
}

/** Asks for the first register of a device, to see whether it answers; an exception is an answer. */
export async function greet({ member }: Session, block: Block): Promise<void> {
  const [register] = block.registers
  if (!register) return
  try {
    await member.use('read', (ask) => fetchValues(ask, { ...register, length: lengthOf(register) }))
  } catch (error) {
    readingFailed(error, placeOf(block))
  }
}

interface ReadPart {
  readonly part: Block
  readonly values: Readings
  /** Number of the last write before it was read. */
  readonly sequence: number
}

async function readBlock(session: Session, block: Block, group: string): Promise<ReadPart[]> {
  let sequence = session.sequence
  try {
    const data = await session.member.use('read', (ask) => {
      sequence = session.sequence
      return fetchValues(ask, block)
    })
    return [{ part: block, values: valuesOf(block, data), sequence }]
  } catch (error) {
    const code = exceptionOf(error)
    const parts = code !== undefined && splitting.has(code) ? split(block) : []
    if (parts.length === 0) return [{ part: block, values: failed(block, error), sequence }]
    replace(session, group, block, parts)
    const read: ReadPart[] = []
    for (const part of parts) read.push(...(await readBlock(session, part, group)))
    return read
  }
}

function replace({ knowledge }: Session, group: string, block: Block, parts: readonly Block[]): void {
  const blocks = knowledge.blocksByGroup.get(group) ?? []
  knowledge.blocksByGroup.set(
    group,
    blocks.flatMap((each) => (each === block ? parts : [each])),
  )
}

type Data = { readonly bits: readonly boolean[] } | { readonly bytes: Buffer }

function fetchValues(ask: Ask, { kind, address, length }: Pick<Block, 'kind' | 'address' | 'length'>): Promise<Data> {
  return ask<Data>(async (modbus) => {
    switch (kind) {
      case 'coil':
        return { bits: (await modbus.readCoils(address, length)).data }
      case 'discrete':
        return { bits: (await modbus.readDiscreteInputs(address, length)).data }
      case 'holding':
        return { bytes: (await modbus.readHoldingRegisters(address, length)).buffer }
      case 'input':
        return { bytes: (await modbus.readInputRegisters(address, length)).buffer }
    }
  })
}

function valuesOf(block: Block, data: Data): Readings {
  const values: Readings = {}
  if ('bits' in data) {
    for (const register of block.registers) {
      values[register.name] = bitsOf(register, data.bits, register.address - block.address)
    }
    return values
  }
  for (const { name, at, read } of decodersOf(block)) values[name] = read(data.bytes, at)
  return values
}

interface PlacedDecoder {
  readonly name: string
  /** Byte of the block at which the tag begins. */
  readonly at: number
  readonly read: Decoder
}

const decodersByBlock = new WeakMap<Block, readonly PlacedDecoder[]>()

/** What each tag of a block is read with. A block is read for years, so it is not looked up in the configuration each time. */
function decodersOf(block: Block): readonly PlacedDecoder[] {
  const known = decodersByBlock.get(block)
  if (known) return known
  const decoders = block.registers.map((register) => ({
    ...{ name: register.name, at: 2 * (register.address - block.address), read: decoderOf(register) },
  }))
  decodersByBlock.set(block, decoders)
  return decoders
}

function bitsOf({ count }: Register, bits: readonly boolean[], at: number): boolean | boolean[] {
  return count === undefined ? bits[at] === true : bits.slice(at, at + count)
}

function failed(block: Block, error: unknown): Readings {
  const failure = readingFailed(error, placeOf(block))
  return Object.fromEntries(block.registers.map(({ name }) => [name, failure]))
}

function placeOf({ kind, address, length }: Pick<Block, 'kind' | 'address' | 'length'>): string {
  const what = isBitTable({ kind }) ? kind : `${kind} register`
  return length === 1 ? `${what} ${address}` : `${what}s ${address} to ${address + length - 1}`
}
