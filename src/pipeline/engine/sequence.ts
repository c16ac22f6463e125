import { MillraceError } from '../../model/errors.ts'
import { isBad, Status, statusName } from '../../model/status.ts'
import type { WaveResult } from '../execution.ts'
import { attempt } from './attempts.ts'
import type { WaveOwner } from './owner.ts'
import type { Operation, PlanUntil } from './plan.ts'
import { type Samples, sameValue } from './samples.ts'
import { isThenable } from './work.ts'

/** A step that is computed again whenever its inputs change, until it is complete. */
interface Listener {
  readonly operation: Operation
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal
  /** Tick of the last computation. */
  at: number
  isWished: boolean
  /** An asynchronous function is at work; what changes meanwhile is looked at afterwards. */
  isBusy: boolean
}

/**
 * Runs every step once, to its completion (`run: once`). A step begins when all steps that it has wires from, and all in its
 * `after`, are complete; independent steps run side by side.
 */
export class Sequence {
  readonly #owner: WaveOwner
  readonly #samples: Samples
  readonly #open: Set<Operation>
  readonly #done = new Set<number>()
  readonly #cancels = new Map<number, () => void>()
  readonly #listeners = new Map<number, Listener>()
  #end: ((result: WaveResult) => void) | undefined

  constructor(owner: WaveOwner) {
    this.#owner = owner
    this.#samples = owner.samples
    this.#open = new Set(owner.plan.operationByStep.values())
  }

