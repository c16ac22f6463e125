import { expect } from 'chai'
import fc from 'fast-check'
import type { EventQuery, StoredEvent } from '../../src/store/event-store.ts'
import type { Position } from '../../src/store/page.ts'
import { codeOf } from '../sqlite/scratch.ts'
import { describeStores } from './stores.ts'

const ours = 'urn:millrace:ua:types'
const event = (number: number, more: Partial<StoredEvent> = {}): StoredEvent => ({
  eventId: number.toString(16).padStart(32, '0'),
  time: 1000 + number,
  type: { uri: ours, id: 'i=1001' },
  source: 's=pipe/fill',
  severity: 500,
  fields: { Message: `event ${number}`, '0:EventId': new Uint8Array([number]), Count: 2n ** 60n, Ratio: -0 },
  ...more,
})

describeStores('events', (rig) => {
  const numbers = async (query: Partial<EventQuery> = {}): Promise<number[]> =>
    (await rig.store.events.read({ limit: 1000, ...query })).entries.map(({ eventId }) => Number.parseInt(eventId, 16))

  it('keeps an event with all its fields', async () => {
    expect(await rig.store.events.append([event(1)])).to.equal(1)
    await rig.reopen()
    expect(await rig.store.events.find(event(1).eventId)).to.deep.equal(event(1))
    expect((await rig.store.events.read({ limit: 5 })).entries).to.deep.equal([event(1)])
    expect(await rig.store.events.find('ff')).to.equal(undefined)
  })

  it('keeps an event once, however often it comes', async () => {
    expect(await rig.store.events.append([event(1), event(2), event(1)])).to.equal(2)
    expect(await rig.store.events.append([event(2), event(3)])).to.equal(1)
    expect(await numbers()).to.deep.equal([1, 2, 3])
  })

  it('keeps all of a batch or nothing', async () => {
    const wrong = event(2, { fields: { thing: new Map() as unknown as null } })
    expect(await codeOf(rig.store.events.append([event(1), wrong]))).to.be.instanceOf(TypeError)
    expect(await numbers()).to.deep.equal([])
  })

  it('narrows by time, source, type and severity', async () => {
    await rig.store.events.append([
      event(1, { severity: 100 }),
      event(2, { source: 's=pipe/watch' }),
      event(3, { type: { uri: 'http://opcfoundation.org/UA/', id: 'i=1001' } }),
      event(4, { type: { uri: ours, id: 'i=7' }, severity: 900 }),
    ])
    expect(await numbers({ from: 1002, to: 1004 })).to.deep.equal([2, 3])
    expect(await numbers({ sources: ['s=pipe/watch', 's=other'] })).to.deep.equal([2])
    expect(await numbers({ sources: [] })).to.deep.equal([])
    expect(await numbers({ types: [{ uri: ours, id: 'i=1001' }] })).to.deep.equal([1, 2])
    expect(await numbers({ severityMin: 500 })).to.deep.equal([2, 3, 4])
    expect(await numbers({ severityMin: 500, sources: ['s=pipe/fill'], isBackward: true })).to.deep.equal([4, 3])
  })

  it('gives pages that together are the whole, for any size, direction and equal times', async () => {
    const times = fc.sample(fc.nat(6), 60)
    await rig.store.events.append(times.map((time, number) => event(number, { time })))
    const all = times.map((time, number) => ({ time, number })).sort((a, b) => a.time - b.time || a.number - b.number)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.boolean(), fc.nat(6), async (limit, isBackward, from) => {
        const read: number[] = []
        let after: Position | undefined
        do {
          const page = await rig.store.events.read({ limit, isBackward, from, after })
          expect(page.entries.length).to.be.at.most(limit)
          read.push(...page.entries.map(({ eventId }) => Number.parseInt(eventId, 16)))
          after = page.next
        } while (after)
        const wanted = all.filter(({ time }) => time >= from).map(({ number }) => number)
        expect(read).to.deep.equal(isBackward ? wanted.reverse() : wanted)
      }),
      { numRuns: 25 },
    )
  })

  it('goes on at its place while newer events come and older ones are removed', async () => {
    const { events } = rig.store
    await events.append([event(1), event(2), event(3), event(4)])
    const { next } = await events.read({ limit: 2 })
    await events.append([event(5)])
    expect(await events.removeBefore(1003, 1)).to.equal(1)
    expect(await events.removeBefore(1003, 10)).to.equal(1)
    expect(await numbers({ after: next })).to.deep.equal([3, 4, 5])
  })
})
