import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import { HistoryStatus } from '../../../src/history/history-status.ts'
import type { Reading } from '../../../src/history/read/reading.ts'
import type { Corruption } from '../../../src/history/store/around.ts'
import { type OpenedHistory, openHistory } from '../../../src/history/store/sqlite-history.ts'
import type { ReadSource } from '../../../src/history/store/stored-reads.ts'
import { ThreadReads } from '../../../src/history/thread/thread-reads.ts'
import type { MillraceError } from '../../../src/model/errors.ts'
import { Status } from '../../../src/model/status.ts'
import { codeOf } from '../../sqlite/scratch.ts'
import { entriesOf, tagSample, temporaryFolder } from '../kit.ts'

const everything = { start: 0, end: Number.POSITIVE_INFINITY, limit: 1e6 }

function rawOf(tag: string): Reading {
  return { kind: 'raw', request: { tag, ...everything } }
}

/** How many seconds of 1 Hz tag `a` has. */
const seconds = 20_000
const averages: Reading = {
  kind: 'processed',
  request: {
    ...{ tag: 'a', start: 0, end: seconds * 1000, interval: 10_000 },
    ...{ aggregate: 'TimeAverage', configuration: defaultConfiguration },
  },
}

describe('the thread of long reads', function () {
  this.timeout(60_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let opened: OpenedHistory
  let thread: ThreadReads
  let ended: MillraceError[]
  let damage: Corruption[]

  beforeEach(async () => {
    folder = await temporaryFolder()
    ended = []
    damage = []
    opened = await openHistory({
      ...{ file: join(folder.path, 'history.db'), clock: { now: () => 0 } },
      onCorruption: (each) => damage.push(each),
    })
    thread = new ThreadReads({ onEnded: (reason) => ended.push(reason) })
    await opened.store.append(Array.from({ length: seconds }, (_, second) => tagSample('a', second * 1000, second)))
  })
  afterEach(async () => {
    await thread.close()
    await opened.store.close()
    await folder.remove()
  })

  /** The source, held up at each statement until it is let go. */
  function held(): { readonly source: ReadSource; readonly asked: Promise<void>; letGo(): void } {
    const [gate, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const reader: ReadSource['reader'] = async () => {
      reached.resolve()
      await gate.promise
      return opened.source.reader()
    }
    return { source: { ...opened.source, reader }, asked: reached.promise, letGo: gate.resolve }
  }

  /** Fills the memory of a thread that has little: sixty megabytes of texts, asked for at once. */
  async function withTexts(): Promise<Reading> {
    thread = new ThreadReads({ memoryMiB: 48, onEnded: (reason) => ended.push(reason) })
    for (let from = 0; from < 3000; from += 500) {
      const texts = Array.from({ length: 500 }, (_, index) => `${from + index} `.padEnd(20_000, 'x'))
      await opened.store.append(texts.map((text, index) => tagSample('texts', from + index, text)))
    }
    return rawOf('texts')
  }

  it('sees everything that was acknowledged before, exactly once and in order, while it is written', async () => {
    let [written, isDone] = [0, false]
    const writing = (async () => {
      while (!isDone) {
        const batch = Array.from({ length: 250 }, (_, index) => tagSample('b', written + index, written + index))
        await opened.store.append(batch)
        written += batch.length
      }
    })()
    for (let turn = 0; turn < 40; turn++) {
      const before = written
      const { samples } = await thread.read(opened.source, rawOf('b'))
      expect(samples.count).to.be.at.least(before)
      expect(Array.from(samples.values)).to.deep.equal(Array.from({ length: samples.count }, (_, index) => index))
    }
    isDone = true
    await writing
    expect(written).to.be.greaterThan(0)
  })

  it('rejects with what the reading rejects with', async () => {
    const none = { ...averages.request, end: 0 } as never
    expect(await codeOf(thread.read(opened.source, { kind: 'processed', request: none }))).to.equal('value-invalid')
    const { samples } = await thread.read(opened.source, averages)
    expect(samples.count).to.equal(seconds / 10)
  })

  it('rejects with what the database rejects with, and goes on with the next one', async () => {
    const other = await openHistory({ file: join(folder.path, 'other.db'), clock: { now: () => 0 } })
    await other.store.append([tagSample('a', 1, 1)])
    const { source } = other
    await other.store.close()
    expect(await codeOf(thread.read(source, rawOf('a')))).to.equal('database-closed')
    expect((await thread.read(opened.source, rawOf('a'))).samples.count).to.equal(seconds)
    expect(ended).to.deep.equal([])
  })

  it('tells of a damaged chunk once, and reads it as lost', async () => {
    const [first] = await opened.driver.all<{ id: number; n: number }>('SELECT id, n FROM chunk ORDER BY id LIMIT 1')
    await opened.driver.run(`UPDATE chunk SET blob = CAST('damaged' AS BLOB) WHERE id = ?`, [first!.id])
    for (let turn = 0; turn < 2; turn++) {
      const { samples } = await thread.read(opened.source, rawOf('a'))
      const [lost, ...others] = entriesOf(samples)
      expect(lost).to.include({ value: first!.n, status: HistoryStatus.BadDataLost })
      expect(others.length).to.equal(seconds - first!.n)
    }
    expect(damage).to.deep.equal([{ kind: 'chunk', chunk: first!.id }])
  })

  it('fails only the read that uses up its memory, and is started again', async () => {
    const texts = await withTexts()
    const others = Array.from({ length: 4 }, () => thread.read(opened.source, averages, { by: {} }))
    const error = await thread.read(opened.source, texts).catch((each: MillraceError) => each)
    expect(error).to.include({ code: 'history-thread-ended', status: Status.BadOutOfMemory })
    for (const { samples } of await Promise.all(others)) expect(samples.count).to.equal(seconds / 10)
    expect(await codeOf(thread.read(opened.source, texts))).to.equal('history-thread-ended')
    expect((await thread.read(opened.source, averages)).samples.count).to.equal(seconds / 10)
    expect(ended.length).to.be.at.least(2)
  })

  it('reads long texts page after page, as long as the pages are asked to be short', async () => {
    const { request } = await withTexts()
    const found: unknown[] = []
    let after: never | undefined
    do {
      const reading = { kind: 'raw', request: { ...request, bytesMax: 1_000_000, after } } as Reading
      const page = await thread.read(opened.source, reading)
      expect(page.samples.count).to.be.within(1, 50)
      found.push(...page.samples.times)
      after = page.next as never
    } while (after)
    expect(found).to.deep.equal(Array.from({ length: 3000 }, (_, index) => index))
    expect(ended).to.deep.equal([])
  })

  it('lets clients take turns: who asks for one is not behind all that another has asked for', async () => {
    const [anna, ben] = [{}, {}]
    const order: string[] = []
    const { source, asked, letGo } = held()
    const read = (by: object, name: string, from: ReadSource) =>
      thread.read(from, averages, { by }).then(() => order.push(name))
    const waiting = Array.from({ length: 12 }, (_, index) => read(anna, `anna ${index + 1}`, source))
    await asked
    await read(ben, 'ben', opened.source)
    letGo()
    await Promise.all(waiting)
    expect(order[0]).to.equal('ben')
    expect(order.length).to.equal(13)
  })

  it('refuses what one client asks for beyond a hundred, and nothing of others', async () => {
    const { source, letGo } = held()
    const by = {}
    const reads = Array.from({ length: 103 }, () => thread.read(source, averages, { by }))
    const last = await reads.at(-1)?.catch((error: MillraceError) => error)
    expect(last).to.include({ code: 'history-busy', status: Status.BadTooManyOperations })
    await thread.read(opened.source, averages, { by: {} })
    letGo()
    await Promise.all(reads.slice(0, 102))
  })

  it('gives up what a client has asked for that goes, under way or not', async () => {
    const closing = new AbortController()
    const asker = { by: {}, signal: closing.signal }
    const { source, asked, letGo } = held()
    const reads = Array.from({ length: 10 }, () => thread.read(source, averages, asker))
    await asked
    closing.abort()
    expect(await Promise.all(reads.map(codeOf))).to.deep.equal(new Array(10).fill('cancelled'))
    expect(await codeOf(thread.read(opened.source, averages, asker))).to.equal('cancelled')
    letGo()
    expect((await thread.read(opened.source, averages)).samples.count).to.equal(seconds / 10)
  })

  it('rejects what waits when it is closed, and everything after', async () => {
    const { source, asked, letGo } = held()
    const reads = Array.from({ length: 10 }, () => thread.read(source, averages))
    await asked
    const closed = thread.close()
    expect(await Promise.all(reads.map(codeOf))).to.deep.equal(new Array(10).fill('database-closed'))
    await closed
    letGo()
    expect(await codeOf(thread.read(opened.source, averages))).to.equal('database-closed')
  })

  it('keeps no process alive that has nothing more to do', async () => {
    const file = join(folder.path, 'history.db')
    await opened.store.close()
    const child = join(import.meta.dirname, 'idle-child.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [child, file])
    expect(stdout).to.equal('10000\n')
  })
})
