import type { Sample } from '../../model/sample.ts'
import { isBad, Status } from '../../model/status.ts'
import { isEncoded, isSameValue, type Value } from '../../model/value.ts'
import type { Plan } from './plan.ts'
import type { Frame } from './program.ts'

/** Status of a slot while an asynchronous step is about to fill it. It is no status code, and no sample ever has it. */
export const pending = 0xffffffff

/** The samples of all slots of one execution, in flat arrays that the compiled program works on directly. */
export class Samples {
  readonly numbers: Float64Array
  readonly others: Value[]
  readonly statuses: Uint32Array
  readonly times: Float64Array
  readonly causes: (string | undefined)[]
  readonly changed: Float64Array
  /** Counts what happens; see {@link Frame}. */
  tick = 0
  readonly #plan: Plan
  readonly #before: Uint32Array

  /** All slots begin as waiting for their first value, but for parameters and literals; `now` is the time of the start. */
  constructor(plan: Plan, now: number) {
    const count = plan.slotCount
    this.#plan = plan
    this.numbers = new Float64Array(count)
    this.others = new Array<Value>(count).fill(null)
    this.statuses = new Uint32Array(count).fill(Status.BadWaitingForInitialData)
    this.times = new Float64Array(count).fill(now)
    this.causes = new Array<string | undefined>(count).fill(undefined)
    this.changed = new Float64Array(count)
    this.#before = new Uint32Array(count)
    this.statuses[0] = Status.Good
    for (const { outputs, owner } of plan.operations) for (const { slot } of outputs) this.causes[slot] = owner
    for (const { slot, owner } of plan.externals) this.causes[slot] = owner
    for (const { slot, value } of plan.parameters) this.write(slot, { value, status: Status.Good, sourceTime: now })
    for (const { slot, value } of plan.literals) {
      this.write(slot, { value, status: Status.Good, sourceTime: Number.NEGATIVE_INFINITY })
    }
    for (const { to, initial } of plan.delays) {
      if (initial !== undefined) this.write(to, { value: initial, status: Status.Good, sourceTime: now })
    }
  }

  /** The sample of a slot; while the slot is waited for, the one before. */
  read(slot: number): Sample {
    const status = this.statusOf(slot)
    const sourceTime = this.times[slot] as number
    const cause = this.causes[slot]
    const value = isBad(status) ? null : this.valueOf(slot)
    return cause === undefined ? { value, status, sourceTime } : { value, status, sourceTime, cause }
  }

  /** The value of a slot, whatever its status. */
  valueOf(slot: number): Value {
    return this.#plan.isNumeric[slot] ? (this.numbers[slot] as number) : (this.others[slot] as Value)
  }

  /** The status of a slot; while the slot is waited for, the one before. */
  statusOf(slot: number): number {
    const status = this.statuses[slot] as number
    return status === pending ? (this.#before[slot] as number) : status
  }

  isPending(slot: number): boolean {
    return this.statuses[slot] === pending
  }

  /** Marks a slot as waited for; its last sample can still be read. It counts as changed, so that all downstream waits too. */
  await(slot: number): void {
    if (this.statuses[slot] === pending) return
    this.changed[slot] = this.tick
    this.#before[slot] = this.statuses[slot] as number
    this.statuses[slot] = pending
  }

  /** Takes back that a slot is waited for. */
  abandon(slot: number): void {
    if (this.statuses[slot] === pending) this.statuses[slot] = this.#before[slot] as number
  }

  /** Ends the waiting for a slot without a new sample; whoever waited with it takes that as a change. */
  keep(slot: number): void {
    if (this.statuses[slot] !== pending) return
    this.abandon(slot)
    this.changed[slot] = this.tick
  }

  /** Puts a sample into a slot. Another value, status or source time is a change, and so is the end of waiting for it. */
  write(slot: number, { value, status, sourceTime, cause }: Sample): void {
    const usable = !isBad(status)
    const isSame =
      this.statuses[slot] === status &&
      this.times[slot] === sourceTime &&
      (!usable || sameValue(this.valueOf(slot), value)) &&
      this.causes[slot] === cause
    if (isSame) return
    if (!usable) this.others[slot] = null
    else if (this.#plan.isNumeric[slot]) this.numbers[slot] = value as number
    else this.others[slot] = value
    this.statuses[slot] = status
    this.times[slot] = sourceTime
    this.causes[slot] = cause
    this.changed[slot] = this.tick
  }
}

/** Tells whether two values are the same: arrays, times and byte strings by their content. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime()
  if (isEncoded(a)) return isSameValue(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [listA, listB] = [a as ArrayLike<Value>, b as ArrayLike<Value>]
  if (b instanceof Date || listA.length !== listB.length) return false
  for (let i = 0; i < listA.length; i++) if (!sameValue(listA[i] as Value, listB[i] as Value)) return false
  return true
}

/** The frame that the compiled program of a plan works on. */
export function frameOf(
  samples: Samples,
  own: Pick<Frame, 'wanted' | 'executions' | 'memories' | 'moments' | 'cells'>,
  { lowest, highest }: Plan,
): Frame {
  const { numbers, others, statuses, times, causes, changed } = samples
  return { numbers, others, statuses, times, causes, changed, lowest, highest, ...own }
}
