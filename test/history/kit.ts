import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoredEvent } from '../../src/history/events/event-store.ts'
import type { Entry, HistoryStore, PageRequest } from '../../src/history/history-store.ts'
import { entryAt, type Samples } from '../../src/history/samples.ts'
import { type OpenHistoryOptions, openHistory } from '../../src/history/store/sqlite-history.ts'
import type { RunOrigin } from '../../src/model/run.ts'
import type { TagSample } from '../../src/model/sample.ts'
import type { Value } from '../../src/model/value.ts'

/** A folder of its own for one test, removed by `remove`. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-history-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Opens a history in a folder. */
export async function openIn(folder: string, options: Partial<OpenHistoryOptions> = {}): Promise<HistoryStore> {
  const { store } = await openHistory({ file: join(folder, 'history.db'), clock: { now: () => 0 }, ...options })
  return store
}

/** Five events that belong together, three of them of one time. */
export function eventsOfBatch(batch: number): StoredEvent[] {
  return [0, 1, 1, 1, 2].map((step, index) => ({
    ...{ eventId: `${batch}-${index}`, time: batch * 10 + step, type: { uri: 'urn:x', id: 'i=1' }, severity: 1 },
    ...{ notifier: `pipe/${index % 2}`, equipment: 'A', namespaces: ['urn:x'], fields: { batch } },
  }))
}

/** A sample of a tag. */
export function tagSample(tag: string, sourceTime: number, value: Value, status = 0): TagSample {
  return { tag, sample: { value, status, sourceTime } }
}

/** A run of a pipeline. */
export function runOrigin(runId: string, pipeline = 'mix'): RunOrigin {
  return { runId, pipeline, version: 2, initiator: 'ada', startedAt: 1000 }
}

/** A sample that a run has computed. */
export function computed(run: RunOrigin, tag: string, sourceTime: number, value: Value): TagSample {
  return { ...tagSample(tag, sourceTime, value), run }
}

/** The ids of the runs of all samples of a tag, in their order; a number without a run stands for itself. */
export async function runIdsOf(store: HistoryStore, tag: string): Promise<(string | number | undefined)[]> {
  const idByNumber = new Map<number, string | undefined>()
  const ids: (string | number | undefined)[] = []
  for (const { run } of await wholeOf(store, tag)) {
    if (run !== undefined && !idByNumber.has(run)) idByNumber.set(run, (await store.run(run))?.runId)
    ids.push(run && (idByNumber.get(run) ?? run))
  }
  return ids
}

/** Columns as rows. */
export function entriesOf(samples: Samples): Entry[] {
  return Array.from({ length: samples.count }, (_, index) => entryAt(samples, index))
}

/** All samples of a request, a page after the other. */
export async function readAll(store: Pick<HistoryStore, 'readPage'>, request: PageRequest): Promise<Entry[]> {
  const entries: Entry[] = []
  let after = request.after
  do {
    const page = await store.readPage({ ...request, after })
    entries.push(...entriesOf(page.samples))
    after = page.next
  } while (after)
  return entries
}

/** All samples of a tag. */
export function wholeOf(store: Pick<HistoryStore, 'readPage'>, tag: string): Promise<Entry[]> {
  return readAll(store, { tag, start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, limit: 10_000 })
}
