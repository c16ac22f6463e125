import type { Cancel, Clock } from '../model/clock.ts'
import { isMillraceError } from '../model/errors.ts'
import type { SqlDriver, SqlValue } from '../sqlite/driver.ts'

/** A statement with what is bound to it: a write that can be tried again with the same result. */
export interface Statement {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** What a write is about; each has a room of its own, so that many of one do not push out another. */
export const writeKinds = ['state', 'run', 'job', 'value', 'audit'] as const

/** What a write is about. */
export type WriteKind = (typeof writeKinds)[number]

/** Something that is to be written. */
export interface Write {
  readonly kind: WriteKind
  /** A later write with the same key replaces one that still waits; without a key, nothing is replaced. */
  readonly key?: string | undefined
  /** They are written in one transaction, in this order, and must do no harm when they are repeated. */
  readonly statements: readonly Statement[]
}

/** Why writes wait, if they do. */
export interface WriteHealth {
  /** What the database said last; undefined when it takes what it is given. */
  readonly reason: string | undefined
  readonly waiting: number
  /** How many were given up since the start, of each kind. */
  readonly dropped: Readonly<Record<WriteKind, number>>
}

/** What a queue is made of. */
export interface WriteQueueOptions {
  readonly driver: Pick<SqlDriver, 'transaction'>
  readonly clock: Clock
  /** Told when the database fails, once a minute while it does, when it works again, and when something is dropped. */
  readonly onHealth: (health: WriteHealth) => void
  /** Writes of one kind that may wait, and their size in characters and bytes together; more are dropped and counted. */
  readonly waitingMax?: number
  readonly sizeMax?: number
}

const defaults = { waitingMax: 10_000, sizeMax: 32 * 1024 * 1024 }
/** Writes that share a transaction, and so its way to the disk. */
const batchMax = 200
/** Pause after a failure. */
const retryMs = 1000
/** How often a failure that lasts is told. */
const tellMs = 60_000

interface Entry extends Write {
  readonly size: number
  /** Number of the oldest write that it stands for. */
  readonly since: number
}

interface Waiter {
  readonly upTo: number
  resolve(): void
}

/**
 * Writes behind the plant: what is added is written in its order, many in one transaction, and tried again for as long as it
 * takes. It is bounded: states replace each other by their key, and when there is no more room the newest are dropped and
 * counted. Nobody who adds waits; who has to know asks {@link WriteQueue.settled}.
 */
export class WriteQueue {
  readonly #options: Required<WriteQueueOptions>
  /** In the order of writing. */
  readonly #entries = new Map<string, Entry>()
  readonly #waiters = new Set<Waiter>()
  readonly #count = zeros()
  readonly #size = zeros()
  readonly #dropped = zeros()
  #added = 0
  #reason: string | undefined
  #toldAt = Number.NEGATIVE_INFINITY
  #droppedToldAt = Number.NEGATIVE_INFINITY
  #work: Promise<void> | undefined
  #cancelRetry: Cancel | undefined
  #cancelTell: Cancel | undefined
  #isClosed = false

  constructor(options: WriteQueueOptions) {
    this.#options = { ...defaults, ...options }
  }

