import { isBad } from '../../model/status.ts'
import type { WaveResult } from '../execution.ts'
import { type Attempts, attempt } from './attempts.ts'
import { Calls } from './calls.ts'
import type { WaveOwner } from './owner.ts'
import type { Operation } from './plan.ts'
import type { Exits, Pass } from './program.ts'
import { Readiness } from './readiness.ts'
import { frameOf, type Samples } from './samples.ts'
import type { Origin, Steps } from './steps.ts'
import { isThenable } from './work.ts'

const completed: WaveResult = { kind: 'completed' }

/**
 * Carries one consistent set of inputs after the other through the graph.
 *
 * A pass of the compiled program computes what it can. A step that turns out to be asynchronous marks its outputs as waited
 * for, and whoever reads them waits too. When it ends, its outputs count as changed and another pass computes what lies
 * downstream, as far as nothing else is waited for; so every step starts as soon as its own inputs are there.
 */
export class Waves implements Exits {
  readonly #owner: WaveOwner
  readonly #operations: readonly Operation[]
  readonly #samples: Samples
  readonly #steps: Steps
  readonly #pass: Pass
  readonly #readiness: Readiness
  readonly #wishes = new Set<number>()
  readonly #running = new Map<number, () => void>()
  readonly #calls: Calls
  #count = 0
  #since = 0
  #all = true
  #now = 0
  #monotonic = 0
  /** Tick since which asynchronous operations have ended and no pass has been made. */
  #resumeAt: number | undefined
  #failure: WaveResult | undefined
  #end: ((result: WaveResult) => void) | undefined

