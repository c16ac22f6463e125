import type { Cancel, Clock } from '../model/clock.ts'
import type { SqlDriver, SqlStatements } from '../sqlite/driver.ts'
import { decode, encode } from '../sqlite/value-codec.ts'

/** A condition by the identifier of its NodeId, and all that it is as plain data. */
export interface KeptCondition<State> {
  readonly id: string
  readonly state: State
}

/**
 * Keeps the states of conditions: what was not acknowledged stays so, with the EventIds that clients know.
 *
 * Alarms cannot wait for a disk, so `save` answers at once and the newest state of each condition is written behind it, one
 * transaction at a time. A write that fails is told to `onError` and tried again, with all that changed meanwhile.
 */
export interface ConditionStore<State> {
  load(): readonly KeptCondition<State>[]
  save(condition: KeptCondition<State>): void
  /** Forgets a condition that is no longer configured. */
  remove(id: string): void
  /** Saves all of them again: the database is another one. */
  saveAll(): void
  /** Resolves when everything that was saved is durable; rejects when the database fails. */
  flush(): Promise<void>
  /** Writes what is left, once, and tries no more; the database stays open. */
  close(): Promise<void>
}

/** What a store of conditions is made of. */
export interface ConditionStoreOptions {
  readonly driver: SqlDriver
  readonly clock: Pick<Clock, 'after'>
  /** Told of each write that failed, and of conditions that cannot be read, which are left out. */
  readonly onError: (error: unknown) => void
}

/** How long a write that failed waits for its next attempt. */
const retryMs = 1000

/** Reads all conditions of a database and keeps them there from now on. */
export async function openConditionStore<State>(options: ConditionStoreOptions): Promise<ConditionStore<State>> {
  const states = new Map<string, State>()
  const rows = await options.driver.all<{ id: string; state: string }>('SELECT id, state FROM condition ORDER BY id')
  for (const { id, state } of rows) {
    try {
      states.set(id, decode(state) as State)
    } catch (error) {
      options.onError(error)
    }
  }
  return new WriteBehind<State>(options, states)
}

class WriteBehind<State> implements ConditionStore<State> {
  readonly #options: ConditionStoreOptions
  readonly #states: Map<string, State>
  /** Not durable yet; null is one that was removed. As many as there are conditions, at most. */
  #dirty = new Map<string, string | null>()
  #writing: Promise<void> | undefined
  #cancelRetry: Cancel = () => {}
  #isClosed = false

  constructor(options: ConditionStoreOptions, states: Map<string, State>) {
    this.#options = options
    this.#states = states
  }

  load(): readonly KeptCondition<State>[] {
    return [...this.#states].map(([id, state]) => ({ id, state }))
  }

  save({ id, state }: KeptCondition<State>): void {
    this.#change(id, encode(state))
    this.#states.set(id, state)
  }

  remove(id: string): void {
    this.#change(id, null)
    this.#states.delete(id)
  }

  saveAll(): void {
    for (const [id, state] of this.#states) this.#change(id, encode(state))
  }

  async flush(): Promise<void> {
    while (this.#dirty.size > 0 || this.#writing !== undefined) await this.#write()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry()
    await this.flush()
  }

  #change(id: string, text: string | null): void {
    this.#dirty.set(id, text)
    if (this.#writing === undefined) this.#writeSoon()
  }

  #writeSoon(): void {
    this.#cancelRetry()
    this.#write().catch((error) => {
      this.#options.onError(error)
      if (!this.#isClosed) this.#cancelRetry = this.#options.clock.after(retryMs, () => this.#writeSoon())
    })
  }

  /** Writes what is not durable, or joins the write that is under way. */
  #write(): Promise<void> {
    if (this.#writing === undefined) this.#writing = this.#writeAll()
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#dirty.size > 0) await this.#writeBatch()
    } finally {
      // Here, not when the promise settles: a change in between would see a write that no longer looks.
      this.#writing = undefined
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#dirty
    this.#dirty = new Map()
    try {
      await this.#options.driver.transaction((sql) => writeConditions(sql, batch))
    } catch (error) {
      this.#dirty = new Map([...batch, ...this.#dirty])
      throw error
    }
  }
}

const upsert = 'INSERT INTO condition(id, state) VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET state = excluded.state'

async function writeConditions(sql: SqlStatements, batch: ReadonlyMap<string, string | null>): Promise<void> {
  for (const [id, state] of batch) {
    if (state === null) await sql.run('DELETE FROM condition WHERE id = ?', [id])
    else await sql.run(upsert, [id, state])
  }
}
