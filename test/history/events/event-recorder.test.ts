import { expect } from 'chai'
import { EventRecorder, type EventRecorderOptions } from '../../../src/history/events/event-recorder.ts'
import type { StoredEvent } from '../../../src/history/events/event-store.ts'
import { VirtualClock } from '../../../src/model/clock.ts'
import { MillraceError } from '../../../src/model/errors.ts'

const event = (number: number): StoredEvent => ({
  ...{ eventId: String(number), time: number, type: { uri: 'urn:x', id: 'i=1' }, notifier: 'pipe/a', equipment: 'A' },
  ...{ severity: 1, namespaces: [], fields: {} },
})

/** A store that fails as long as it is told to, and an account of what was recorded. */
class Rig {
  readonly clock = new VirtualClock(0)
  readonly kept: string[] = []
  readonly batches: number[] = []
  readonly lost: { count: number; from: number; to: number }[] = []
  readonly failures: unknown[] = []
  readonly recorder: EventRecorder
  fault: unknown

  constructor(options: Partial<EventRecorderOptions> = {}) {
    this.recorder = new EventRecorder({
      clock: this.clock,
      store: {
        append: async (events) => {
          await Promise.resolve()
          if (this.fault !== undefined) throw this.fault
          this.batches.push(events.length)
          this.kept.push(...events.map(({ eventId }) => eventId))
          return events.length
        },
      },
      onLost: (lost) => {
        this.lost.push(lost)
        this.recorder.record({ ...event(0), eventId: `lost ${lost.count}` })
      },
      onFailure: (error) => this.failures.push(error),
      ...options,
    })
  }

  record(from: number, to: number): void {
    for (let number = from; number <= to; number++) this.recorder.record(event(number))
  }
}

const full = new MillraceError('database-full', 'the disk is full; make room')

describe('the recorder of events', () => {
  it('writes a batch when it is full, and the rest when it is old enough', async () => {
    const rig = new Rig({ batchMax: 3, batchAgeMs: 100 })
    rig.record(1, 4)
    await rig.recorder.flush()
    expect(rig.batches).to.deep.equal([3, 1])
    rig.record(5, 5)
    await rig.clock.advance(99)
    expect(rig.recorder.health()).to.deep.equal({ recorded: 4, waiting: 1, lost: 0 })
    await rig.clock.advance(1)
    await rig.recorder.flush()
    expect(rig.kept).to.deep.equal(['1', '2', '3', '4', '5'])
  })

  it('keeps what waits while the store fails, and tries again until it works', async () => {
    const rig = new Rig({ retryMs: 1000 })
    rig.fault = full
    rig.record(1, 3)
    await rig.recorder.flush()
    for (let attempt = 0; attempt < 3; attempt++) {
      await rig.clock.advance(1000)
      await rig.recorder.flush()
    }
    expect(rig.kept).to.deep.equal([])
    expect(rig.failures).to.deep.equal([full])
    rig.fault = undefined
    rig.record(4, 4)
    await rig.clock.advance(1000)
    await rig.recorder.flush()
    expect(rig.kept).to.deep.equal(['1', '2', '3', '4'])
    expect(rig.recorder.health()).to.deep.equal({ recorded: 4, waiting: 0, lost: 0 })
  })

  it('counts what did not fit, and tells it once events are kept again', async () => {
    const rig = new Rig({ waitingMax: 3 })
    rig.fault = full
    rig.record(1, 3)
    await rig.recorder.flush()
    rig.record(4, 8)
    expect(rig.recorder.health()).to.deep.equal({ recorded: 0, waiting: 3, lost: 5 })
    expect(rig.lost).to.deep.equal([])
    rig.fault = undefined
    await rig.clock.advance(1000)
    await rig.recorder.flush()
    expect(rig.lost).to.deep.equal([{ count: 5, from: 4, to: 8 }])
    expect(rig.kept).to.deep.equal(['1', '2', '3', 'lost 5'])
  })

  it('gives a batch up that can never be written, and goes on behind it', async () => {
    const rig = new Rig({ batchMax: 2 })
    rig.fault = new TypeError('a Map cannot be stored')
    rig.record(1, 2)
    await rig.recorder.flush()
    rig.fault = undefined
    rig.record(3, 3)
    await rig.clock.advance(1000)
    await rig.recorder.flush()
    expect(rig.kept).to.deep.equal(['3', 'lost 2'])
    expect(rig.lost).to.deep.equal([{ count: 2, from: 1, to: 2 }])
  })

  it('writes what waits when it is stopped, and counts what it could not write or what comes later', async () => {
    const [good, failing] = [new Rig(), new Rig()]
    good.record(1, 2)
    await good.recorder.stop()
    good.record(3, 3)
    expect(good.kept).to.deep.equal(['1', '2'])
    expect(good.recorder.health()).to.deep.equal({ recorded: 2, waiting: 0, lost: 1 })
    failing.fault = full
    failing.record(1, 2)
    await Promise.all([failing.recorder.stop(), failing.recorder.stop()])
    expect(failing.recorder.health()).to.deep.equal({ recorded: 0, waiting: 0, lost: 2 })
  })
})
