import { expect } from 'chai'
import { LastValues, type LastValuesOptions } from '../src/last-values.ts'
import { VirtualClock } from '../src/model/clock.ts'
import { bad, good, type Sample } from '../src/model/sample.ts'
import { Status } from '../src/model/status.ts'
import type { Write } from '../src/store/write-queue.ts'

describe('last values', () => {
  let clock: VirtualClock
  let writes: Write[]
  let isWaiting: boolean
  let samples: Map<string, Sample>

  beforeEach(() => {
    clock = new VirtualClock(1_000_000)
    writes = []
    isWaiting = false
    samples = new Map([['fill.a', bad(Status.BadWaitingForInitialData, 0)]])
  })

  /** Keeps the last values of one pipeline; the writes are looked at instead of made. */
  function following(saved: LastValuesOptions['saved'] = new Map()): LastValues {
    const queue = { has: () => isWaiting, add: (write: Write) => writes.push(write) > 0 }
    const values = new LastValues({ queue, clock, saved })
    values.follow(() => [{ lastingTags: [...samples.keys()], latest: (tag) => samples.get(tag) }])
    return values
  }
  const written = () =>
    writes.splice(0).map(({ statements }) => JSON.parse(String(statements[0]?.values[0])) as unknown)
  const textOf = (value: number) => `{"value":${value},"status":0,"sourceTime":${value}}`

  it('are written once a second, only those that have changed, in one statement', async () => {
    following()
    samples.set('fill.a', good(1, 1)).set('fill.b', good(2, 2))
    await clock.advance(999)
    expect(written()).to.deep.equal([])
    samples.set('fill.a', good(3, 3))
    await clock.advance(1)
    expect(written()).to.deep.equal([
      [
        ['fill.a', textOf(3)],
        ['fill.b', textOf(2)],
      ],
    ])
    samples.set('fill.b', good(4, 4))
    await clock.advance(2000)
    expect(written()).to.deep.equal([[['fill.b', textOf(4)]]])
  })

  it('wait for those before them, and have everything that has changed since', async () => {
    following()
    samples.set('fill.a', good(1, 1))
    await clock.advance(1000)
    isWaiting = true
    samples.set('fill.a', good(2, 2))
    await clock.advance(5000)
    samples.set('fill.b', good(3, 3))
    isWaiting = false
    expect(written().length).to.equal(1)
    await clock.advance(1000)
    expect(written()).to.deep.equal([
      [
        ['fill.a', textOf(2)],
        ['fill.b', textOf(3)],
      ],
    ])
  })

  it('are not those that were kept already, nor those of which nothing is known', async () => {
    const kept = good(1, 1)
    samples.set('fill.b', kept)
    following(new Map([['fill.b', kept]]))
    await clock.advance(3000)
    expect(written()).to.deep.equal([])
  })

  it('are written once more at the end, and no timer is left', () => {
    const values = following()
    samples.set('fill.a', good(1, 1))
    values.stop()
    expect(written().length).to.equal(1)
    expect(clock.pending).to.equal(0)
  })

  it('are all written again into another database', async () => {
    const values = following()
    samples.set('fill.a', good(1, 1))
    await clock.advance(1000)
    written()
    values.saveAll()
    await clock.advance(1000)
    expect(written()).to.deep.equal([[['fill.a', textOf(1)]]])
  })

  it('of tags that are gone are forgotten', () => {
    const values = following(new Map([['old.x', good(1, 1)]]))
    values.prune()
    expect(written()).to.deep.equal([['fill.a']])
    values.prune()
    expect(written()).to.deep.equal([])
  })
})
