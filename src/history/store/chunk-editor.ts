import type { Value } from '../../model/value.ts'
import type { SqlStatements } from '../../sqlite/driver.ts'
import type { Entry } from '../history-store.ts'
import { entryAt, firstAt, noSamples, pick, type Samples, valueColumn } from '../samples.ts'
import { samplesOf } from './chunk-reader.ts'
import { firstAfter } from './merge.ts'
import { columnsOf } from './sealing.ts'

interface Edited {
  readonly id: number
  samples: Samples
  isChanged: boolean
}

/** Changes samples inside the chunks of one tag, all of them sealed; {@link ChunkEditor.write} writes what has changed. */
export class ChunkEditor {
  readonly #sql: SqlStatements
  readonly #tag: number
  readonly #onCorrupt: (chunk: number) => void
  readonly #chunks = new Map<number, Edited>()

  constructor(sql: SqlStatements, tag: number, onCorrupt: (chunk: number) => void) {
    this.#sql = sql
    this.#tag = tag
    this.#onCorrupt = onCorrupt
  }

  /** Tells whether there is a sample of exactly this time. */
  async has(time: number): Promise<boolean> {
    const chunks = await this.#covering(time, time)
    return chunks.some(({ samples }) => samples.times[firstAt(samples, time)] === time)
  }

  /** Puts one sample in the place of all samples of its time, and tells those. */
  async replace(entry: Entry): Promise<Entry[]> {
    const [first] = (await this.#covering(entry.time, entry.time)).filter(
      ({ samples }) => samples.times[firstAt(samples, entry.time)] === entry.time,
    )
    if (!first) return []
    const at = firstAt(first.samples, entry.time)
    const old = entryAt(first.samples, at)
    const others = await this.remove(entry.time, entry.time, true, { chunk: first.id, index: at })
    first.samples = withEntry(first.samples, at, entry)
    first.isChanged = true
    return [old, ...others]
  }

  /** Takes samples out, and tells them; the one at `except` stays. */
  async remove(
    from: number,
    to: number,
    isEndIncluded = true,
    except?: { readonly chunk: number; readonly index: number },
  ): Promise<Entry[]> {
    const gone: Entry[] = []
    for (const chunk of await this.#covering(from, to)) {
      const { samples } = chunk
      const [first, end] = [firstAt(samples, from), isEndIncluded ? firstAfter(samples, to) : firstAt(samples, to)]
      const stays = (index: number): boolean =>
        index < first || index >= end || (except?.chunk === chunk.id && except.index === index)
      const kept = Array.from({ length: samples.count }, (_, index) => index).filter(stays)
      if (kept.length === samples.count) continue
      for (let index = first; index < end; index++) if (!stays(index)) gone.push(entryAt(samples, index))
      chunk.samples = pick(samples, kept)
      chunk.isChanged = true
    }
    return gone.sort((a, b) => a.time - b.time)
  }

  async write(): Promise<void> {
    for (const { id, samples, isChanged } of this.#chunks.values()) {
      if (!isChanged) continue
      if (samples.count === 0) await this.#sql.run('DELETE FROM chunk WHERE id = ?', [id])
      else {
        await this.#sql.run(
          `UPDATE chunk SET t0 = ?, t1 = ?, n = ?, good = ?, sum = ?, min = ?, max = ?, blob = ?, firstRun = ?, lastRun = ?
           WHERE id = ?`,
          [...columnsOf(samples), id],
        )
      }
    }
  }

  /** The chunks that reach into a range, as they are after the changes so far; equal times are in order of the chunks' ids. */
  async #covering(from: number, to: number): Promise<Edited[]> {
    const rows = await this.#sql.all<{ id: number }>(
      `SELECT id FROM chunk WHERE tag = ? AND isOpen = 0 AND isLate IN (0, 1) AND t1 >= ? AND t0 <= ? ORDER BY id`,
      [this.#tag, from, to],
    )
    const chunks: Edited[] = []
    for (const { id } of rows) chunks.push(this.#chunks.get(id) ?? (await this.#load(id)))
    return chunks
  }

  async #load(id: number): Promise<Edited> {
    const row = await this.#sql.get<{ id: number; t0: number; t1: number; n: number; blob: Uint8Array }>(
      'SELECT id, t0, t1, n, blob FROM chunk WHERE id = ?',
      [id],
    )
    const samples = row ? samplesOf(row, this.#onCorrupt) : undefined
    const chunk: Edited = { id, samples: samples ?? noSamples, isChanged: false }
    this.#chunks.set(id, chunk)
    return chunk
  }
}

/** What somebody has entered, no run has produced. */
function withEntry({ count, times, statuses, values, runs }: Samples, index: number, entry: Entry): Samples {
  const changed = Array.from<Value>(values)
  changed[index] = entry.value
  return {
    ...{ count, times, statuses: statuses.with(index, entry.status), values: valueColumn(changed) },
    runs: runs?.with(index, 0),
  }
}
