import { MillraceError } from '../../model/errors.ts'
import type { TagSample } from '../../model/sample.ts'
import type { Value } from '../../model/value.ts'
import type { SqlDriver, SqlStatements } from '../../sqlite/driver.ts'
import type { Batch } from './batch.ts'
import { packBatch } from './batch.ts'
import { type RunNumbers, RunTable } from './run-table.ts'
import { applySeal, planSeal, type Seal, writeSeals } from './sealing.ts'
import type { TagEntry } from './tag-entry.ts'
import type { TagTable } from './tag-table.ts'

/** Samples that may be in the journal alone; beyond, the tags that wait for longest are written as open chunks. */
const unsealedMax = 6_000_000
/** Rows of the journal before that happens too, so that tags which change once an hour do not keep it long. */
const rowsMax = 3000
/** Open chunks that one batch writes, so that its commit stays short. */
const openPerBatch = 64
/** Rows are deleted once there are so many of them. */
const trimStep = 16

/** Limits of the journal; the defaults are right outside of tests. */
export interface JournalLimits {
  readonly unsealedMax?: number
  readonly rowsMax?: number
}

/** A head that was sealed inside another change. */
export interface SealedInside {
  /** Numbers for chunks that the change adds. */
  readonly nextId: () => number
  /** Call it once the transaction is durable. */
  readonly commit: () => void
}

/** Keeps batches: one row each, and in the same transaction the chunks of the tags that it filled. */
export class Journal {
  /** The runs that samples are of. */
  readonly runs = new RunTable()
  readonly #driver: SqlDriver
  readonly #tags: TagTable
  readonly #limits: Required<JournalLimits>
  /** Tags with samples that are in the journal alone; the one that waits for longest is the first. */
  readonly #unsealed = new Set<TagEntry>()
  #seq = 0
  #trimmed = 0
  #chunkId = 0
  #unsealedCount = 0

  constructor(driver: SqlDriver, tags: TagTable, limits: JournalLimits = {}) {
    this.#driver = driver
    this.#tags = tags
    this.#limits = { unsealedMax, rowsMax, ...limits }
  }

  /** The last chunk that is durable; readers do not look beyond it. */
  get chunkId(): number {
    return this.#chunkId
  }

  /** The last row that is durable. */
  get seq(): number {
    return this.#seq
  }

  /** Samples that are in the journal alone, about. */
  get unsealed(): number {
    return this.#unsealedCount
  }

