import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Edit, Entry, HistoryStore, Modified } from '../../../src/history/history-store.ts'
import { openDatabase } from '../../../src/sqlite/open-database.ts'
import { entriesOf, openIn, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

const author = { user: 'operator', at: 99 }
const everything = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
const [inserted, replaced, exists, noEntry] = [0x00a20000, 0x00a30000, 0x809f0000, 0x80a00000]
const noData = 0x809b0000

const entry = (time: number, value: number): Entry => ({ time, value, status: 0 })

describe('changing history', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let store: HistoryStore

  beforeEach(async () => {
    folder = await temporaryFolder()
    store = await openIn(folder.path)
  })

  afterEach(async () => {
    await store.close()
    await folder.remove()
  })

  const values = async (): Promise<unknown[]> => (await wholeOf(store, 'a')).map(({ time, value }) => [time, value])
  const changes = async (): Promise<readonly Modified[]> =>
    (await store.readModified({ tag: 'a', ...everything, limit: 1000 })).entries

  it('inserts where nothing is, and refuses where something is', async () => {
    await store.append([tagSample('a', 10, 1), tagSample('a', 30, 3)])
    const edit = {
      kind: 'insert',
      tag: 'a',
      entries: [entry(20, 2), entry(10, 9), entry(40, 4), entry(40, 5)],
    } as const
    expect((await store.modify(edit, author)).statuses).to.deep.equal([inserted, exists, inserted, exists])
    expect(await values()).to.deep.equal([
      ...[
        [10, 1],
        [20, 2],
        [30, 3],
        [40, 4],
      ],
    ])
    expect((await changes()).map(({ time, kind, user, at }) => [time, kind, user, at])).to.deep.equal([
      ...[
        [20, 'insert', 'operator', 99],
        [40, 'insert', 'operator', 99],
      ],
    ])
  })

  it('replaces and updates, and keeps what was there', async () => {
    await store.append([tagSample('a', 10, 1), tagSample('a', 10, 11, 0x40000000), tagSample('a', 30, 3)])
    const replace = { kind: 'replace', tag: 'a', entries: [entry(10, 100), entry(20, 200)] } as const
    expect((await store.modify(replace, author)).statuses).to.deep.equal([replaced, noEntry])
    const update = { kind: 'update', tag: 'a', entries: [entry(20, 2), entry(20, 22), entry(30, 33)] } as const
    expect((await store.modify(update, author)).statuses).to.deep.equal([inserted, replaced, replaced])
    expect(await values()).to.deep.equal([
      ...[
        [10, 100],
        [20, 22],
        [30, 33],
      ],
    ])
    expect((await changes()).map(({ time, kind, value, status }) => [time, kind, value, status])).to.deep.equal([
      ...[
        [10, 'replace', 1, 0],
        [10, 'replace', 11, 0x40000000],
        [20, 'insert', 2, 0],
        [20, 'update', 2, 0],
        [30, 'update', 3, 0],
      ],
    ])
  })

  it('deletes a range or single times, also after the tag was opened again', async () => {
    await store.append(Array.from({ length: 2000 }, (_, index) => tagSample('a', index, index)))
    expect((await store.modify({ kind: 'delete', tag: 'a', from: 100, to: 1900 }, author)).statuses).to.deep.equal([0])
    expect((await store.modify({ kind: 'delete', tag: 'a', times: [50, 1500, 1950] }, author)).statuses).to.deep.equal([
      0,
      noEntry,
      0,
    ])
    expect((await store.modify({ kind: 'delete', tag: 'a', from: 5000, to: 6000 }, author)).statuses).to.deep.equal([
      0x809b0000,
    ])
    expect((await values()).length).to.equal(198)
    await store.close()
    store = await openIn(folder.path)
    await store.append([tagSample('a', 3000, 1)])
    expect((await values()).length).to.equal(199)
    const page = await store.readModified({ tag: 'a', start: 1000, end: 1010, limit: 6 })
    expect(page.entries.map(({ value, kind }) => [value, kind])).to.deep.equal(
      [1000, 1001, 1002, 1003, 1004, 1005].map((value) => [value, 'delete']),
    )
    const rest = await store.readModified({ tag: 'a', start: 1000, end: 1010, limit: 6, after: page.next })
    expect([rest.entries.length, rest.next]).to.deep.equal([4, undefined])
    const back = await store.readModified({ tag: 'a', start: 1010, end: 1000, limit: 3 })
    expect(back.entries.map(({ value }) => value)).to.deep.equal([1010, 1009, 1008])
    expect((await store.readModified({ tag: 'nobody', ...everything, limit: 1 })).entries).to.deep.equal([])
  })

  it('makes a tag that did not exist', async () => {
    expect((await store.modify({ kind: 'insert', tag: 'a', entries: [entry(1, 1)] }, author)).statuses).to.deep.equal([
      inserted,
    ])
    expect(await values()).to.deep.equal([[1, 1]])
  })

  it('makes no tag for what can only change one that is there', async () => {
    expect((await store.modify({ kind: 'replace', tag: 'b', entries: [entry(1, 1)] }, author)).statuses).to.deep.equal([
      noEntry,
    ])
    expect((await store.modify({ kind: 'delete', tag: 'b', times: [1, 2] }, author)).statuses).to.deep.equal([
      noEntry,
      noEntry,
    ])
    const range = { tag: 'b', from: 0, to: 9 }
    expect((await store.modify({ kind: 'delete', ...range }, author)).statuses).to.deep.equal([noData])
    expect((await store.modify({ kind: 'deleteModified', ...range }, author)).statuses).to.deep.equal([noData])
    expect(store.health().tags).to.equal(0)
  })

  it('refuses what has no time or is too much, and changes nothing', async () => {
    await store.append(Array.from({ length: 50_001 }, (_, index) => tagSample('a', index, index)))
    const failure = (edit: Edit): Promise<unknown> =>
      store.modify(edit, author).then(
        () => 'none',
        (error: { code: string; status?: number }) => [error.code, error.status],
      )
    const tooMany = ['value-out-of-range', 0x80100000]
    const times = Array.from({ length: 50_001 }, (_, index) => index)
    expect(await failure({ kind: 'delete', tag: 'a', times })).to.deep.equal(tooMany)
    expect(await failure({ kind: 'update', tag: 'a', entries: times.map((time) => entry(time, 0)) })).to.deep.equal(
      tooMany,
    )
    expect(await failure({ kind: 'delete', tag: 'a', from: 0, to: 1e9 })).to.deep.equal(tooMany)
    expect(await failure({ kind: 'insert', tag: 'a', entries: [entry(-1, 1), entry(Number.NaN, 1)] })).to.deep.equal([
      'value-invalid',
      undefined,
    ])
    expect(await values()).to.have.length(50_001)
    expect(await changes()).to.deep.equal([])
    await store.append([tagSample('a', 60_000, 1)])
    expect((await store.modify({ kind: 'delete', tag: 'a', from: 1, to: 50_001 }, author)).statuses).to.deep.equal([0])
    expect(await values()).to.deep.equal([
      [0, 0],
      [60_000, 1],
    ])
  })

  it('tells the first of the samples that were there before', async () => {
    await store.append(Array.from({ length: 300 }, (_, index) => tagSample('a', index, index)))
    const { before } = await store.modify({ kind: 'delete', tag: 'a', from: 50, to: 250 }, author)
    expect(before).to.deep.equal(Array.from({ length: 100 }, (_, index) => entry(50 + index, 50 + index)))
    const insert = await store.modify({ kind: 'insert', tag: 'a', entries: [entry(50, 1)] }, author)
    expect(insert.before).to.deep.equal([])
    const range = { kind: 'deleteModified', tag: 'a', from: 248, to: 300 } as const
    expect(await store.modify(range, author)).to.deep.equal({
      statuses: [0],
      before: [entry(248, 248), entry(249, 249)],
    })
    expect(await store.modify(range, author)).to.deep.equal({ statuses: [noData], before: [] })
  })

  it('makes few chunks of many small changes, and leaves in memory what they do not reach', async () => {
    await store.append(Array.from({ length: 100 }, (_, index) => tagSample('a', 10_000 + index, index)))
    for (let time = 0; time < 600; time++) {
      await store.modify({ kind: 'insert', tag: 'a', entries: [entry((time * 7) % 600, time)] }, author)
    }
    expect(store.health().unsealed).to.equal(100)
    expect(await values()).to.have.length(700)
    await store.close()
    const database = await openDatabase({ file: join(folder.path, 'history.db') })
    const found = await database.all('SELECT isLate, n FROM chunk ORDER BY id')
    await database.close()
    expect(found).to.deep.equal([
      { isLate: 1, n: 512 },
      { isLate: 1, n: 88 },
    ])
    store = await openIn(folder.path)
    expect((await values()).map((row) => (row as number[])[0])).to.deep.equal([
      ...Array.from({ length: 600 }, (_, time) => time),
      ...Array.from({ length: 100 }, (_, index) => 10_000 + index),
    ])
  })

  it('shows a long read each sample that was there all the time once, whatever is changed meanwhile', async () => {
    for (let from = 0; from < 40_000; from += 4000) {
      await store.append(Array.from({ length: 4000 }, (_, index) => tagSample('a', from + index, index)))
    }
    const late = Array.from({ length: 300 }, (_, index) => entry(20_000.5 + index * 10, -1))
    await store.modify({ kind: 'insert', tag: 'a', entries: late }, author)
    for (const [start, end] of [
      [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ] as const) {
      const reading = store.readPage({ tag: 'a', start, end, limit: 1e6 })
      await store.modify({ kind: 'insert', tag: 'a', entries: [entry(0.25, 7), entry(39_000.25, 7)] }, author)
      await store.modify({ kind: 'delete', tag: 'a', times: [0.25, 39_000.25] }, author)
      const times = entriesOf((await reading).samples).map(({ time }) => time)
      const others = times.filter((time) => time !== 0.25 && time !== 39_000.25)
      expect(others).to.have.length(40_300)
      expect(new Set(times).size).to.equal(times.length)
      expect(times).to.deep.equal([...times].sort((a, b) => (start < end ? a - b : b - a)))
    }
  })

  it('agrees with plain lists over random changes between appends', async () => {
    const change = fc.record({
      kind: fc.constantFrom('insert', 'replace', 'update', 'delete', 'range', 'append'),
      times: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 }),
    })
    let number = 0
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 14 }), async (steps) => {
        const tag = `tag${number++}`
        let model: Entry[] = []
        let value = 0
        const put = (time: number): void => {
          model.push(entry(time, value++))
          model.sort((a, b) => a.time - b.time)
        }
        for (const { kind, times } of steps) {
          const entries = times.map((time, index) => entry(time, value + index))
          if (kind === 'append') await store.append(entries.map((each) => tagSample(tag, each.time, each.value)))
          else if (kind === 'delete') await store.modify({ kind, tag, times }, author)
          else if (kind === 'range') {
            const [from, to] = [Math.min(...times), Math.max(...times)]
            await store.modify({ kind: 'delete', tag, from, to }, author)
            model = model.filter(({ time }) => time < from || (from === to ? time > to : time >= to))
            continue
          } else await store.modify({ kind, tag, entries }, author)
          for (const time of times) {
            const is = model.some((each) => each.time === time)
            if (kind === 'delete' || (kind !== 'append' && kind !== 'insert' && is)) {
              model = model.filter((each) => each.time !== time)
            }
            if (kind === 'append' || (kind === 'insert' && !is) || kind === 'update' || (kind === 'replace' && is))
              put(time)
            else value++
          }
        }
        expect(await wholeOf(store, tag)).to.deep.equal(model)
        const { samples } = await store.readPage({ tag, start: 100, end: 300, limit: 1e6 })
        expect(entriesOf(samples)).to.deep.equal(model.filter(({ time }) => time >= 100 && time < 300))
      }),
      { numRuns: 30 },
    )
  })
})
