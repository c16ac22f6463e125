import { expect } from 'chai'
import fc from 'fast-check'
import type { TagSample } from '../../../src/model/sample.ts'
import type { Client } from '../bench.ts'
import { epoch, type HistoryBench, startHistoryBench } from './history-bench.ts'
import { pagesOf, type Row, rawOf } from './reading.ts'

/** Samples in chunks and in memory: in runs of equal times, some of them late, some Bad. */
const samplesMax = 5000

describe('HistoryRead of raw values, paged', function () {
  this.timeout(60_000)
  let bench: HistoryBench
  let client: Client
  let volume: string
  /** All samples in order of time, equal times in order of arrival. */
  let all: Row[]
  let last: number

  before(async () => {
    bench = await startHistoryBench()
    const steps = fc.array(fc.record({ step: fc.nat({ max: 3 }), late: fc.nat({ max: 60 }) }), {
      minLength: samplesMax,
      maxLength: samplesMax,
    })
    const [drawn = []] = fc.sample(steps, 1)
    let time = epoch
    const samples = drawn.map(({ step, late }, index): TagSample => {
      time += step * 10
      const sourceTime = late === 0 ? time - 5000 : time
      const isBad = index % 97 === 5
      return {
        tag: 'fill.volume',
        sample: { value: isBad ? null : index, status: isBad ? 0x80000000 : 0, sourceTime },
      }
    })
    last = time
    for (let from = 0; from < samples.length; from += 700) await bench.store.append(samples.slice(from, from + 700))
    all = samples
      .map(({ sample }) => ({
        time: sample.sourceTime,
        value: sample.value,
        status: sample.status === 0 ? 'Good' : 'Bad',
      }))
      .sort((a, b) => a.time - b.time)
    client = await bench.connect()
    volume = client.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  const fraction = fc.double({ noNaN: true, min: -0.05, max: 1.05 })

  it('gives page after page what one read without pages gives: any size, range and direction', async () => {
    const cases = fc.record({
      from: fraction,
      to: fraction,
      count: fc.integer({ min: 150, max: 3000 }),
      bounds: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ from, to, count, bounds }) => {
        const [start, end] = [from, to].map((share) => new Date(epoch + Math.round((share * (last - epoch)) / 10) * 10))
        const range = { start, end, bounds }
        const unpaged = await rawOf(client.session, volume, range)
        const pages = await pagesOf(client.session, volume, { ...range, count })
        expect(pages.flat()).to.deep.equal(unpaged)
        for (const page of pages) expect(page.length).to.be.at.most(count)
        if (!bounds) expect(unpaged).to.deep.equal(within(start as Date, end as Date))
      }),
      { numRuns: 30 },
    )
  })

  it('gives single values page after page around equal times, in both directions', async () => {
    const begin = fc.integer({ min: 0, max: samplesMax - 40 })
    await fc.assert(
      fc.asyncProperty(begin, fc.boolean(), async (index, isBackwards) => {
        const [low, high] = [all[index] as Row, all[index + 25] as Row]
        const [start, end] = isBackwards ? [high, low] : [low, high]
        const range = { start: new Date(start.time), end: new Date(end.time) }
        const pages = await pagesOf(client.session, volume, { ...range, count: 1 })
        expect(pages.flat()).to.deep.equal(within(range.start, range.end))
      }),
      { numRuns: 10 },
    )
  })

  /** What a range has by definition: its start, not its end, in the direction of reading (Part 11 §6.5.3.2). */
  function within(start: Date, end: Date): Row[] {
    const [first, second] = [start.getTime(), end.getTime()]
    if (first === second) return all.filter(({ time }) => time === first)
    if (first < second) return all.filter(({ time }) => time >= first && time < second)
    return all.filter(({ time }) => time <= first && time > second).toReversed()
  }
})
