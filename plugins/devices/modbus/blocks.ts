import { isBit, type Register, widthOf } from './registers.ts'

/** Neighbouring registers of one table that are fetched in one request. */
export interface Block {
  readonly kind: Register['kind']
  readonly address: number
  /** Registers, or bits of a coil or discrete table. */
  readonly length: number
  readonly registers: readonly Register[]
}

/** The most that one request may ask for (Modbus Application Protocol 1.1b3 §6.1 to §6.4). */
const lengthMax: Readonly<Record<Register['kind'], number>> = { holding: 125, input: 125, coil: 2000, discrete: 2000 }

/**
 * Joins registers into few requests. Two are joined when at most `gapMax` unused addresses lie between them;
 * a gap of 0 joins only direct neighbours.
 */
export function blocksOf(registers: readonly Register[], gapMax: number): Block[] {
  const sorted = registers.toSorted((a, b) => a.kind.localeCompare(b.kind) || a.address - b.address)
  return sorted.reduce<Block[]>((blocks, register) => {
    const last = blocks.at(-1)
    const joined = last && join(last, register, gapMax)
    return joined ? [...blocks.slice(0, -1), joined] : [...blocks, blockOf(register)]
  }, [])
}

/** The blocks to use instead of one that the device refused: one for each register, or none when it is a single one already. */
export function split(block: Block): Block[] {
  return block.registers.length > 1 ? block.registers.map(blockOf) : []
}

function blockOf(register: Register): Block {
  return { kind: register.kind, address: register.address, length: lengthOf(register), registers: [register] }
}

function join(block: Block, register: Register, gapMax: number): Block | undefined {
  const end = block.address + block.length
  const length = Math.max(end, register.address + lengthOf(register)) - block.address
  if (register.kind !== block.kind || register.address - end > gapMax || length > lengthMax[block.kind])
    return undefined
  return { ...block, length, registers: [...block.registers, register] }
}

function lengthOf(register: Register): number {
  return isBit(register) ? 1 : widthOf[register.type]
}
