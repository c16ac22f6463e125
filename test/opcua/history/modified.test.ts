import { expect } from 'chai'
import fc from 'fast-check'
import type { Client } from '../bench.ts'
import { at, epoch, type HistoryBench, samplesOf, startHistoryBench } from './history-bench.ts'
import { historyRead, rawDetails } from './reading.ts'
import { type Change, changesOf } from './updating.ts'

describe('HistoryRead of modified values (Part 11 §6.5.3.3)', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let client: Client
  let volume: string
  let label: string

  before(async () => {
    bench = await startHistoryBench()
    await bench.store.append(
      samplesOf(
        'fill.volume',
        [0, 1, 2, 3, 4].map((time) => [time, time]),
      ),
    )
    const ms = (time: number): number => epoch + time * 1000
    const entry = (time: number, value: number) => ({ time: ms(time), value, status: 0 })
    let made = 0
    const modify = (edit: object, user: string) =>
      bench.store.modify({ tag: 'fill.volume', ...edit } as never, { user, at: epoch + made++ })
    // Several changes at one time, in all kinds; a replaced time had two samples.
    await bench.store.append(samplesOf('fill.volume', [[2, 2.5]]))
    await modify({ kind: 'replace', entries: [entry(2, 20)] }, 'anna')
    await modify({ kind: 'update', entries: [entry(2, 21), entry(2, 22), entry(7, 7)] }, 'bert')
    await modify({ kind: 'delete', times: [ms(2), ms(4)] }, 'anna')
    await modify({ kind: 'insert', entries: [entry(2, 23), entry(4, 40)] }, 'cleo')
    await modify({ kind: 'delete', from: ms(1), to: ms(3) }, 'bert')
    client = await bench.connect()
    volume = client.id('pipe/fill.Outputs.volume')
    label = client.id('pipe/fill.Outputs.label')
  })
  after(() => bench.stop())

  const rowsOf = (changes: readonly Change[]): unknown[] =>
    changes.map(({ time, value, user, kind }) => [(time - epoch) / 1000, value, user, kind])

  it('tells what was there, who changed it and how, in order of time and of the changes', async () => {
    expect(rowsOf((await changesOf(client.session, volume)).flat())).to.deep.equal([
      [1, 1, 'bert', 4],
      [2, 2, 'anna', 2],
      [2, 2.5, 'anna', 2],
      [2, 20, 'bert', 3],
      [2, 21, 'bert', 3],
      [2, 22, 'anna', 4],
      [2, 23, 'cleo', 1],
      [2, 23, 'bert', 4],
      [4, 4, 'anna', 4],
      [4, 40, 'cleo', 1],
      [7, 7, 'bert', 1],
    ])
  })

  it('is in the opposite order backwards, and the samples of one moment when start and end are the same', async () => {
    const forward = (await changesOf(client.session, volume)).flat()
    const backward = (await changesOf(client.session, volume, { start: at(1e6), end: at(-1e6) })).flat()
    expect(backward).to.deep.equal([...forward].reverse())
    const moment = (await changesOf(client.session, volume, { start: at(2), end: at(2) })).flat()
    expect(moment).to.deep.equal(forward.filter(({ time }) => time === at(2).getTime()))
  })

  it('neither loses nor repeats a change at equal times, whatever the page, the direction and the range', async () => {
    const time = fc.integer({ min: 0, max: 8 })
    const cases = fc.record({ count: fc.integer({ min: 1, max: 5 }), start: time, end: time })
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, start, end }) => {
        const range = { start: at(start), end: at(end) }
        const pages = await changesOf(client.session, volume, { ...range, count })
        const [whole, ...more] = await changesOf(client.session, volume, range)
        expect(more).to.deep.equal([])
        expect(pages.flat()).to.deep.equal(whole)
        for (const page of pages) expect(page.length).to.be.at.most(count)
      }),
      { numRuns: 60 },
    )
  })

  it('pages what would not fit into a message', async () => {
    const entries = Array.from({ length: 20 }, (_, index) => {
      return { time: epoch + index, status: 0, value: String.fromCharCode(97 + index).repeat(300_000) }
    })
    await bench.store.modify({ kind: 'insert', tag: 'fill.label', entries }, { user: 'anna', at: 0 })
    const pages = await changesOf(client.session, label)
    expect(pages.length).to.be.greaterThan(2)
    expect(pages.flat().map(({ value }) => (value as string).at(0))).to.deep.equal(entries.map(({ value }) => value[0]))
  })

  it('has no bounds, and answers GoodNoData where nothing was changed', async () => {
    const status = async (details: object): Promise<string | undefined> =>
      (await historyRead(client.session, details, [{ nodeId: volume }]))[0]?.statusCode.name
    const range = { start: at(0), end: at(5), isModified: true }
    expect(await status(rawDetails({ ...range, bounds: true }))).to.equal('BadInvalidArgument')
    expect(await status(rawDetails({ ...range, start: at(5), end: at(6) }))).to.equal('GoodNoData')
  })
})
