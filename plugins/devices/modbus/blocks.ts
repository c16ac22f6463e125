import { isBitTable, lengthOf, type Register } from './registers.ts'

/** Neighbouring registers of one table that are fetched in one request. */
export interface Block {
  readonly kind: Register['kind']
  readonly address: number
  /** Registers, or bits of a coil or discrete table. */
  readonly length: number
  readonly registers: readonly Register[]
}

/** What one request may take in. */
export interface BlockLimits {
  /** Unused addresses between two tags that are fetched along, to save a request; 0 joins only direct neighbours. */
  readonly gap: number
  readonly registersMax: number
  readonly bitsMax: number
}

/** Joins registers into few requests, within the limits and never over two tables. */
export function blocksOf(registers: readonly Register[], limits: BlockLimits): Block[] {
  const blocks: Block[] = []
  for (const register of registers.toSorted((a, b) => a.kind.localeCompare(b.kind) || a.address - b.address)) {
    const last = blocks.at(-1)
    const joined = last && join(last, register, limits)
    if (joined) blocks[blocks.length - 1] = joined
    else blocks.push(blockOf(register))
  }
  return blocks
}

/**
 * The blocks to use instead of one that the device refused, to find out which address it lacks: first without the unused
 * addresses between, which may be the reason; then halves. None when it is a single register already.
 */
export function split(block: Block): Block[] {
  const { registers } = block
  if (registers.length < 2) return []
  const runs = blocksOf(registers, { gap: 0, registersMax: block.length, bitsMax: block.length })
  if (runs.length > 1) return runs
  const half = Math.ceil(registers.length / 2)
  return [registers.slice(0, half), registers.slice(half)].map(blockAround)
}

function blockOf(register: Register): Block {
  return { kind: register.kind, address: register.address, length: lengthOf(register), registers: [register] }
}

function blockAround(registers: readonly Register[]): Block {
  const [first, ...rest] = registers as [Register, ...Register[]]
  return rest.reduce((block, register) => extended(block, register), blockOf(first))
}

function extended(block: Block, register: Register): Block {
  const end = Math.max(block.address + block.length, register.address + lengthOf(register))
  return { ...block, length: end - block.address, registers: [...block.registers, register] }
}

function join(block: Block, register: Register, limits: BlockLimits): Block | undefined {
  const isNear = register.address - (block.address + block.length) <= limits.gap
  if (register.kind !== block.kind || !isNear) return undefined
  const joined = extended(block, register)
  return joined.length <= (isBitTable(block) ? limits.bitsMax : limits.registersMax) ? joined : undefined
}