  /** Goes on from what was found in the file. */
  resume(state: { seq: number; trimmed: number; chunkId: number }): void {
    this.#seq = state.seq
    this.#trimmed = state.trimmed
    this.#chunkId = state.chunkId
    for (const entry of [...this.#tags.entries()].sort((a, b) => (a.firstUnsealed ?? 0) - (b.firstUnsealed ?? 0))) {
      this.#unsealedCount += entry.head.count - entry.openCount
      if (entry.firstUnsealed !== undefined) this.#unsealed.add(entry)
    }
  }

  /** Makes samples durable. Call it again only when it has settled. */
  async append(samples: readonly TagSample[]): Promise<void> {
    const touched = new Set<TagEntry>()
    const seq = this.#seq + 1
    let seals: Seal[] = []
    let made: TagEntry[] = []
    let runs: RunNumbers | undefined
    try {
      await this.#driver.transaction(async (sql) => {
        made = await this.#tags.insert(sql, unknownIn(samples, this.#tags))
        const byName = new Map(made.map((entry) => [entry.name, entry]))
        runs = await this.runs.numbersFor(sql, samples)
        const entryOf = (name: string): TagEntry => this.#tags.get(name) ?? (byName.get(name) as TagEntry)
        const batch = stage(samples, { entryOf, touched, runs })
        await sql.run('INSERT INTO journal (seq, n, blob) VALUES (?, ?, ?)', [seq, batch.count, packBatch(batch)])
        seals = this.#planned(touched, seq)
        await writeSeals(sql, seals)
        await this.#trim(sql, seals, seq)
      })
    } catch (error) {
      for (const entry of touched) entry.head.rollback()
      throw error
    }
    for (const entry of made) this.#tags.add(entry)
    if (runs) this.runs.remember(runs)
    this.#apply(seq, touched, seals, samples.length)
  }

  /**
   * Writes everything that a tag has in memory into chunks, in the transaction given; `commit` must follow it. Memory that
   * only has what is newer than `upTo` stays, so that many small changes of the past do not make as many small chunks.
   */
  async seal(sql: SqlStatements, entry: TagEntry, upTo = Number.POSITIVE_INFINITY): Promise<SealedInside> {
    let id = this.#chunkId
    const nextId = (): number => ++id
    const [oldest] = entry.head.all().times
    const seals = oldest !== undefined && oldest <= upTo ? [planSeal(entry, this.#seq, nextId, false)] : []
    await writeSeals(sql, seals)
    return { nextId, commit: () => this.#applied(seals, id) }
  }

  #planned(touched: ReadonlySet<TagEntry>, seq: number): Seal[] {
    let id = this.#chunkId
    const nextId = (): number => ++id
    const seals: Seal[] = []
    for (const entry of touched) {
      if (entry.head.count >= entry.fullAt) seals.push(planSeal(entry, seq, nextId, false))
    }
    if (this.#unsealedCount <= this.#limits.unsealedMax && seq - this.#trimmed <= this.#limits.rowsMax) return seals
    const planned = new Set(seals.map(({ entry }) => entry))
    for (const entry of this.#unsealed) {
      if (seals.length >= planned.size + openPerBatch) break
      if (!planned.has(entry)) seals.push(planSeal(entry, seq, nextId, true))
    }
    return seals
  }

  /** Deletes the rows that no tag needs any more. */
  async #trim(sql: SqlStatements, seals: readonly Seal[], seq: number): Promise<void> {
    const sealed = new Set(seals.map(({ entry }) => entry))
    let needed = seq
    for (const entry of this.#unsealed) {
      if (sealed.has(entry)) continue
      needed = entry.firstUnsealed ?? seq
      break
    }
    if (needed - this.#trimmed <= trimStep) return
    await sql.run('DELETE FROM journal WHERE seq < ?', [needed])
    this.#trimmed = needed - 1
  }

  #apply(seq: number, touched: ReadonlySet<TagEntry>, seals: readonly Seal[], count: number): void {
    this.#seq = seq
    this.#unsealedCount += count
    for (const entry of touched) {
      entry.head.commit()
      if (entry.firstUnsealed !== undefined) continue
      entry.firstUnsealed = seq
      this.#unsealed.add(entry)
    }
    const last = seals.at(-1)?.chunks.at(-1)?.id
    this.#applied(seals, last ?? this.#chunkId)
  }

  #applied(seals: readonly Seal[], chunkId: number): void {
    this.#chunkId = chunkId
    for (const seal of seals) {
      this.#unsealedCount -= seal.entry.head.count - seal.entry.openCount
      applySeal(seal)
      this.#unsealed.delete(seal.entry)
    }
  }
}

function unknownIn(samples: readonly TagSample[], tags: TagTable): { tag: string }[] {
  const unknown = new Set<string>()
  for (const { tag } of samples) if (!tags.get(tag)) unknown.add(tag)
  return Array.from(unknown, (tag) => ({ tag }))
}

/** Puts samples into the heads of their tags, and into columns for the journal. */
function stage(
  samples: readonly TagSample[],
  {
    entryOf,
    touched,
    runs: numberById,
  }: { entryOf: (tag: string) => TagEntry; touched: Set<TagEntry>; runs: RunNumbers | undefined },
): Batch {
  const count = samples.length
  const tags = new Uint32Array(count)
  const times = new Float64Array(count)
  const statuses = new Uint32Array(count)
  const numbers = new Float64Array(count)
  const others = new Map<number, Value>()
  const runs = numberById && new Uint32Array(count)
  for (let index = 0; index < count; index++) {
    const { tag, sample, run } = samples[index] as TagSample
    if (!Number.isFinite(sample.sourceTime)) {
      throw new MillraceError('value-invalid', `${tag} has the source time ${sample.sourceTime}; give it a time`)
    }
    const entry = entryOf(tag)
    touched.add(entry)
    const number = (run && numberById?.get(run.runId)) ?? 0
    entry.head.push(sample.sourceTime, sample.status, sample.value, number)
    if (runs) runs[index] = number
    tags[index] = entry.id
    times[index] = sample.sourceTime
    statuses[index] = sample.status
    if (typeof sample.value === 'number') numbers[index] = sample.value
    else others.set(index, sample.value)
  }
  return { count, tags, times, statuses, numbers, others, runs }
}
