import { expect } from 'chai'
import { HistoryStatus } from '../../../src/history/history-status.ts'
import { type HistorianEvent, Recorder, type RecorderOptions } from '../../../src/history/record/recorder.ts'
import { VirtualClock } from '../../../src/model/clock.ts'
import { type ErrorCode, MillraceError } from '../../../src/model/errors.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import { openIn, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

/** A store that fails while it is told to, and holds a batch back while it is slow. */
class Disk {
  readonly kept: TagSample[] = []
  failure: ErrorCode | undefined
  held: Promise<void> | undefined

  async append(batch: readonly TagSample[]): Promise<void> {
    await this.held
    if (this.failure) throw new MillraceError(this.failure, `${this.failure} for the test`)
    this.kept.push(...batch)
  }
}

describe('a recorder', () => {
  let clock: VirtualClock
  let disk: Disk
  let events: HistorianEvent[]

  function recorder(options: Partial<RecorderOptions> = {}): Recorder {
    return new Recorder({ store: disk, clock, onEvent: (event) => events.push(event), ...options })
  }

  const times = (): number[] => disk.kept.map(({ sample }) => sample.sourceTime)

  beforeEach(() => {
    clock = new VirtualClock(1000)
    disk = new Disk()
    events = []
  })

  it('writes a batch when it is full, or when its first sample is old', async () => {
    const own = recorder({ batchMax: 3, batchAgeMs: 100 })
    for (const time of [1, 2, 3]) own.record(tagSample('a', time, time))
    await clock.advance(0)
    expect(times()).to.deep.equal([1, 2, 3])
    own.record(tagSample('a', 4, 4))
    await clock.advance(99)
    expect(times()).to.have.length(3)
    await clock.advance(1)
    expect(times()).to.deep.equal([1, 2, 3, 4])
    expect(own.health()).to.deep.include({ state: 'Ok', recorded: 4, waiting: 0, lost: 0 })
    await own.stop()
    expect([clock.pending, events]).to.deep.equal([0, []])
  })

  it('turns overload into a counted gap for each tag, in its place, and goes on by itself', async () => {
    const own = recorder({ batchMax: 2, waitingMax: 4 })
    let release = (): void => undefined
    disk.held = new Promise((resolve) => {
      release = resolve
    })
    for (let time = 1; time <= 9; time++) own.record(tagSample(time % 2 === 0 ? 'even' : 'odd', time, time))
    expect(own.health()).to.deep.include({ state: 'Degraded', waiting: 4, lost: 5 })
    release()
    disk.held = undefined
    await own.flush()
    own.record(tagSample('odd', 11, 11))
    await own.flush()
    expect(times()).to.deep.equal([1, 2, 3, 4, 5, 6, 11])
    expect(disk.kept.slice(4, 6).map(({ tag, sample }) => [tag, sample.value, sample.status])).to.deep.equal([
      ['odd', 3, HistoryStatus.BadDataLost],
      ['even', 2, HistoryStatus.BadDataLost],
    ])
    expect(own.health()).to.deep.include({ state: 'Ok', recorded: 5, lost: 5, gaps: 2 })
    expect(events.map((event) => (event.kind === 'stateChanged' ? event.state : event.lost))).to.deep.equal([
      'Degraded',
      5,
      'Ok',
    ])
    await own.stop()
  })

  const states = {
    'database-full': 'Full',
    'database-locked': 'Locked',
    'database-read-only': 'ReadOnly',
    'database-corrupt': 'Corrupt',
    'database-disk': 'Unavailable',
    'database-failed': 'Degraded',
  } as const
  for (const [code, state] of Object.entries(states)) {
    it(`is ${state} while the store says ${code}, keeps what fits, and resumes by itself`, async () => {
      const own = recorder({ waitingMax: 3, retryMs: 500 })
      disk.failure = code as ErrorCode
      for (const time of [1, 2]) own.record(tagSample('a', time, time))
      await clock.advance(100)
      expect(own.health()).to.deep.include({ state, waiting: 2, lost: 0 })
      expect(own.health().reason).to.contain(code)
      for (const time of [3, 4, 5]) own.record(tagSample('a', time, time))
      await clock.advance(1200)
      expect(own.health()).to.deep.include({ state, waiting: 3, lost: 2 })
      disk.failure = undefined
      await clock.advance(500)
      own.record(tagSample('a', 6, 6))
      await clock.advance(100)
      expect(disk.kept.map(({ sample }) => sample.value)).to.deep.equal([1, 2, 3, 2, 6])
      expect(times()).to.deep.equal([1, 2, 3, 4, 6])
      expect(own.health()).to.deep.include({ state: 'Ok', lost: 2, reason: undefined })
      await own.stop()
      expect(clock.pending).to.equal(0)
    })
  }

  it('keeps a gap that could not be written until it can', async () => {
    const own = recorder({ waitingMax: 1, retryMs: 500 })
    own.record(tagSample('a', 1, 1))
    own.record(tagSample('a', 2, 2))
    disk.failure = 'database-full'
    await clock.advance(100)
    disk.failure = undefined
    await clock.advance(500)
    expect(disk.kept.map(({ sample }) => [sample.sourceTime, sample.value])).to.deep.equal([
      [1, 1],
      [2, 1],
    ])
    expect(events.filter(({ kind }) => kind === 'gapRecorded')).to.have.length(1)
    await own.stop()
  })

  it('counts what is left when it stops before a store that fails, and what comes afterwards', async () => {
    const own = recorder()
    disk.failure = 'database-full'
    own.record(tagSample('a', 1, 1))
    await own.stop()
    own.record(tagSample('a', 2, 2))
    expect(own.health()).to.deep.include({ waiting: 0, lost: 2, recorded: 0 })
    expect(clock.pending).to.equal(0)
  })

  it('counts a sample without a time as lost, now', async () => {
    const own = recorder()
    own.record(tagSample('a', Number.NaN, 1))
    await clock.advance(100)
    expect(disk.kept.map(({ sample }) => [sample.sourceTime, sample.status])).to.deep.equal([
      [1100, HistoryStatus.BadDataLost],
    ])
    await own.stop()
  })

  it('leaves out what stays within the deadband of its tag', async () => {
    const own = recorder({ deadbands: new Map([['a', 1]]) })
    const values = [10, 10.5, 11, 11.1, 12.1, 12.2, null, null, 12.2, Number.NaN]
    for (const [time, value] of values.entries())
      own.record(tagSample('a', time, value, value === null ? 0x80000000 : 0))
    own.record(tagSample('b', 1, 'x'))
    own.record(tagSample('b', 2, 'x'))
    await own.flush()
    expect(times()).to.deep.equal([0, 3, 5, 6, 8, 9, 1, 2])
    await own.stop()
  })

  it('records a disk that is full as a gap in a real file, and what was acknowledged stays', async () => {
    const folder = await temporaryFolder()
    const store = await openIn(folder.path, { pagesMax: 60 })
    const own = recorder({ store, waitingMax: 10_000, batchMax: 1000 })
    let time = 0
    while (own.health().state === 'Ok' && time < 100_000) {
      for (let n = 0; n < 1000; n++) own.record(tagSample('a', ++time, Math.sin(time)))
      await own.flush()
    }
    expect(own.health().state).to.equal('Full')
    const { recorded } = own.health()
    expect((await wholeOf(store, 'a')).length).to.equal(recorded)
    await own.stop()
    await store.close()
    const again = await openIn(folder.path)
    expect((await wholeOf(again, 'a')).length).to.equal(recorded)
    await again.close()
    await folder.remove()
  })
})
