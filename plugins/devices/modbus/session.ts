import type { ReadingFailed, Value } from 'millrace/plugin'
import type { Block } from './blocks.ts'
import type { Member } from './bus.ts'
import type { Register } from './registers.ts'

/** Values by the names of tags. */
export type Readings = Record<string, Value | ReadingFailed>

/** What was learned of a device and stays true when it is connected again. */
export interface Knowledge {
  /** Blocks of each group of registers; they become smaller where the device refused. */
  readonly blocksByGroup: Map<string, Block[]>
  /** Whether it has function 22; `unknown` until it was tried. */
  maskWrite: 'unknown' | 'yes' | 'no'
}

/** Addresses that were written, and when: the number of the last write before. */
interface Written {
  readonly sequence: number
  readonly kind: Register['kind']
  readonly address: number
  readonly length: number
}

const writtenMax = 200

/** A device on its bus, and what was written to it lately. */
export class Session {
  readonly member: Member
  readonly knowledge: Knowledge
  readonly #written: Written[] = []
  #sequence = 0

  constructor(member: Member, knowledge: Knowledge) {
    this.member = member
    this.knowledge = knowledge
  }

  /** Number of the last write that the device took. */
  get sequence(): number {
    return this.#sequence
  }

  /** The device has taken values for these addresses. */
  wrote(place: Omit<Written, 'sequence'>): void {
    this.#sequence++
    this.#written.push({ ...place, sequence: this.#sequence })
    if (this.#written.length > writtenMax) this.#written.shift()
  }

  /** Whether any of these addresses was written after `sequence`: what was read then is older than what the writer knows. */
  isOutdated({ kind, address, length }: Omit<Written, 'sequence'>, sequence: number): boolean {
    return this.#written.some(
      (write) =>
        write.sequence > sequence &&
        write.kind === kind &&
        write.address < address + length &&
        address < write.address + write.length,
    )
  }
}
