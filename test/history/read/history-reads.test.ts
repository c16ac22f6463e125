import { join } from 'node:path'
import { expect } from 'chai'
import { defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import { HistoryReads } from '../../../src/history/read/history-reads.ts'
import type { Reading } from '../../../src/history/read/reading.ts'
import { type OpenedHistory, openHistory } from '../../../src/history/store/sqlite-history.ts'
import { codeOf } from '../../sqlite/scratch.ts'
import { tagSample, temporaryFolder } from '../kit.ts'

const seconds = 50_000
const configuration = defaultConfiguration

function raw(start: number, end: number, limit = 10_000): Reading {
  return { kind: 'raw', request: { tag: 'a', start: start * 1000, end: end * 1000, limit } }
}

function average(end: number, interval: number): Reading {
  const request = { tag: 'a', start: 0, end: end * 1000, interval: interval * 1000, configuration }
  return { kind: 'processed', request: { ...request, aggregate: 'Average' } }
}

function atTimes(count: number, step: number): Reading {
  const times = Array.from({ length: count }, (_, index) => index * step * 1000)
  return { kind: 'atTime', request: { tag: 'a', times, useSimpleBounds: false, configuration } }
}

describe('reads of history', function () {
  this.timeout(30_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let opened: OpenedHistory
  let reads: HistoryReads

  before(async () => {
    folder = await temporaryFolder()
    opened = await openHistory({ file: join(folder.path, 'history.db'), clock: { now: () => 0 } })
    for (let from = 0; from < seconds; from += 10_000) {
      const batch = Array.from({ length: 10_000 }, (_, index) => tagSample('a', (from + index) * 1000, from + index))
      await opened.store.append(batch)
    }
    const texts = Array.from({ length: 1000 }, (_, index) => tagSample('texts', index, String(index).padEnd(2000)))
    await opened.store.append(texts)
    reads = new HistoryReads()
  })
  after(async () => {
    await reads.close()
    await opened.store.close()
    await folder.remove()
  })

  /** The code that each is refused with once there is no thread any more; undefined for what needs none. */
  async function withoutThread(readings: Readonly<Record<string, Reading>>): Promise<Record<string, unknown>> {
    const closed = new HistoryReads()
    await closed.close()
    const found: Record<string, unknown> = {}
    for (const [name, reading] of Object.entries(readings)) {
      found[name] = await closed.read(opened.source, reading).then(
        () => undefined,
        ({ code }: { readonly code: string }) => code,
      )
    }
    return found
  }

  it('are done at once where they are asked when a few chunks hold them', async () => {
    const short = {
      trend: raw(100, 400),
      'a whole page of numbers': raw(20_000, seconds),
      'the last one': raw(seconds, 0, 1),
      'an hour in minutes': average(3600, 60),
      'a few times': atTimes(10, 5000),
      'many times near each other': atTimes(200, 1),
    }
    const here = Object.fromEntries(Object.keys(short).map((name) => [name, undefined]))
    expect(await withoutThread(short)).to.deep.equal(here)
  })

  it('are left to the thread when they need more, or when more is to be computed', async () => {
    const long = {
      'everything averaged': average(seconds, 600),
      'very many intervals of a few samples': average(600, 0.5),
      'times far apart': atTimes(90, 500),
      'very many times': atTimes(1000, 1),
      'long texts': { kind: 'raw', request: { tag: 'texts', start: 0, end: 1e6, limit: 1000 } } as const,
    }
    const refused = Object.fromEntries(Object.keys(long).map((name) => [name, 'database-closed']))
    expect(await withoutThread(long)).to.deep.equal(refused)
    for (const reading of Object.values(long))
      expect(await codeOf(reads.read(opened.source, reading))).to.equal(undefined)
  })
})
