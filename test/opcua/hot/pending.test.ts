import { expect } from 'chai'
import fc from 'fast-check'
import { type Entry, Pending } from '../../../src/opcua/hot/pending.ts'

describe('notifications that wait', () => {
  it('come out as from a plain list, whatever is put in and taken out', () => {
    const act = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 1500 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 2500 }) }),
      fc.record({ drop: fc.integer({ min: 0, max: 4 }) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const pending = new Pending()
        let list: Entry[] = []
        let count = 0
        for (const each of acts) {
          if ('push' in each) {
            for (let n = 0; n < each.push; n++) {
              const entry = { monitoredItemId: count++ % 5, notification: {} }
              pending.push(entry)
              list.push(entry)
            }
          } else if ('shift' in each) {
            for (let n = 0; n < each.shift; n++) {
              expect(pending.first()).to.equal(list[0])
              expect(pending.shift()).to.equal(list.shift())
            }
          } else {
            const kept = list.filter(({ monitoredItemId }) => monitoredItemId !== each.drop)
            const dropped = pending.filterOut(({ monitoredItemId }) => monitoredItemId === each.drop)
            expect(dropped).to.equal(list.length - kept.length)
            list = kept
          }
          expect(pending.size).to.equal(list.length)
          expect(Pending.of(pending).size).to.equal(list.length)
        }
        expect([...pending.values()].every((entry, index) => entry === list[index])).to.equal(true)
        pending.clear()
        expect([pending.size, pending.first(), pending.shift()]).to.deep.equal([0, undefined, undefined])
      }),
      { numRuns: 60 },
    )
  })
})
