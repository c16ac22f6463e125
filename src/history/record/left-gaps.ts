import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { TagSample } from '../../model/sample.ts'
import { HistoryStatus } from '../history-status.ts'

/** Samples of one tag that were lost, as a row of the file. */
type Row = readonly [tag: string, from: number, count: number]

/**
 * Gaps that could not be written into the history before the program ended, in a small file beside it, until a history can
 * be written again: what was lost at the end is told as any other loss.
 */
export class LeftGaps {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** Adds gaps to those that are left already. It rejects when the file cannot be written. */
  async add(markers: readonly TagSample[]): Promise<void> {
    const byTag = new Map<string, Row>()
    const own = markers.map(({ tag, sample }): Row => [tag, sample.sourceTime, Number(sample.value)])
    for (const [tag, from, count] of [...(await this.#read()), ...own]) {
      const [, first, before] = byTag.get(tag) ?? [tag, from, 0]
      byTag.set(tag, [tag, Math.min(first, from), before + count])
    }
    const draft = `${this.#file}.part`
    await writeFile(draft, JSON.stringify([...byTag.values()]), { flush: true })
    await rename(draft, this.#file)
  }

  /** Gives the gaps that are left to somebody who makes them durable; they are forgotten when that has been done. */
  async handOver(keep: (markers: readonly TagSample[]) => Promise<void>): Promise<void> {
    const rows = await this.#read()
    if (rows.length === 0) return
    await keep(
      rows.map(([tag, sourceTime, value]) => ({
        tag,
        sample: { value, status: HistoryStatus.BadDataLost, sourceTime },
      })),
    )
    await rm(this.#file, { force: true })
  }

  /** What is no list of gaps is passed over: nobody but this program writes the file. */
  async #read(): Promise<readonly Row[]> {
    try {
      const rows: unknown = JSON.parse(await readFile(this.#file, 'utf8'))
      return Array.isArray(rows) ? rows.filter(isRow) : []
    } catch {
      return []
    }
  }
}

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row)) return false
  const [tag, from, count]: readonly unknown[] = row
  return typeof tag === 'string' && Number.isFinite(from) && Number.isInteger(count)
}
