import type { Cancel } from '../model/clock.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Activity, ActivityHost } from './activity.ts'
import type { Execution, ExecutionHost, WaveResult } from './execution.ts'
import type { RunClock } from './run-clock.ts'

type Call = ExecutionHost['call']

/**
 * Runs every step of a pipeline to its completion, once.
 *
 * While it is paused no method is called, time stands still and no new samples reach the completion conditions. When it is
 * stopped, the methods that are being called end; completion conditions are not waited for, because they may never hold.
 */
export class Sequence implements Activity {
  readonly #execution: Execution
  readonly #runClock: RunClock
  readonly #host: ActivityHost
  readonly #controller = new AbortController()
  readonly #inbox = new Map<string, TagSample>()
  readonly #openGate = new Set<() => void>()
  #callCount = 0
  #cancelAbort: Cancel = () => {}
  #phase: 'new' | 'running' | 'over' = 'new'
  #isPaused = false
  #isStopped = false

  /** `runClock` stands still while the run is suspended. */
  constructor(execution: Execution, runClock: RunClock, host: ActivityHost) {
    this.#execution = execution
    this.#runClock = runClock
    this.#host = host
  }

  begin(): void {
    if (this.#isPaused || this.#phase !== 'new') return
    this.#phase = 'running'
    void this.#execution.sequence({ signal: this.#controller.signal }).then((result) => this.#settle(result))
  }

  feed(samples: readonly TagSample[]): void {
    if (this.#isPaused) for (const each of samples) this.#inbox.set(each.tag, each)
    else this.#execution.feed(samples)
  }

  setParameter(name: string, sample: Sample): void {
    this.#execution.setParameter(name, sample)
  }

  pause(): void {
    this.#isPaused = true
    this.#runClock.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#runClock.resume()
    if (this.#inbox.size > 0) this.#execution.feed([...this.#inbox.values()])
    this.#inbox.clear()
    for (const open of this.#openGate) open()
    this.begin()
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    // What is called ends by its deadline at the latest.
    this.#runClock.resume()
    if (this.#phase === 'new') {
      this.#phase = 'over'
      this.#host.onIdle()
    } else if (this.#phase === 'running') this.#abortWhenCallsEnded()
  }

  cancel(): void {
    this.#controller.abort()
    this.stop()
  }

  /** Calls a method of a device for a step, when it may: not while the run is paused, never once it is stopped. */
  async call(request: Parameters<Call>[0], call: Call): ReturnType<Call> {
    if (this.#isPaused || this.#isStopped) await this.#opened(request.signal)
    this.#callCount++
    try {
      return await call(request)
    } finally {
      this.#callCount--
      // Later, so that the step is seen to be complete first.
      if (this.#isStopped) this.#cancelAbort = this.#runClock.after(0, () => this.#abortWhenCallsEnded())
    }
  }

  #opened(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const open = (): void => {
        if (this.#isStopped) return
        this.#openGate.delete(open)
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const abort = (): void => {
        this.#openGate.delete(open)
        reject(signal.reason as Error)
      }
      this.#openGate.add(open)
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
  }

  #abortWhenCallsEnded(): void {
    if (this.#callCount === 0) this.#controller.abort()
  }

  #settle(result: WaveResult): void {
    this.#phase = 'over'
    this.#cancelAbort()
    this.#host.publish()
    if (result.kind === 'failed') this.#host.onFailed(result)
    else if (result.kind === 'completed') this.#host.onCompleted()
    else this.#host.onIdle()
  }
}
