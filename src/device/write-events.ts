import type { Cancel, Clock } from '../model/clock.ts'
import type { PlantEvent } from '../model/event.ts'
import type { DeviceDescription } from '../model/port.ts'
import { isGood, statusName, worst } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { Value } from '../model/value.ts'

/** A write that has come to its end, or several of them. */
export interface Written {
  readonly port: string
  readonly initiator: string
  readonly oldValue: Value
  readonly newValue: Value
  readonly status: number
  /** How many writes it stands for. */
  readonly count: number
  /** Whether it is one of many that a pipeline makes: these are told in bounds. */
  readonly isRoutine: boolean
  /** What the tag reads instead of the value, when verification failed. */
  readonly reads?: Value | undefined
}

/** What events of routine writes of one tag are left: some at once, and one more after each while. */
interface Allowance {
  tokens: number
  at: number
  held?: Written | undefined
  cancel?: Cancel | undefined
}

/** Events of the routine writes of one tag that may follow each other. */
const burst = 10
/** One more event each. A controller that writes ten times a second fills no database with it. */
const refillMs = 60_000

/**
 * Raises an event for each write. A client's is told at once, whatever there is; the writes that a pipeline makes to one tag are
 * told at once ten times and then once a minute, with how many they were, the value before the first and the one after the last,
 * and the worst status among them. Nothing goes untold.
 */
export class WriteEvents {
  readonly #description: DeviceDescription
  readonly #clock: Clock
  readonly #raise: (event: PlantEvent) => void
  readonly #allowances = new Map<string, Allowance>()

  constructor(options: { description: DeviceDescription; clock: Clock; raise: (event: PlantEvent) => void }) {
    this.#description = options.description
    this.#clock = options.clock
    this.#raise = options.raise
  }

  /** Tells of a write now, or later together with others. */
  tell(written: Written): void {
    if (!written.isRoutine) {
      this.#announce(written)
      return
    }
    const allowance = this.#allowanceOf(written.port)
    if (!allowance.held && allowance.tokens >= 1) {
      allowance.tokens -= 1
      this.#announce(written)
      return
    }
    allowance.held = allowance.held ? together(allowance.held, written) : written
    allowance.cancel ??= this.#clock.after((1 - allowance.tokens) * refillMs, () => this.#release(written.port))
  }

  /** Tells of everything that is held back, and has no timer after that. */
  close(): void {
    for (const allowance of this.#allowances.values()) {
      allowance.cancel?.()
      if (allowance.held) this.#announce(allowance.held)
    }
    this.#allowances.clear()
  }

  #allowanceOf(port: string): Allowance {
    const now = this.#clock.monotonic()
    const allowance = this.#allowances.get(port) ?? { tokens: burst, at: now }
    this.#allowances.set(port, allowance)
    allowance.tokens = Math.min(burst, allowance.tokens + (now - allowance.at) / refillMs)
    allowance.at = now
    return allowance
  }

  #release(port: string): void {
    const allowance = this.#allowanceOf(port)
    const { held } = allowance
    allowance.cancel = undefined
    allowance.held = undefined
    // The timer was set for the moment at which there is a whole one; a fraction of a millisecond does not count.
    allowance.tokens = Math.max(0, allowance.tokens - 1)
    if (held) this.#announce(held)
  }

  #announce({ port, initiator, oldValue, newValue, status, count, reads }: Written): void {
    const { id, name } = this.#description
    this.#raise({
      kind: 'tagWritten',
      time: this.#clock.now(),
      message: `${port} of ${name} ${outcome(status, reads)} by ${initiator || 'anonymous'}${count > 1 ? `, ${count} times` : ''}`,
      device: id,
      tag: ownerTag(id, port),
      ...{ initiator, oldValue, newValue, status, count },
    })
  }
}

function outcome(status: number, reads: Value | undefined): string {
  if (isGood(status)) return 'written'
  const instead = reads === undefined ? '' : `, reads ${String(reads).slice(0, 40)}`
  return `not written (${statusName(status)}${instead})`
}

function together(held: Written, written: Written): Written {
  return {
    ...written,
    oldValue: held.oldValue,
    status: worst(held.status, written.status),
    count: held.count + written.count,
    reads: written.reads ?? held.reads,
  }
}
