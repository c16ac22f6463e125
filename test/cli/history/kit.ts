import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HistoryStore } from '../../../src/history/history-store.ts'
import { openHistory } from '../../../src/history/store/sqlite-history.ts'

/** A plant folder with a history that is open for writing, as in a plant that runs. */
export interface KeptPlant {
  readonly folder: string
  readonly data: string
  readonly store: HistoryStore
  /** Closes the history, as a plant does that ends. */
  end(): Promise<void>
  /** Ends and removes everything. */
  remove(): Promise<void>
}

/** Makes a plant folder with an empty history. */
export async function keptPlant(): Promise<KeptPlant> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-kept-'))
  const data = join(folder, 'data')
  const { store } = await openHistory({ file: join(data, 'history.db'), clock: { now: () => 0 } })
  let ended: Promise<void> | undefined
  const end = (): Promise<void> => {
    ended ??= store.close()
    return ended
  }
  const remove = async (): Promise<void> => {
    await end()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, data, store, end, remove }
}
