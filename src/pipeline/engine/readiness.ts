import type { Operation, Plan } from './plan.ts'
import type { Samples } from './samples.ts'

const idle = 0
const waiting = 1
const running = 2

/** Which operations have their inputs in the wave that is under way, and which wait for others or are at work. */
export class Readiness {
  /** By operation: the tick at which it is to be computed although no input changed. */
  readonly wanted: Float64Array
  readonly #samples: Samples
  readonly #busy: Uint8Array

  constructor({ operations }: Plan, samples: Samples) {
    this.#samples = samples
    this.wanted = new Float64Array(operations.length)
    this.#busy = new Uint8Array(operations.length)
  }

  /** Has an operation computed although no input changed. */
  want(index: number): void {
    this.wanted[index] = this.#samples.tick
  }

  isRunning(index: number): boolean {
    return this.#busy[index] === running
  }

  /** Whether an input, or a step named by `after`, is still to come. */
  mustWait({ wired, after }: Operation): boolean {
    for (const slot of wired) if (this.#samples.isPending(slot)) return true
    for (const other of after) if (this.#busy[other] !== idle) return true
    return false
  }

  /** Has an operation, and so all that reads it, wait. */
  wait(operation: Operation): void {
    this.#occupy(operation, waiting)
  }

  /** Notes that an operation is at work; what reads it waits. */
  run(operation: Operation): void {
    this.#occupy(operation, running)
  }

  /** An operation is through with this wave: those that name it in `after` may go on. */
  release({ index, followers }: Operation): void {
    if (this.#busy[index] === idle) return
    this.#busy[index] = idle
    for (const follower of followers) this.want(follower)
  }

  /** An operation is through without new outputs; whoever waited for them may go on. */
  keep(operation: Operation): void {
    for (const { slot } of operation.outputs) this.#samples.keep(slot)
    this.release(operation)
  }

  /** An operation will not be through in this wave: its outputs are what they were. */
  giveUp({ index, outputs }: Operation): void {
    this.#busy[index] = idle
    for (const { slot } of outputs) this.#samples.abandon(slot)
  }

  /** Operations that wait or are at work. */
  unready(): readonly number[] {
    return [...this.#busy.keys()].filter((index) => this.#busy[index] !== idle)
  }

  /** Whether an operation is to be computed in a pass over what changed at the tick `since` or later. */
  isTouched(operation: Operation, since: number): boolean {
    return (this.wanted[operation.index] as number) >= since || this.hasNews(operation, since)
  }

  /** Whether an input of an operation changed at the tick `since` or later. */
  hasNews({ wired }: Operation, since: number): boolean {
    return wired.some((slot) => (this.#samples.changed[slot] as number) >= since)
  }

  #occupy({ index, outputs }: Operation, busy: number): void {
    this.#busy[index] = busy
    for (const { slot } of outputs) this.#samples.await(slot)
  }
}