  constructor(owner: WaveOwner) {
    const { plan, samples, steps } = owner
    this.#owner = owner
    this.#operations = plan.operations
    this.#samples = samples
    this.#steps = steps
    this.#calls = new Calls(samples)
    this.#readiness = new Readiness(plan, samples)
    const { executions, memories, moments } = steps
    const frame = frameOf(
      samples,
      { wanted: this.#readiness.wanted, executions, memories, moments, cells: owner.mark.cells },
      plan,
    )
    this.#pass = plan.program.bind(frame, this)
  }

  /** Waves that were completed. */
  get count(): number {
    return this.#count
  }

  get isRunning(): boolean {
    return this.#end !== undefined
  }

  /** Has an operation computed in the next wave; tells whether that is news. */
  wish(index: number): boolean {
    if (this.#wishes.has(index)) return false
    this.#wishes.add(index)
    return true
  }

  /** Runs a wave; the samples of this wave's inputs have been written with the current tick. */
  run({
    onlyChanged,
    signal,
  }: {
    onlyChanged: boolean
    signal?: AbortSignal | undefined
  }): WaveResult | Promise<WaveResult> {
    if (this.#wishes.size > 0) {
      for (const index of this.#wishes) this.#readiness.want(index)
      this.#wishes.clear()
    }
    this.#failure = undefined
    this.#compute(!onlyChanged || this.#count === 0, this.#samples.tick)
    if (this.#failure || this.#running.size === 0) return this.#ended()
    return new Promise((resolve) => {
      const cancel = () => {
        this.#abandon()
        this.#end?.({ kind: 'cancelled' })
      }
      this.#end = (result) => {
        this.#end = undefined
        signal?.removeEventListener('abort', cancel)
        resolve(result)
      }
      signal?.addEventListener('abort', cancel)
      this.#owner.onProgress()
    })
  }

  close(): void {
    this.#abandon()
    this.#end?.({ kind: 'cancelled' })
  }

  visit(index: number, since: number, all: boolean): void {
    const operation = this.#operations[index] as Operation
    if (operation.isDelay || (!all && !this.#readiness.isTouched(operation, since))) return
    this.evaluate(index)
  }

  evaluate(index: number): void {
    const operation = this.#operations[index] as Operation
    if (this.#readiness.isRunning(index)) return
    if (this.#readiness.mustWait(operation)) {
      this.#readiness.wait(operation)
      return
    }
    if (!this.#owner.work.isReady(operation)) {
      // It asks for a wave of its own as soon as it can be computed.
      this.#readiness.keep(operation)
      return
    }
    const origin = this.#steps.originOf(operation)
    if (operation.work.kind === 'convert') {
      this.#readiness.release(operation)
      this.#owner.work.convert(operation, origin)
      return
    }
    if (isBad(origin.status) && !this.#owner.work.takesBad(operation)) {
      this.#readiness.release(operation)
      this.#steps.spoil(operation, origin)
      return
    }
    if (operation.work.kind === 'method') {
      if (this.#calls.isDue(operation)) this.#begin(operation, origin, {})
      else this.#readiness.keep(operation)
      return
    }
    const { stepEvents } = this.#owner.plan
    if (stepEvents) this.#steps.started(operation)
    try {
      const isFed = this.#all || this.#readiness.hasNews(operation, this.#since)
      const outputs = this.#owner.work.compute(operation, origin, { monotonic: this.#monotonic, isFed })
      this.#take(operation, outputs, origin)
    } catch (error) {
      this.thrown(index, error)
    }
  }

  settle(index: number, outputs: unknown): void {
    const operation = this.#operations[index] as Operation
    try {
      this.#take(operation, outputs, this.#steps.originOf(operation))
    } catch (error) {
      this.thrown(index, error)
    }
  }

  thrown(index: number, error: unknown): void {
    const operation = this.#operations[index] as Operation
    const origin = this.#steps.originOf(operation)
    if ((operation.retry?.attempts ?? 1) > 1) {
      this.#begin(operation, origin, { first: { error } })
      return
    }
    this.#readiness.release(operation)
    this.#lose(operation, error, { attempts: 1, time: origin.time })
  }

  healed(index: number): void {
    this.#steps.healed(index)
    this.#readiness.release(this.#operations[index] as Operation)
  }

  /** A pass over everything, or over what changed at the tick `since` or later. */
  #compute(all: boolean, since: number): void {
    const { plan, host } = this.#owner
    if (plan.usesTime) {
      this.#now = host.clock.now()
      this.#monotonic = host.clock.monotonic()
    }
    this.#all = all
    this.#since = since
    const before = this.#owner.mark.begin()
    try {
      this.#pass(this.#since, all, this.#samples.tick, this.#now, this.#monotonic)
    } finally {
      this.#owner.mark.end(before)
    }
  }

  #take(operation: Operation, outputs: unknown, origin: Origin): void {
    if (isThenable(outputs)) {
      this.#begin(operation, origin, { first: { promise: outputs } })
      return
    }
    this.#owner.work.store(operation, outputs, origin, this.#now)
    if (this.#owner.plan.stepEvents) this.#steps.completed(operation, 0)
    this.#readiness.release(operation)
  }

  #begin(operation: Operation, origin: Origin, { first }: Pick<Attempts<unknown>, 'first'>): void {
    const { index, retry, timeoutMs, owner } = operation
    const { host, plan, work } = this.#owner
    // After a failure nothing new is begun; the next wave will.
    if (this.#failure) {
      this.#postpone(index)
      return
    }
    this.#readiness.run(operation)
    if (!first || !this.#owner.plan.stepEvents) this.#steps.started(operation)
    const startedAt = plan.usesTime ? this.#monotonic : host.clock.monotonic()
    const isMethod = operation.work.kind === 'method'
    const cancel = attempt<unknown>({
      clock: host.clock,
      deadlines: this.#owner.deadlines,
      retry,
      timeoutMs,
      subject: owner,
      first,
      call: (signal) => work.start(operation, origin, signal),
      succeeded: (result) =>
        this.#finished(operation, () => {
          const made = isMethod ? { ...origin, time: host.clock.now() } : origin
          work.store(operation, result, made, this.#now)
          this.#steps.completed(operation, host.clock.monotonic() - startedAt)
        }),
      failed: (error, attempts) =>
        this.#finished(operation, () => this.#lose(operation, error, { attempts, time: host.clock.now() })),
    })
    this.#running.set(index, cancel)
  }

  #lose(operation: Operation, error: unknown, facts: { attempts: number; time: number }): void {
    this.#calls.forget(operation.index)
    const result = this.#steps.failed(operation, error, facts)
    this.#failure ??= result
  }

  /** An asynchronous operation has ended. Those that end in the same turn of the event loop share the pass that follows. */
  #finished(operation: Operation, act: () => void): void {
    this.#running.delete(operation.index)
    if (this.#resumeAt === undefined) {
      this.#resumeAt = ++this.#samples.tick
      queueMicrotask(() => this.#resume())
    }
    try {
      act()
    } catch (error) {
      this.#lose(operation, error, { attempts: 1, time: this.#owner.host.clock.now() })
    }
    this.#readiness.release(operation)
  }

  /** Computes what waited for operations that have ended. */
  #resume(): void {
    const since = this.#resumeAt
    if (since === undefined) return
    this.#resumeAt = undefined
    if (!this.#failure) this.#compute(false, since)
    if (this.#failure || this.#running.size === 0) this.#end?.(this.#ended())
    else this.#owner.onProgress()
  }

  #ended(): WaveResult {
    if (this.#failure) {
      this.#abandon()
      return this.#failure
    }
    this.#count++
    for (const { from, to, readers } of this.#owner.plan.delays) {
      if (this.#owner.work.moveOn(from, to)) for (const reader of readers) this.#wishes.add(reader)
    }
    return completed
  }

  /** Gives up what is under way: outputs keep the samples they had, and the next wave computes them again. */
  #abandon(): void {
    for (const cancel of this.#running.values()) cancel()
    this.#running.clear()
    this.#resumeAt = undefined
    for (const index of this.#readiness.unready()) this.#postpone(index)
  }

  #postpone(index: number): void {
    this.#readiness.giveUp(this.#operations[index] as Operation)
    this.#calls.forget(index)
    this.#steps.setState(index, 'Idle')
    this.#wishes.add(index)
  }
}
