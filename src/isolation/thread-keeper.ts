import type { Cancel, Clock } from '../model/clock.ts'
import { MillraceError } from '../model/errors.ts'
import { FaultPolicy, faultLimits } from '../model/fault-policy.ts'
import type { SentAnswer, SentLate, SentUse, ToThread } from './message.ts'
import { PluginThread, type ThreadHost } from './plugin-thread.ts'

/** A thread that no step uses is kept for so long, for runs that begin again soon. */
const idleMs = 60_000

/** How often a thread is asked whether it is alive when nobody asks anything else, and how long it may take to answer. */
const pingMs = 5000

/** A step that is open in a thread. */
export interface OpenStep {
  readonly use: SentUse
  readonly owner: string
  readonly onReady: () => void
  readonly onLate: (late: SentLate) => void
}

/** What a keeper needs. */
export interface KeeperHost extends Pick<ThreadHost, 'url' | 'origin' | 'name' | 'memoryMiB' | 'onText'> {
  readonly clock: Clock
  /** Says why the module must not be loaded (again); undefined when it may. */
  readonly refusal: () => Promise<string | undefined>
}

/**
 * Keeps the thread of one module of plugins: it is started when a step is opened, started again by {@link FaultPolicy} when it
 * is lost, and ended when nobody has used it for a while. Steps that are open go on in the next thread, without their memory.
 */
export class ThreadKeeper {
  readonly #host: KeeperHost
  readonly #policy = new FaultPolicy()
  readonly #steps = new Map<number, OpenStep>()
  #thread: PluginThread | undefined
  #isReady = false
  /** Why there is no thread; undefined while the first one starts. */
  #reason: MillraceError | undefined
  #isFaulted = false
  #beginnings = 0
  #lastStep = 0
  #cancelRestart: Cancel = () => {}
  #cancelIdle: Cancel = () => {}
  #cancelPing: Cancel = () => {}
  #isClosed = false
  #isStarting = false

  constructor(host: KeeperHost) {
    this.#host = host
  }

  /** Whether a turn would be computed, or refused with a reason. */
  get isReady(): boolean {
    return this.#isReady || this.#reason !== undefined
  }

  /** How often steps had to begin anew. */
  get beginnings(): number {
    return this.#beginnings
  }

  /** Opens a step and gives its number. */
  open(step: OpenStep): number {
    this.#cancelIdle()
    const id = ++this.#lastStep
    this.#steps.set(id, step)
    if (this.#isReady) this.#thread?.tell({ kind: 'open', step: id, ...step.use })
    else if (!this.#reason) this.#start()
    return id
  }

  /** Computes a step; throws the reason at once while there is no thread, and waits for the first one. */
  turn(
    step: number,
    turn: Pick<Extract<ToThread, { readonly kind: 'turn' }>, 'inputs' | 'moment'>,
    deadlineMs: number,
  ): Promise<SentAnswer> {
    if (this.#reason) throw this.#reason
    if (!this.#thread || !this.#isReady) return this.#whenReady().then(() => this.turn(step, turn, deadlineMs))
    return this.#thread.ask({ step, ...turn }, { owner: this.#steps.get(step)?.owner ?? '', deadlineMs })
  }

  /** Late emissions of a step have been taken. */
  taken(step: number): void {
    if (this.#isReady) this.#thread?.tell({ kind: 'taken', step })
  }

  /** Closes a step; idempotent. */
  close(step: number): void {
    if (!this.#steps.delete(step)) return
    if (this.#isReady) this.#thread?.tell({ kind: 'close', step })
    if (this.#steps.size === 0 && !this.#isClosed) this.#idle()
  }

  /** Forgets its faults; when it was given up it is started again. */
  forgive(): void {
    this.#policy.forgive()
    if (!this.#isFaulted) return
    this.#isFaulted = false
    if (this.#steps.size > 0) this.#start()
    else this.#reason = undefined
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#isClosed = true
    this.#steps.clear()
    await this.#stop()
    this.#wakeWaiting()
  }

  #idle(): void {
    this.#cancelIdle()
    this.#cancelIdle = this.#host.clock.after(idleMs, () => void this.#stop())
  }

  async #stop(): Promise<void> {
    const thread = this.#thread
    for (const cancel of [this.#cancelIdle, this.#cancelRestart, this.#cancelPing]) cancel()
    this.#thread = undefined
    this.#isReady = false
    if (!this.#isFaulted) this.#reason = undefined
    await thread?.end()
  }

  #start(): void {
    if (this.#isStarting || this.#isClosed) return
    this.#isStarting = true
    void this.#host.refusal().then((refusal) => {
      this.#isStarting = false
      if (this.#isClosed || this.#thread) return
      if (refusal !== undefined) this.#giveUp(new MillraceError('plugin-refused', refusal))
      else this.#run()
    })
  }

  #run(): void {
    const thread = new PluginThread({
      ...this.#host,
      onReady: () => this.#ready(),
      onEnded: (reason) => this.#ended(reason),
      onLate: (step, late) => this.#steps.get(step)?.onLate(late),
    })
    this.#thread = thread
  }

  #ready(): void {
    this.#isReady = true
    this.#reason = undefined
    for (const [step, { use }] of this.#steps) this.#thread?.tell({ kind: 'open', step, ...use })
    this.#ping()
    this.#wakeWaiting()
    for (const { onReady } of [...this.#steps.values()]) onReady()
  }

  #ping(): void {
    this.#cancelPing = this.#host.clock.after(pingMs, () => {
      this.#thread?.ping(pingMs)
      this.#ping()
    })
  }

  #ended(reason: MillraceError): void {
    this.#cancelPing()
    this.#thread = undefined
    this.#isReady = false
    this.#beginnings++
    const after = this.#policy.failed(this.#host.clock.monotonic())
    if (after.kind === 'faulted') {
      const { failuresMax, windowMs } = faultLimits
      const often = `${this.#host.name} is faulted after ${failuresMax} failures in ${windowMs / 1000} s`
      const remedy = 'mend it, then reset the pipeline or apply the files of the plant again'
      this.#giveUp(
        new MillraceError('plugin-faulted', `${often}: ${reason.message}; ${remedy}`, {
          cause: reason,
          ...(reason.status === undefined ? {} : { status: reason.status }),
        }),
      )
      return
    }
    this.#reason = reason
    this.#cancelRestart = this.#host.clock.after(after.delayMs, () => {
      if (this.#steps.size > 0) this.#start()
      else this.#reason = undefined
    })
    this.#wakeWaiting()
  }

  #giveUp(reason: MillraceError): void {
    this.#isFaulted = true
    this.#reason = reason
    this.#wakeWaiting()
    for (const { onReady } of [...this.#steps.values()]) onReady()
  }

  readonly #waiting = new Set<() => void>()

  #whenReady(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new MillraceError('cancelled', `${this.#host.name} is ended`))
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  #wakeWaiting(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }
}
