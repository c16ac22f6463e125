import { type Observable, Subject } from 'rxjs'
import type { Cancel, Clock } from '../model/clock.ts'
import { diagnosticTag, healthDiagnostics, healthOwner } from '../model/diagnostics.ts'
import type { PlantEvent } from '../model/event.ts'
import { bad, good, type Sample, type TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import { watchClock } from './clock-watch.ts'
import { type Resources, readResources } from './resources.ts'
import { plenty, scarcityOf, scarcityText } from './scarcity.ts'
import { type ServiceLevel, serviceLevelOf, type Troubles } from './service-level.ts'

/** What the health of a server is judged by. */
export interface HealthOptions {
  readonly clock: Clock
  /** What history and state say; asked once a second. */
  readonly troubles: () => Pick<Troubles, 'history' | 'state'>
  /** What the process takes; the process itself is asked when it is absent. */
  readonly resources?: () => Resources
}

/** Pause between two looks, in milliseconds. */
const everyMs = 1000

/** Stalls that follow each other within this time are told as one, in milliseconds. */
const stallsTogetherMs = 10_000

/** Looks at the heap that have to agree. */
const looksMax = 3

/**
 * How the server as a whole is: its ServiceLevel, what it takes of the machine, and what happened to its event loop and its
 * clock. It flows as samples of `@server#...` and events like everything else.
 */
export class ServerHealth {
  readonly samples$: Observable<readonly TagSample[]>
  readonly events$: Observable<PlantEvent>
  /** Whether new clients are to be refused, whenever that changes. */
  readonly refusing$: Observable<boolean>
  readonly #options: HealthOptions
  readonly #samples = new Subject<readonly TagSample[]>()
  readonly #events = new Subject<PlantEvent>()
  readonly #refusing = new Subject<boolean>()
  readonly #latest = new Map<string, Sample>()
  readonly #looks: Resources[] = []
  readonly #counts = { stalls: 0, longestStallMs: 0, jumps: 0, lastJumpMs: 0, rejections: 0 }
  /** Stalls that are not told yet. */
  #untold = { count: 0, longestMs: 0 }
  #scarcity = plenty
  #level: ServiceLevel = { level: 255, reason: '' }
  #isStopping = false
  readonly #cancels = new Map<string, Cancel>()

  constructor(options: HealthOptions) {
    this.#options = options
    this.samples$ = this.#samples.asObservable()
    this.events$ = this.#events.asObservable()
    this.refusing$ = this.#refusing.asObservable()
  }

  /** Whether there is too little left to take on new clients. */
  get isRefusing(): boolean {
    return this.#scarcity.handles || this.#scarcity.heap
  }

  /** Begins to look; what happened before was the start of the program. */
  start(): void {
    this.#cancels.set(
      'clock',
      watchClock(this.#options.clock, (byMs) => this.#jumped(byMs)),
    )
    this.#look()
  }

  /** The newest sample of one of its diagnostics; undefined for any other tag. */
  latest(tag: string): Sample | undefined {
    if (!tag.startsWith(healthOwner)) return undefined
    if (this.#latest.size === 0) this.#publish()
    return this.#latest.get(tag)
  }

  /** The event loop has stood still for so long, not because of a step. */
  stalled(durationMs: number): void {
    if (!this.#cancels.has('clock')) return
    const { count, longestMs } = this.#untold
    this.#counts.stalls += 1
    this.#counts.longestStallMs = Math.max(this.#counts.longestStallMs, durationMs)
    this.#untold = { count: count + 1, longestMs: Math.max(longestMs, durationMs) }
    if (!this.#cancels.has('stalls')) this.#tellStalls()
  }

  /** A promise was rejected and nobody took it. */
  rejected(): void {
    const count = ++this.#counts.rejections
    const message = `a rejection was left to nobody, the ${count}. since the start; the log says where; after three within a minute the plant is started anew`
    this.#tell({ kind: 'rejectionUnhandled', message, time: this.#options.clock.now(), count })
  }

  /** The plant is about to be stopped: clients had better look for another server. */
  stopping(): void {
    this.#isStopping = true
    this.#judge()
    this.#publish()
  }

  /** Looks no more; calling it again does nothing. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel()
    this.#cancels.clear()
  }

  #look(): void {
    const wereRefused = this.isRefusing
    this.#looks.push((this.#options.resources ?? readResources)())
    if (this.#looks.length > looksMax) this.#looks.shift()
    // Fewer looks than that say nothing about the heap.
    this.#scarcity = scarcityOf(this.#scarcity, this.#looks.length < looksMax ? [] : this.#looks)
    this.#judge()
    this.#publish()
    if (this.isRefusing !== wereRefused) this.#refusing.next(this.isRefusing)
    this.#cancels.set(
      'look',
      this.#options.clock.after(everyMs, () => this.#look()),
    )
  }

  #judge(): void {
    const newest = this.#looks.at(-1)
    const resources = newest ? scarcityText(this.#scarcity, newest) : ''
    const level = serviceLevelOf({ ...this.#options.troubles(), resources, isStopping: this.#isStopping })
    const before = this.#level
    this.#level = level
    if (level.level === before.level) return
    const message =
      level.reason === '' ? 'the server serves as it should again' : `the service is worse: ${level.reason}`
    this.#tell({ kind: 'serviceLevelChanged', message, time: this.#options.clock.now(), ...level })
  }

  #jumped(byMs: number): void {
    this.#counts.jumps += 1
    this.#counts.lastJumpMs = byMs
    const seconds = (Math.abs(byMs) / 1000).toFixed(1)
    const message = `the clock of this machine was put ${byMs > 0 ? 'forward' : 'back'} by ${seconds} s; times before and after do not fit together`
    this.#tell({ kind: 'clockJumped', message, time: this.#options.clock.now(), byMs })
  }

  /** The first stall is told at once, those that follow it together. */
  #tellStalls(): void {
    const { count, longestMs } = this.#untold
    this.#cancels.delete('stalls')
    if (count === 0) return
    this.#untold = { count: 0, longestMs: 0 }
    const duration = `${Math.round(longestMs)} ms`
    const message =
      count === 1
        ? `everything has waited for ${duration}, not because of a step`
        : `everything has waited ${count} times, at most for ${duration}, not because of a step`
    const time = this.#options.clock.now()
    this.#tell({ kind: 'eventLoopBlocked', message, time, durationMs: longestMs, count })
    this.#cancels.set(
      'stalls',
      this.#options.clock.after(stallsTogetherMs, () => this.#tellStalls()),
    )
  }

  #tell(event: PlantEvent): void {
    this.#publish()
    this.#events.next(event)
  }

  /** Publishes what has changed. */
  #publish(): void {
    const time = this.#options.clock.now()
    const changed: TagSample[] = []
    const figures = this.#figures()
    for (const { name } of healthDiagnostics) {
      const tag = diagnosticTag(healthOwner, name)
      const value = figures[name] ?? null
      if (this.#latest.get(tag)?.value === value) continue
      const sample = value === null ? bad(Status.BadNotSupported, time) : good(value, time)
      this.#latest.set(tag, sample)
      changed.push({ tag, sample })
    }
    if (changed.length > 0) this.#samples.next(changed)
  }

  #figures(): Readonly<Record<string, number | string | undefined>> {
    const { handles, handlesMax, heap, heapMax, memory } =
      this.#looks.at(-1) ?? (this.#options.resources ?? readResources)()
    const { stalls, longestStallMs, jumps, lastJumpMs, rejections } = this.#counts
    return {
      serviceLevel: this.#level.level,
      reason: this.#level.reason,
      blockedCount: stalls,
      longestBlock: longestStallMs,
      clockJumpCount: jumps,
      lastClockJump: lastJumpMs,
      unhandledRejectionCount: rejections,
      handleCount: handles,
      handleLimit: handlesMax,
      heapUsed: heap,
      heapLimit: heapMax,
      memoryUsed: memory,
    }
  }
}