  run(signal: AbortSignal): Promise<WaveResult> {
    return new Promise((resolve) => {
      const cancel = () => this.#stop({ kind: 'cancelled' })
      this.#end = (result) => {
        this.#end = undefined
        signal.removeEventListener('abort', cancel)
        resolve(result)
      }
      if (signal.aborted) return cancel()
      signal.addEventListener('abort', cancel)
      this.advance()
    })
  }

  get isRunning(): boolean {
    return this.#end !== undefined
  }

  /** A step wishes to be computed although none of its inputs changed. */
  wish(index: number): void {
    const listener = this.#listeners.get(index)
    if (!listener) return
    listener.isWished = true
    this.advance()
  }

  /** Looks at what has become possible: steps that may begin, and steps whose inputs have changed. */
  advance(): void {
    if (!this.#end) return
    this.#convert()
    for (const operation of this.#open) {
      if (operation.needs.every((need) => this.#done.has(need))) this.#begin(operation)
    }
    for (const listener of this.#listeners.values()) if (this.#isDue(listener)) this.#evaluate(listener)
    if (this.#done.size === this.#owner.plan.operationByStep.size) {
      this.#stop({ kind: 'completed' })
      return
    }
    this.#owner.onProgress()
  }

  close(): void {
    this.#stop({ kind: 'cancelled' })
  }

  #begin(operation: Operation): void {
    const { index, retry, owner, timeoutMs, ownTimeoutMs } = operation
    const { clock } = this.#owner.host
    this.#open.delete(operation)
    this.#owner.steps.started(operation)
    const startedAt = clock.monotonic()
    const cancel = attempt<void>({
      clock,
      deadlines: this.#owner.deadlines,
      retry,
      timeoutMs: listens(operation) ? ownTimeoutMs : timeoutMs,
      subject: owner,
      call: (signal) => (listens(operation) ? this.#listen(operation, signal) : this.#call(operation, signal)),
      succeeded: () => {
        this.#owner.steps.completed(operation, clock.monotonic() - startedAt)
        this.#leave(index)
      },
      failed: (error, attempts) => {
        this.#samples.tick++
        this.#cancels.delete(index)
        const result = this.#owner.steps.failed(operation, error, { attempts, time: clock.now() })
        if (result) this.#stop(result)
        else this.#leave(index)
      },
    })
    this.#cancels.set(index, cancel)
  }

  #leave(index: number): void {
    this.#cancels.delete(index)
    this.#listeners.delete(index)
    // A block that is complete has nothing to be woken for.
    this.#owner.steps.moments[index]?.close()
    this.#done.add(index)
    this.advance()
  }

  /** One attempt of a step that is complete when it has been computed or called once. */
  async #call(operation: Operation, signal: AbortSignal): Promise<void> {
    const { work, steps, host } = this.#owner
    const origin = steps.originOf(operation)
    if (isBad(origin.status) && !work.takesBad(operation)) {
      const message = `step ${operation.step} has no usable input: ${statusName(origin.status)} from ${origin.cause ?? 'its wires'}`
      throw new MillraceError('step-failed', message, { status: Status.BadDataUnavailable })
    }
    const outputs = await work.start(operation, origin, signal)
    if (signal.aborted) return
    this.#samples.tick++
    const now = host.clock.now()
    work.store(operation, outputs, operation.work.kind === 'method' ? { ...origin, time: now } : origin, now)
    this.#convert()
    if (this.#holds(operation.until)) return
    throw new MillraceError('step-failed', `step ${operation.step} ended, but its until does not hold`, {
      status: Status.BadInvalidState,
    })
  }

  #listen(operation: Operation, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const listener: Listener = { operation, resolve, reject, signal, at: -1, isWished: true, isBusy: false }
      this.#listeners.set(operation.index, listener)
      this.#evaluate(listener)
    })
  }

  #isDue({ operation, at, isWished, isBusy, signal }: Listener): boolean {
    if (isBusy || signal.aborted) return false
    if (isWished) return true
    const { changed } = this.#samples
    const isNewer = (slot: number) => (changed[slot] as number) > at
    return operation.wired.some(isNewer) || operation.until.some(({ limit }) => isNewer(limit))
  }

  #evaluate(listener: Listener): void {
    const { operation, at } = listener
    const { work, steps, host } = this.#owner
    const isFed = operation.wired.some((slot) => (this.#samples.changed[slot] as number) > at)
    listener.at = this.#samples.tick
    listener.isWished = false
    this.#samples.tick++
    const origin = steps.originOf(operation)
    if (isBad(origin.status) && !work.takesBad(operation)) {
      steps.spoil(operation, origin)
      return
    }
    const take = (outputs: unknown) => {
      work.store(operation, outputs, origin, host.clock.now())
      // It is still under way, whatever a single computation says.
      steps.setState(operation.index, 'Executing')
      this.#convert()
      if (this.#holds(operation.until) && (!isOperator(operation) || work.hasEmitted(operation))) listener.resolve()
    }
    try {
      const turn = { monotonic: host.clock.monotonic(), isFed }
      const outputs = this.#owner.mark.during(() => work.compute(operation, origin, turn))
      if (isThenable(outputs)) this.#await(listener, Promise.resolve(outputs), take)
      else take(outputs)
    } catch (error) {
      listener.reject(error)
    }
  }

  #await(listener: Listener, outputs: Promise<unknown>, take: (outputs: unknown) => void): void {
    listener.isBusy = true
    const settle = (act: () => void) => {
      listener.isBusy = false
      if (listener.signal.aborted) return
      this.#samples.tick++
      act()
      this.advance()
    }
    outputs.then((given) => settle(() => take(given))).catch((error: unknown) => settle(() => listener.reject(error)))
  }

  #holds(until: readonly PlanUntil[]): boolean {
    return until.every(({ slot, is, limit }) => {
      if (isBad(this.#samples.statusOf(slot)) || isBad(this.#samples.statusOf(limit))) return false
      const [value, other] = [this.#samples.valueOf(slot), this.#samples.valueOf(limit)]
      if (is === 'equals') return sameValue(value, other)
      if (value === null || other === null) return false
      return is === 'above' ? value > other : value < other
    })
  }

  #convert(): void {
    const { plan, steps, work } = this.#owner
    for (const operation of plan.converts) work.convert(operation, steps.originOf(operation))
  }

  #stop(result: WaveResult): void {
    for (const [index, cancel] of this.#cancels) {
      cancel()
      this.#owner.steps.setState(index, 'Skipped')
    }
    for (const { index } of this.#open) this.#owner.steps.setState(index, 'Skipped')
    this.#cancels.clear()
    this.#listeners.clear()
    this.#open.clear()
    this.#end?.(result)
  }
}

function isOperator({ work }: Operation): boolean {
  return work.kind === 'plugin' && work.plugin.kind === 'operator'
}

/** A step with conditions, and an operator, is fed until it is complete; any other is done after one computation or call. */
function listens(operation: Operation): boolean {
  return operation.work.kind !== 'method' && (operation.until.length > 0 || isOperator(operation))
}
