import { expect } from 'chai'
import fc from 'fast-check'
import type { EventQuery, EventStore, StoredEvent } from '../../../src/history/events/event-store.ts'
import { type OpenedHistory, openHistory } from '../../../src/history/store/sqlite-history.ts'
import { sqlAdapters } from '../../../src/sqlite/driver.ts'
import type { Position } from '../../../src/sqlite/page.ts'
import { codeOf, Scratch } from '../../sqlite/scratch.ts'

const ours = 'urn:millrace:ua:types'
const event = (number: number, more: Partial<StoredEvent> = {}): StoredEvent => ({
  eventId: number.toString(16).padStart(32, '0'),
  time: 1000 + number,
  type: { uri: ours, id: 'i=1001' },
  notifier: 'pipe/fill',
  equipment: 'Acme/Line1/Filler',
  severity: 500,
  namespaces: ['http://opcfoundation.org/UA/', ours],
  fields: { Message: `event ${number}`, '0:EventId': new Uint8Array([number]), Count: 2n ** 60n, Ratio: -0 },
  ...more,
})

interface Rig {
  readonly events: EventStore
  /** Closes the history and opens its file again. */
  reopen(): Promise<void>
}

function describeEvents(tests: (rig: Rig) => void): void {
  for (const adapter of sqlAdapters) {
    describe(`events of a history on ${adapter}`, () => {
      let scratch: Scratch
      let opened: OpenedHistory
      const open = async (): Promise<void> => {
        opened = await openHistory({
          ...{ file: scratch.path('history.db'), adapter, synchronous: 'NORMAL', clock: { now: () => 0 } },
        })
      }
      beforeEach(async () => {
        scratch = await Scratch.make()
        await open()
      })
      afterEach(async () => {
        await opened.store.close()
        await scratch.close()
      })
      tests({
        get events() {
          return opened.events
        },
        async reopen() {
          await opened.store.close()
          await open()
        },
      })
    })
  }
}

describeEvents((rig) => {
  const numbers = async (query: Partial<EventQuery> = {}): Promise<number[]> =>
    (await rig.events.read({ limit: 1000, ...query })).entries.map(({ eventId }) => Number.parseInt(eventId, 16))

  it('keeps an event with all its fields', async () => {
    expect(await rig.events.append([event(1)])).to.equal(1)
    await rig.reopen()
    expect(await rig.events.find(event(1).eventId)).to.deep.equal({ ...event(1), seq: 1 })
    expect((await rig.events.read({ limit: 5 })).entries).to.deep.equal([{ ...event(1), seq: 1 }])
    expect(await rig.events.find('ff')).to.equal(undefined)
  })

  it('keeps an event once, however often it comes', async () => {
    expect(await rig.events.append([event(1), event(2), event(1)])).to.equal(2)
    expect(await rig.events.append([event(2), event(3)])).to.equal(1)
    expect(await numbers()).to.deep.equal([1, 2, 3])
  })

  it('keeps all of a batch or nothing', async () => {
    const wrong = event(2, { fields: { thing: new Map() as unknown as null } })
    expect(await codeOf(rig.events.append([event(1), wrong]))).to.be.instanceOf(TypeError)
    expect(await numbers()).to.deep.equal([])
  })

  it('narrows by time, notifier, type and severity', async () => {
    await rig.events.append([
      event(1, { severity: 100 }),
      event(2, { notifier: 'pipe/watch', equipment: 'Acme/Line10' }),
      event(3, { type: { uri: 'http://opcfoundation.org/UA/', id: 'i=1001' } }),
      event(4, { type: { uri: ours, id: 'i=7' }, severity: 900 }),
    ])
    expect(await numbers({ from: 1002, to: 1004 })).to.deep.equal([2, 3])
    expect(await numbers({ notifier: 'pipe/watch' })).to.deep.equal([2])
    expect(await numbers({ notifier: 'pipe' })).to.deep.equal([])
    expect(await numbers({ below: 'Acme' })).to.deep.equal([1, 2, 3, 4])
    expect(await numbers({ below: 'Acme/Line1' })).to.deep.equal([1, 3, 4])
    expect(await numbers({ below: 'Acme/Line10' })).to.deep.equal([2])
    expect(await numbers({ below: 'Acme/Line' })).to.deep.equal([])
    expect(await numbers({ types: [{ uri: ours, id: 'i=1001' }] })).to.deep.equal([1, 2])
    expect(await numbers({ severityMin: 500 })).to.deep.equal([2, 3, 4])
    expect(await numbers({ severityMin: 500, notifier: 'pipe/fill', isBackward: true })).to.deep.equal([4, 3])
  })

  it('finds the events of something that has moved at both places, each at its own', async () => {
    await rig.events.append([event(1), event(2, { equipment: 'Acme/Line2' }), event(3)])
    expect(await numbers({ notifier: 'pipe/fill', isBackward: true })).to.deep.equal([3, 2, 1])
    expect(await numbers({ below: 'Acme/Line2' })).to.deep.equal([2])
  })

  it('knows the namespaces that each event counts in, also after it was opened again', async () => {
    const others = ['http://opcfoundation.org/UA/', 'urn:other', ours]
    await rig.events.append([event(1), event(2, { namespaces: others }), event(3)])
    await rig.reopen()
    await rig.events.append([event(4, { namespaces: [] })])
    const { entries } = await rig.events.read({ limit: 10 })
    expect(entries.map(({ namespaces }) => namespaces)).to.deep.equal([
      event(1).namespaces,
      others,
      event(3).namespaces,
      [],
    ])
  })

  it('tells the types of which there were ever events, also when a batch was undone', async () => {
    const wrong = event(2, { type: { uri: ours, id: 'i=9' }, fields: { thing: new Map() as unknown as null } })
    await codeOf(rig.events.append([event(1, { type: { uri: ours, id: 'i=8' } }), wrong]))
    expect(await rig.events.types()).to.deep.equal([])
    await rig.events.append([event(1), event(2), event(3, { type: { uri: ours, id: 'i=9' } })])
    expect(await rig.events.types()).to.deep.equal([event(1).type, { uri: ours, id: 'i=9' }])
  })

  it('gives pages that together are the whole, for any size, direction and equal times', async () => {
    const times = fc.sample(fc.nat(6), 60)
    await rig.events.append(times.map((time, number) => event(number, { time })))
    const all = times.map((time, number) => ({ time, number })).sort((a, b) => a.time - b.time || a.number - b.number)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.boolean(), fc.nat(6), async (limit, isBackward, from) => {
        const read: number[] = []
        let after: Position | undefined
        do {
          const page = await rig.events.read({ limit, isBackward, from, after })
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
    const { events } = rig
    await events.append([event(1), event(2), event(3), event(4)])
    const { next } = await events.read({ limit: 2 })
    await events.append([event(5)])
    expect(await events.removeBefore(1003, 1)).to.equal(1)
    expect(await events.removeBefore(1003, 10)).to.equal(1)
    expect(await numbers({ after: next })).to.deep.equal([3, 4, 5])
  })
})
