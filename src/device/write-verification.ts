import type { Clock } from '../model/clock.ts'
import type { VerifyDefinition, VerifyRule } from '../model/definition.ts'
import type { Port } from '../model/port.ts'
import type { Sample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { withDeadline } from './deadline.ts'

/** The rule by which writes to a port are verified; undefined when they are not, or the port is not read. */
export function ruleOf(
  verify: VerifyDefinition | undefined,
  port: string,
  outputs: readonly Port[],
): VerifyRule | undefined {
  if (!verify || !outputs.some(({ name }) => name === port)) return undefined
  if (!verify.tags) return verify
  return Object.hasOwn(verify.tags, port) ? verify.tags[port] : undefined
}

/** What a device that holds a number with 24 bits of precision may lose of it. */
const roundingShare = 1e-6

/**
 * Whether a port reads what was written: numbers give or take the tolerance, and a Double or Float also what a device loses that
 * holds it with the precision of a Float; everything else exactly; a list element by element.
 */
export function hasTaken(
  port: Pick<Port, 'dataType'>,
  { written, read, tolerance }: { readonly written: Value; readonly read: Value; readonly tolerance: number },
): boolean {
  if (Array.isArray(written)) {
    if (!Array.isArray(read) || read.length !== written.length) return false
    return written.every((each, index) => hasTaken(port, { written: each, read: read[index], tolerance }))
  }
  if (typeof written === 'number' && typeof read === 'number') {
    const isReal = port.dataType === 'Float' || port.dataType === 'Double'
    const margin = Math.max(tolerance, isReal ? roundingShare * Math.abs(written) : 0)
    return Math.abs(written - read) <= margin
  }
  if (typeof written === 'bigint' && typeof read === 'bigint') {
    const off = written > read ? written - read : read - written
    return off <= BigInt(Math.floor(tolerance))
  }
  if (written instanceof Date) return read instanceof Date && written.getTime() === read.getTime()
  if (written instanceof Uint8Array) return read instanceof Uint8Array && Buffer.from(written).equals(read)
  return written === read
}

/** A write that was sent and is to be seen in the readings. */
export interface Sent {
  readonly port: Port
  readonly value: Value
  readonly rule: VerifyRule
  /** For messages: `plc1.valve`. */
  readonly what: string
  readonly signals: readonly (AbortSignal | undefined)[]
}

/** What verification needs from its device. */
export interface WriteVerificationOptions {
  readonly clock: Clock
  latest(port: string): Sample | undefined
  /** Reads a port once more as soon as possible. */
  readSoon(port: string): void
}

/** Time between two looks at a value that is not there yet. */
const lookEveryMs = 50

/** Verifies writes by reading back: the first look follows at once, the next ones until the time is over. */
export class WriteVerification {
  readonly #options: WriteVerificationOptions
  readonly #lookers = new Set<() => void>()

  constructor(options: WriteVerificationOptions) {
    this.#options = options
  }

  /** A reading has been taken. */
  taken(): void {
    for (const look of [...this.#lookers]) look()
  }

  /**
   * Resolves to Good when the tag reads the value; to BadDeviceFailure when the device has said that it took the value and still
   * reads another one at the end; to BadTimeout when there was no usable reading by then. Rejects when a signal is aborted.
   */
  async check({ port, value, rule, what, signals }: Sent): Promise<{ status: number; reads?: Value }> {
    const { clock, latest, readSoon } = this.#options
    let newest = latest(port.name)
    let reads: Value | undefined
    const seen = (resolve: () => void) => (): void => {
      const sample = latest(port.name)
      if (!sample || sample === newest) return
      newest = sample
      if (isBad(sample.status)) reads = undefined
      else reads = sample.value
      const { tolerance } = rule
      if (reads !== undefined && hasTaken(port, { written: value, read: reads, tolerance })) resolve()
    }
    const again = { cancel: () => {} }
    const lookAgain = () => {
      readSoon(port.name)
      again.cancel = clock.after(lookEveryMs, lookAgain)
    }
    let look = () => {}
    try {
      const wait = () =>
        new Promise<void>((resolve) => {
          look = seen(resolve)
          this.#lookers.add(look)
          lookAgain()
        })
      await withDeadline(wait, { clock, timeoutMs: rule.withinMs, what, signals })
      return { status: Status.Good }
    } catch (error) {
      if (signals.some((signal) => signal?.aborted)) throw error
      return reads === undefined ? { status: Status.BadTimeout } : { status: Status.BadDeviceFailure, reads }
    } finally {
      this.#lookers.delete(look)
      again.cancel()
    }
  }
}