  /** Takes a write; tells false when there is no room for it, or the queue is closed. */
  add(write: Write): boolean {
    const { kind, key = `${this.#added} without a key` } = write
    const before = this.#entries.get(key)
    const size = sizeOf(write)
    const { waitingMax, sizeMax } = this.#options
    const isFull = this.#count[kind] >= waitingMax || this.#size[kind] + size > sizeMax
    // There are only so many states: each has its key. And no job order is taken while too many wait.
    const isBounded = kind !== 'state' && kind !== 'job'
    if (this.#isClosed || (isFull && before === undefined && isBounded)) {
      this.#drop(kind)
      return false
    }
    this.#added++
    this.#forget(key)
    this.#entries.set(key, { ...write, key, size, since: before?.since ?? this.#added })
    this.#count[kind]++
    this.#size[kind] += size
    if (this.#cancelRetry === undefined) this.#write()
    return true
  }

  /** Whether a write with this key waits or is on its way. */
  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** How it is. */
  get health(): WriteHealth {
    return { reason: this.#reason, waiting: this.#entries.size, dropped: { ...this.#dropped } }
  }

  /** Resolves to true when everything that was added so far is durable, or to false after `deadlineMs`. */
  settled(deadlineMs: number): Promise<boolean> {
    if (this.#isSettled(this.#added)) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        upTo: this.#added,
        resolve: () => {
          cancel()
          resolve(true)
        },
      }
      const cancel = this.#options.clock.after(deadlineMs, () => {
        this.#waiters.delete(waiter)
        resolve(false)
      })
      this.#waiters.add(waiter)
    })
  }

  /** Tries what is left once more and takes nothing any more; resolves to how many could not be written. */
  async close(): Promise<number> {
    this.#isClosed = true
    this.#cancelRetry?.()
    await this.#work
    this.#write()
    await this.#work
    this.#cancelRetry?.()
    this.#cancelTell?.()
    return this.#entries.size
  }

  #write(): void {
    this.#cancelRetry = undefined
    if (this.#entries.size === 0) return
    this.#work ??= this.#writeAll().finally(() => {
      // Between the end of the work and this, something may have been added.
      this.#work = undefined
      if (this.#cancelRetry === undefined && !this.#isClosed) this.#write()
    })
  }

  async #writeAll(): Promise<void> {
    let limit = batchMax
    while (this.#entries.size > 0) {
      const batch = firstOf(this.#entries, limit)
      const error = await this.#commit(batch)
      if (isMillraceError(error)) {
        this.#failed(error.message)
        return
      }
      if (error !== undefined && batch.length > 1) {
        // One of them cannot be written by any database, because it is wrong in itself. It must not keep the others waiting.
        limit = 1
        continue
      }
      for (const [key, entry] of batch) if (this.#entries.get(key) === entry) this.#forget(key)
      for (const [, { kind }] of error === undefined ? [] : batch) this.#drop(kind)
      if (error !== undefined) limit = batchMax
      this.#settle()
      if (this.#reason !== undefined) {
        this.#reason = undefined
        this.#tell()
      }
    }
  }

  async #commit(batch: readonly (readonly [string, Entry])[]): Promise<unknown> {
    try {
      await this.#options.driver.transaction(async (sql) => {
        for (const [, { statements }] of batch) for (const each of statements) await sql.run(each.sql, each.values)
      })
      return undefined
    } catch (error) {
      return error
    }
  }

  #failed(reason: string): void {
    const { clock } = this.#options
    const isNew = this.#reason === undefined
    this.#reason = reason
    if (isNew || clock.monotonic() - this.#toldAt >= tellMs) this.#tell()
    if (!this.#isClosed) this.#cancelRetry = clock.after(retryMs, () => this.#write())
  }

  #drop(kind: WriteKind): void {
    const { clock } = this.#options
    this.#dropped[kind]++
    if (this.#cancelTell !== undefined || this.#isClosed) return
    const waitMs = this.#droppedToldAt + tellMs - clock.monotonic()
    if (waitMs <= 0) this.#tellDropped()
    else this.#cancelTell = clock.after(waitMs, () => this.#tellDropped())
  }

  #tellDropped(): void {
    this.#cancelTell = undefined
    this.#droppedToldAt = this.#options.clock.monotonic()
    this.#tell()
  }

  #tell(): void {
    this.#toldAt = this.#options.clock.monotonic()
    this.#options.onHealth(this.health)
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#count[entry.kind]--
    this.#size[entry.kind] -= entry.size
  }

  #settle(): void {
    for (const waiter of this.#waiters) {
      if (!this.#isSettled(waiter.upTo)) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #isSettled(upTo: number): boolean {
    for (const { since } of this.#entries.values()) if (since <= upTo) return false
    return true
  }
}

function firstOf(entries: ReadonlyMap<string, Entry>, limit: number): readonly (readonly [string, Entry])[] {
  const first: [string, Entry][] = []
  for (const each of entries) {
    if (first.length === limit) break
    first.push(each)
  }
  return first
}

function sizeOf({ statements }: Write): number {
  let size = 0
  for (const { values } of statements) {
    for (const value of values) size += typeof value === 'object' ? (value?.length ?? 8) : String(value).length
  }
  return size
}

function zeros(): Record<WriteKind, number> {
  return { state: 0, run: 0, job: 0, value: 0, audit: 0 }
}
