import { expect } from 'chai'
import fc from 'fast-check'
import type { Entry, HistoryStore } from '../../../src/history/history-store.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import { sqlAdapters } from '../../../src/sqlite/driver.ts'
import { entriesOf, openIn, readAll, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

const everything = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
const tags = ['a', 'b', 'c']

/** Batches with samples that come late and at equal times. */
const batches = fc.array(
  fc.array(
    fc.record({ tag: fc.constantFrom(...tags), step: fc.integer({ min: -30, max: 40 }), bad: fc.nat({ max: 9 }) }),
    { minLength: 1, maxLength: 260 },
  ),
  { minLength: 1, maxLength: 12 },
)

function samplesOf(
  list: readonly { tag: string; step: number; bad: number }[],
  from: { time: number; n: number },
): TagSample[] {
  return list.map(({ tag, step, bad }) => {
    from.time += step
    return tagSample(tag, Math.floor(from.time / 8) * 8, bad === 0 ? null : from.n++, bad === 0 ? 0x80000000 : 0)
  })
}

/** What a tag's history has to be: in order of time, equal times in order of arrival. */
function expected(samples: readonly TagSample[], tag: string): Entry[] {
  return samples
    .filter((each) => each.tag === tag)
    .map(({ sample: { sourceTime, status, value } }) => ({ time: sourceTime, status, value }))
    .sort((a, b) => a.time - b.time)
}

for (const adapter of sqlAdapters)
  describe(`a history in SQLite through ${adapter}`, () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>
    let store: HistoryStore

    beforeEach(async () => {
      folder = await temporaryFolder()
    })

    afterEach(async () => {
      await store.close()
      await folder.remove()
    })

    it('gives back what was appended, in any page size and direction, also after it was opened again', async () => {
      await fc.assert(
        fc.asyncProperty(batches, fc.integer({ min: 1, max: 300 }), fc.boolean(), async (lists, limit, isTight) => {
          const own = await temporaryFolder()
          // Tight limits write open chunks and trim the journal all the time.
          const options = { adapter, ...(isTight ? { journal: { unsealedMax: 300, rowsMax: 2 } } : {}) }
          store = await openIn(own.path, options)
          const all: TagSample[] = []
          const from = { time: 1e6, n: 0 }
          for (const [index, list] of lists.entries()) {
            const batch = samplesOf(list, from)
            await store.append(batch)
            all.push(...batch)
            if (index % 5 === 4) {
              await store.close()
              store = await openIn(own.path, options)
            }
          }
          for (const tag of tags) {
            const whole = expected(all, tag)
            expect(await wholeOf(store, tag)).to.deep.equal(whole)
            expect(await readAll(store, { tag, ...everything, limit })).to.deep.equal(whole)
            const backwards = { tag, start: everything.end, end: everything.start, limit }
            expect(await readAll(store, backwards)).to.deep.equal(whole.toReversed())
          }
          await store.close()
          await own.remove()
        }),
        { numRuns: 15 },
      )
      store = await openIn(folder.path, { adapter })
    })

    it('reads ranges: the start is included, the end is not unless asked for', async () => {
      store = await openIn(folder.path, { adapter })
      await store.append(Array.from({ length: 3000 }, (_, index) => tagSample('a', Math.floor(index / 2) * 10, index)))
      const all = await wholeOf(store, 'a')
      const range = fc.integer({ min: -5, max: 15_005 })
      await fc.assert(
        fc.asyncProperty(
          range,
          range,
          fc.boolean(),
          fc.integer({ min: 1, max: 700 }),
          async (start, end, isEndIncluded, limit) => {
            const [low, high] = [Math.min(start, end), Math.max(start, end)]
            const inside = all.filter(
              ({ time }) => time >= low && time <= high && (time !== end || time === start || isEndIncluded),
            )
            const read = await readAll(store, { tag: 'a', start, end, isEndIncluded, limit })
            expect(read).to.deep.equal(start <= end ? inside : inside.toReversed())
          },
        ),
        { numRuns: 40 },
      )
    })

    it('goes on where a page ended while samples are appended between the pages', async () => {
      store = await openIn(folder.path, { adapter })
      await store.append(Array.from({ length: 2000 }, (_, index) => tagSample('a', Math.floor(index / 7), index)))
      const seen: Entry[] = []
      let after: Awaited<ReturnType<HistoryStore['readPage']>>['next']
      let next = 2000
      do {
        const page = await store.readPage({ tag: 'a', start: 0, end: 285, limit: 97, after })
        seen.push(...entriesOf(page.samples))
        after = page.next
        await store.append(Array.from({ length: 100 }, () => tagSample('a', 300, next++)))
      } while (after)
      expect(seen.map(({ value }) => value)).to.deep.equal(Array.from({ length: 1995 }, (_, index) => index))
    })

    it('keeps every type of value', async () => {
      store = await openIn(folder.path, { adapter })
      const values = [true, -0, 2n ** 63n, 'text', new Date(5), new Uint8Array([1, 2]), [1, 2.5], ['x', 'y'], [], null]
      const samples = values.flatMap((value, index) => [
        tagSample(`tag${index}`, 1, value),
        tagSample('mixed', index, value),
      ])
      await store.append(samples)
      for (const [index, value] of values.entries()) {
        expect((await wholeOf(store, `tag${index}`))[0]?.value).to.deep.equal(value)
      }
      await store.close()
      store = await openIn(folder.path, { adapter })
      expect((await wholeOf(store, 'mixed')).map(({ value }) => value)).to.deep.equal(values)
    })

    it('finds what lies around a time, with or without bad samples', async () => {
      store = await openIn(folder.path, { adapter })
      const bad = 0x80000000
      await store.append(
        Array.from({ length: 2000 }, (_, index) => tagSample('a', index * 10, index, index % 100 < 90 ? bad : 0)),
      )
      const around = await store.neighbours('a', 10_000)
      expect([around.before?.time, around.at?.time, around.after?.time]).to.deep.equal([9990, 10_000, 10_010])
      const usable = await store.neighbours('a', 10_000, (status) => status !== bad)
      expect([usable.before?.time, usable.at, usable.after?.time]).to.deep.equal([9990, undefined, 10_900])
      expect(await store.neighbours('a', -1)).to.deep.include({ before: undefined, at: undefined })
      expect((await store.neighbours('a', 1e9)).before?.time).to.equal(19_990)
      expect(await store.neighbours('nobody', 0)).to.deep.include({
        before: undefined,
        at: undefined,
        after: undefined,
      })
    })

    it('finds around many times at once what it finds around each by itself', async () => {
      const lists = fc.array(
        fc.array(
          fc.record({ step: fc.integer({ min: -3, max: 40 }), status: fc.constantFrom(0, 0, 0, 0, 0x80000000) }),
          {
            minLength: 1,
            maxLength: 500,
          },
        ),
        { minLength: 1, maxLength: 5 },
      )
      store = await openIn(folder.path, { adapter })
      let tag = 0
      await fc.assert(
        fc.asyncProperty(lists, fc.boolean(), fc.boolean(), async (batches, isOrdered, isStrict) => {
          const name = `tag${tag++}`
          let [time, value] = [1000, 0]
          for (const batch of batches) {
            const samples = batch.map(({ step, status }) => {
              time += isOrdered ? Math.max(1, step) : step * 2
              return tagSample(name, time, value++, status)
            })
            await store.append(samples)
          }
          const isUsable = isStrict ? (status: number) => status === 0 : undefined
          const times = Array.from({ length: 150 }, (_, index) => 900 + Math.round(((time - 700) * index) / 149))
          const each: unknown[] = []
          for (const asked of times) each.push(await store.neighbours(name, asked, isUsable))
          expect(await store.neighboursOfAll(name, times, isUsable)).to.deep.equal(each)
        }),
        { numRuns: 15 },
      )
      expect(await store.neighboursOfAll('nobody', [1, 2])).to.deep.equal(
        Array(2).fill({ ...(await store.neighbours('nobody', 1)) }),
      )
    })

    it('scans in blocks, and sums up from the columns of chunks', async () => {
      store = await openIn(folder.path, { adapter })
      const count = 40_000
      await store.append(Array.from({ length: count }, (_, index) => tagSample('a', index, index % 10)))
      let [seen, blocks] = [0, 0]
      for await (const block of store.scan('a', 0, count)) {
        seen += block.count
        blocks++
      }
      expect([seen, blocks > 1]).to.deep.equal([count, true])
      const summaries = await store.summaries('a', 0, count)
      expect(summaries.length).to.be.greaterThan(10)
      expect(summaries.reduce((sum, each) => sum + each.sum, 0)).to.equal((count / 10) * 45)
      expect(Math.max(...summaries.map(({ maximum }) => maximum ?? -1))).to.equal(9)
      expect(await store.summaries('nobody', 0, 1)).to.deep.equal([])
      for await (const block of store.scan('a', 5, 5)) expect.fail(`got ${block.count} samples`)
    })

    it('forgets what is old in small steps, and copies itself while it is used', async () => {
      store = await openIn(folder.path, { adapter })
      await store.append(Array.from({ length: 5000 }, (_, index) => tagSample('a', index, index)))
      await store.append([tagSample('silent', 10, 1)])
      const copy = await temporaryFolder()
      await store.backup(`${copy.path}/history.db`)
      const { samples, isDone } = await store.retain(['a', 'silent', 'nobody'], 4000)
      expect([samples > 3000, isDone]).to.deep.equal([true, true])
      expect(await wholeOf(store, 'silent')).to.deep.equal([])
      expect((await wholeOf(store, 'a')).length).to.equal(5001 - samples)
      const restored = await openIn(copy.path, { adapter })
      expect((await wholeOf(restored, 'a')).length).to.equal(5000)
      await restored.close()
      await copy.remove()
      // What was forgotten does not come back from the journal.
      await store.close()
      store = await openIn(folder.path, { adapter })
      expect(await wholeOf(store, 'silent')).to.deep.equal([])
    })

    it('remembers tags that were declared before their first sample', async () => {
      store = await openIn(folder.path, { adapter })
      await store.declare([
        { tag: 'a', dataType: 'Double' },
        { tag: 'b', dataType: 'String' },
      ])
      await store.append([tagSample('b', 1, 'x')])
      await store.declare([{ tag: 'a', dataType: 'Float' }])
      expect(store.health()).to.deep.equal({ tags: 2, unsealed: 1, corrupt: 0 })
      await store.close()
      store = await openIn(folder.path, { adapter })
      expect(store.health()).to.deep.equal({ tags: 2, unsealed: 1, corrupt: 0 })
      expect((await wholeOf(store, 'b')).map(({ value }) => value)).to.deep.equal(['x'])
    })

    it('refuses a sample without a time, and keeps none of its batch', async () => {
      store = await openIn(folder.path, { adapter })
      await store.append([tagSample('a', 1, 1)])
      const refused = await store.append([tagSample('a', 2, 2), tagSample('b', Number.NaN, 3)]).catch((error) => error)
      expect(refused).to.have.property('code', 'value-invalid')
      await store.append([tagSample('b', 4, 4), tagSample('a', 3, 3)])
      expect((await wholeOf(store, 'a')).map(({ value }) => value)).to.deep.equal([1, 3])
      expect((await wholeOf(store, 'b')).map(({ value }) => value)).to.deep.equal([4])
    })
  })
