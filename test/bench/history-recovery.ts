import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openHistory } from '../../src/history/store/sqlite-history.ts'
import { Load } from './history-load.ts'
import { median, type Row, row } from './report.ts'

/** A journal that is full when its process ends: so many tags, each with so many values. */
export interface RecoveryCase {
  readonly folder: string
  readonly tags: number
  readonly perTag: number
  readonly repetitions: number
}

/** What opening it again has shown. */
export interface RecoveryResult {
  readonly rows: readonly Row[]
  readonly values: number
  readonly ms: number
}

const batchSize = 10_000
const clock = { now: () => Date.now() }

/** Opens a history again of which nothing is in chunks yet; the *limit* is reading the bytes of its file. */
export async function measureRecovery({ folder, tags, perTag, repetitions }: RecoveryCase): Promise<RecoveryResult> {
  const file = join(folder, 'recovery.db')
  await fill(file, tags, perTag)
  const times: { readonly ours: number[]; readonly limit: number[] } = { ours: [], limit: [] }
  let values = 0
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const start = performance.now()
    await readFile(file)
    times.limit.push(performance.now() - start)
    const opening = performance.now()
    const { store } = await openHistory({ file, clock })
    times.ours.push(performance.now() - opening)
    values = store.health().unsealed
    await store.close()
  }
  const ms = median(times.ours)
  const name = `opening again, ${values} values of ${tags} tags in the journal`
  return { rows: [row(name, 'ms', ms, { limit: median(times.limit) })], values, ms }
}

async function fill(file: string, tags: number, perTag: number): Promise<void> {
  const { store } = await openHistory({ file, clock, synchronous: 'NORMAL' })
  const load = new Load(tags)
  for (let done = 0; done < tags * perTag; done += batchSize) await store.append(load.batch(batchSize))
  await store.close()
}
