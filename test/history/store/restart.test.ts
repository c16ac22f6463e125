import { createHash } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { type AggregateName, aggregateIds, defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import { readProcessed } from '../../../src/history/aggregate/processed.ts'
import type { HistoryStore } from '../../../src/history/history-store.ts'
import { readAtTime } from '../../../src/history/read/at-time.ts'
import type { Value } from '../../../src/model/value.ts'
import { entriesOf, openIn, readAll, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

const span = 24_000
const numeric = ['steady', 'late', 'slow']
const others = ['text', 'mixed']
const author = { user: 'anna', at: 5 }

/** Chunks, late chunks, open chunks and samples in memory alone; Bad and Uncertain ones; every kind of change. */
async function fill(store: HistoryStore): Promise<void> {
  let state = 7
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const texts: readonly Value[] = ['open', 'closed', 'moving', null]
  const mixed: readonly Value[] = [1, true, 2n ** 60n, 'x', [1.5, 2], new Date(7), Uint8Array.of(1, 2), null, -0]
  for (let from = 0; from < span; from += 1000) {
    const samples = Array.from({ length: 250 }, (_, index) => {
      const time = from + index * 4
      const status = random() < 0.05 ? 0x80000000 : random() < 0.05 ? 0x40a40000 : 0
      const late = random() < 0.1 ? time - Math.floor(random() * 3000) : time
      return [
        tagSample('steady', time, Math.round(random() * 100) / 10, status),
        tagSample('late', late, random(), status),
        tagSample('text', time, texts[Math.floor(random() * texts.length)] ?? null, status),
        tagSample('mixed', time, mixed[Math.floor(random() * mixed.length)] ?? null, 0),
      ]
    }).flat()
    await store.append([...samples, tagSample('slow', from, from)])
  }
  const change = { time: 2000, status: 0, value: 999 }
  await store.modify({ kind: 'replace', tag: 'steady', entries: [change, { ...change, time: 2004 }] }, author)
  await store.modify({ kind: 'insert', tag: 'late', entries: [{ ...change, time: 1.25 }] }, author)
  await store.modify({ kind: 'update', tag: 'steady', entries: [{ ...change, time: 3001 }] }, author)
  await store.modify({ kind: 'delete', tag: 'steady', from: 8000, to: 8100 }, author)
  await store.modify({ kind: 'delete', tag: 'text', times: [400, 404] }, author)
  await store.append(numeric.map((tag) => tagSample(tag, span + 1, 1)))
}

/** Everything that a client could read, as one hash. */
async function hashOf(store: HistoryStore): Promise<string> {
  const hash = createHash('sha256')
  const add = (what: unknown): void => {
    hash.update(JSON.stringify(what, (_, value) => (typeof value === 'bigint' || value === 0 ? bitsOf(value) : value)))
  }
  for (const tag of [...numeric, ...others]) {
    add(await wholeOf(store, tag))
    add(await readAll(store, { tag, start: span, end: 0, isEndIncluded: true, limit: 333 }))
    add(entriesOf((await store.readPage({ tag, start: 1999, end: 2500, limit: 50 })).samples))
    add(await store.readModified({ tag, start: 0, end: span, limit: 1000 }))
    add(await store.summaries(tag, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).then(totalOf))
    const times = Array.from({ length: 150 }, (_, index) => index * 271.5 - 300)
    for (const useSimpleBounds of [false, true]) {
      add(await readAtTime(store, { tag, times, useSimpleBounds, configuration: defaultConfiguration }))
    }
  }
  for (const tag of numeric) {
    for (const aggregate of Object.keys(aggregateIds) as AggregateName[]) {
      for (const [start, end] of [
        [-500, span + 500],
        [span + 500, -500],
      ] as const) {
        const request = { tag, start, end, interval: 1777, aggregate, configuration: defaultConfiguration }
        add(await readProcessed(store, request))
      }
    }
  }
  return hash.digest('hex')
}

/** What JSON does not tell apart: numbers of different types, and the sign of 0. */
function bitsOf(value: bigint | number): string {
  return `${Object.is(value, -0) ? '-0' : value} ${typeof value}`
}

/** Where chunks begin and end may differ; what they add up to may not. */
function totalOf(summaries: Awaited<ReturnType<HistoryStore['summaries']>>): unknown {
  const sum = (of: (each: (typeof summaries)[number]) => number): number =>
    summaries.reduce((total, each) => total + of(each), 0)
  return [sum(({ count }) => count), sum(({ good }) => good), Math.round(sum((each) => each.sum) * 1e6)]
}

describe('a history that is opened again', () => {
  for (const adapter of ['sqlite3', 'node:sqlite'] as const) {
    it(`gives the same raw, modified, at-time and processed values, bit by bit, through ${adapter}`, async function () {
      this.timeout(60_000)
      const [folder, copy] = [await temporaryFolder(), await temporaryFolder()]
      // Tight limits leave open chunks behind.
      const options = { adapter, journal: { unsealedMax: 500, rowsMax: 8 } }
      let store = await openIn(folder.path, options)
      await fill(store)
      const before = await hashOf(store)
      // What a process that is killed leaves: the file and its log as they are.
      for (const name of ['history.db', 'history.db-wal']) {
        await copyFile(join(folder.path, name), join(copy.path, name))
      }
      await store.close()
      store = await openIn(folder.path, options)
      expect(await hashOf(store)).to.equal(before)
      await store.append([tagSample('other', 1, 1)])
      await store.close()
      store = await openIn(folder.path)
      expect(await hashOf(store)).to.equal(before)
      await store.close()
      const left = await openIn(copy.path, options)
      expect(await hashOf(left)).to.equal(before)
      await left.close()
      await folder.remove()
      await copy.remove()
    })
  }
})
