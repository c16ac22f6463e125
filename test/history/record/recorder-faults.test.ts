import { expect } from 'chai'
import { HistoryStatus } from '../../../src/history/history-status.ts'
import { type HistorianEvent, Recorder } from '../../../src/history/record/recorder.ts'
import { VirtualClock } from '../../../src/model/clock.ts'
import { type ErrorCode, MillraceError } from '../../../src/model/errors.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import { tagSample } from '../kit.ts'

const codes: readonly ErrorCode[] = [
  ...(['database-full', 'database-locked', 'database-read-only', 'database-corrupt', 'database-disk'] as const),
  ...(['database-failed', 'database-closed', 'file-unreadable', 'database-newer'] as const),
]
const tags = ['a', 'b', 'c']

/** Random numbers from 0 to 1 that are the same for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A store that fails at random moments with random codes, and takes random times; what it takes is all or nothing. */
class Fickle {
  readonly kept: TagSample[] = []
  readonly #random: () => number
  readonly #clock: VirtualClock
  isWell = false
  largest = 0

  constructor(random: () => number, clock: VirtualClock) {
    this.#random = random
    this.#clock = clock
  }

  async append(batch: readonly TagSample[]): Promise<void> {
    this.largest = Math.max(this.largest, batch.length)
    const delay = this.#random() * 400
    if (!this.isWell && this.#random() < 0.5) await new Promise<void>((done) => this.#clock.after(delay, done))
    if (!this.isWell && this.#random() < 0.4) {
      const code = codes[Math.floor(this.#random() * codes.length)] as ErrorCode
      throw new MillraceError(code, `${code} for the test`)
    }
    if (batch.some(({ sample }) => sample.value === 'poison')) throw new TypeError('poison cannot be stored')
    this.kept.push(...batch)
  }
}

/** Records at random for a while on a store that fails at random; everything is over when it resolves. */
async function chaos(seed: number, options: { waitingMax: number; poison?: number; rate?: number }) {
  const random = randomOf(seed)
  const clock = new VirtualClock(1_000_000)
  const store = new Fickle(random, clock)
  const events: HistorianEvent[] = []
  const { waitingMax, poison = 0, rate = 40 } = options
  const recorder = new Recorder({
    ...{ store, clock, waitingMax, batchMax: 20, batchAgeMs: 50, retryMs: 300 },
    onEvent: (event) => events.push(event),
  })
  const sent = new Map<string, unknown[]>(tags.map((tag) => [tag, []]))
  let most = 0
  for (let turn = 0; turn < 200; turn++) {
    for (let count = Math.floor(random() * rate); count > 0; count--) {
      const tag = tags[Math.floor(random() * tags.length)] as string
      const list = sent.get(tag) as unknown[]
      const value = random() < poison ? 'poison' : list.length
      list.push(value)
      recorder.record(tagSample(tag, clock.now(), value))
      most = Math.max(most, recorder.health().waiting)
    }
    if (random() < 0.05) recorder.hold('Full', 'for the test')
    else if (random() < 0.2) recorder.release()
    if (random() < 0.05) recorder.failed(new MillraceError('database-corrupt', 'read elsewhere'))
    await clock.advance(random() * 200)
  }
  store.isWell = true
  recorder.release()
  await clock.advance(5000)
  return { recorder, clock, store, events, sent, most }
}

/** What is kept of a tag: each value in the place where it was sent, and for a marker as many places as it says. */
function placesOf(kept: readonly TagSample[], tag: string) {
  const own = kept.filter((each) => each.tag === tag).map(({ sample }) => sample)
  const values = own.filter(({ status }) => status === 0).map(({ value }) => value as number)
  const lost = own.filter(({ status }) => status === HistoryStatus.BadDataLost)
  return { own, values, lost: lost.reduce((sum, { value }) => sum + Number(value), 0) }
}

describe('a recorder whose store fails at random', () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`keeps or counts everything, in order and once, with a buffer that is ample or too small (seed ${seed})`, async () => {
      const waitingMax = seed % 3 === 0 ? 10_000 : 60
      const { recorder, clock, store, sent, events, most } = await chaos(seed, { waitingMax })
      const health = recorder.health()
      expect(health).to.include({ state: 'Ok', waiting: 0 })
      expect(most).to.be.at.most(waitingMax)
      expect(store.largest).to.be.at.most(20)
      for (const tag of tags) {
        const { own, values, lost } = placesOf(store.kept, tag)
        expect(values.length + lost, tag).to.equal(sent.get(tag)?.length)
        expect(values, tag).to.deep.equal([...new Set(values)].sort((a, b) => a - b))
        // The gap stands where the samples were: as many are missing before each value as markers before it say.
        let [missing, last] = [0, -1]
        for (const { value, status } of own) {
          if (status === HistoryStatus.BadDataLost) missing += Number(value)
          else {
            expect(Number(value) - last - 1, `before ${value} of ${tag}`).to.equal(missing)
            ;[missing, last] = [0, Number(value)]
          }
        }
      }
      const all = [...sent.values()].reduce((sum, { length }) => sum + length, 0)
      expect(health.recorded + health.lost).to.equal(all)
      const told = events.reduce((sum, event) => sum + (event.kind === 'gapRecorded' ? event.lost : 0), 0)
      expect(told).to.equal(health.lost)
      if (waitingMax === 10_000) expect(health.lost).to.equal(0)
      else expect(health.lost).to.be.greaterThan(0)
      await recorder.stop()
      expect(clock.pending).to.equal(0)
    })
  }

  it('tells each state once, and ends with Ok', async () => {
    const { events } = await chaos(99, { waitingMax: 60 })
    const states = events.flatMap((event) => (event.kind === 'stateChanged' ? [event.state] : []))
    expect(states.filter((state, index) => state === states[index - 1])).to.deep.equal([])
    expect(states.at(-1)).to.equal('Ok')
  })
})

describe('a recorder that gets more than can be written', () => {
  it('holds no more in memory than its limit, counts the rest for each tag, and goes on', async () => {
    const { recorder, store, sent, most } = await chaos(7, { waitingMax: 40, rate: 400 })
    expect(most).to.be.at.most(40)
    for (const tag of tags) {
      const { values, lost } = placesOf(store.kept, tag)
      expect(values.length + lost).to.equal(sent.get(tag)?.length)
    }
    expect(recorder.health().lost).to.be.greaterThan(10_000)
    await recorder.stop()
  })
})

describe('a recorder with samples that no store takes', () => {
  it('finds each of them, counts it, and keeps all the others', async () => {
    const { recorder, store, sent } = await chaos(5, { waitingMax: 100_000, poison: 0.01 })
    const poisoned = [...sent.values()].flat().filter((value) => value === 'poison').length
    expect(poisoned).to.be.greaterThan(10)
    for (const tag of tags) {
      const { values, lost } = placesOf(store.kept, tag)
      expect(values.length + lost).to.equal(sent.get(tag)?.length)
      expect(values).to.deep.equal([...values].sort((a, b) => a - b))
    }
    expect(recorder.health().lost).to.be.at.least(poisoned)
    await recorder.stop()
  })

  it('says what was wrong with it', async () => {
    const clock = new VirtualClock(0)
    const reasons: unknown[] = []
    const store = {
      append: async (batch: readonly TagSample[]) => {
        if (batch.some(({ sample }) => sample.value === 'poison')) throw new TypeError('poison cannot be stored')
      },
    }
    const recorder = new Recorder({
      ...{ store, clock },
      onEvent: (event) => event.kind === 'stateChanged' && reasons.push(event.reason),
    })
    recorder.record(tagSample('a', 1, 'poison'))
    recorder.record(tagSample('a', 2, 1))
    await clock.advance(1000)
    expect(reasons).to.deep.equal(['poison cannot be stored', undefined])
    expect(recorder.health()).to.include({ recorded: 1, lost: 1, gaps: 1, state: 'Ok' })
    await recorder.stop()
  })
})

describe('a recorder that is held', () => {
  it('writes nothing until it is released, but writes what waits when it stops', async () => {
    const clock = new VirtualClock(0)
    const kept: TagSample[] = []
    const store = { append: async (batch: readonly TagSample[]) => void kept.push(...batch) }
    const recorder = new Recorder({ store, clock, waitingMax: 2 })
    recorder.hold('Full', 'no room')
    for (const time of [1, 2, 3]) recorder.record(tagSample('a', time, time))
    await clock.advance(60_000)
    await recorder.flush()
    expect(kept).to.deep.equal([])
    expect(recorder.health()).to.include({ state: 'Full', reason: 'no room', waiting: 2, lost: 1 })
    await recorder.stop()
    expect(kept.map(({ sample }) => sample.value)).to.deep.equal([1, 2, 1])
    expect(clock.pending).to.equal(0)
  })

  it('is Ok again after it is released, although nothing waits', async () => {
    const clock = new VirtualClock(0)
    const recorder = new Recorder({ store: { append: async () => undefined }, clock })
    recorder.hold('Full', 'no room')
    recorder.release()
    await clock.advance(0)
    expect(recorder.health()).to.include({ state: 'Ok', reason: undefined })
    await recorder.stop()
  })
})

describe('a recorder whose store is known to fail', () => {
  it('tries again although nothing waits, until it works', async () => {
    const clock = new VirtualClock(0)
    let [isWell, tries] = [false, 0]
    const store = {
      append: async () => {
        tries++
        if (!isWell) throw new MillraceError('database-newer', 'a newer one has written it')
      },
    }
    const recorder = new Recorder({ store, clock, retryMs: 1000 })
    recorder.failed(new MillraceError('database-newer', 'a newer one has written it'))
    expect(recorder.health().state).to.equal('Unavailable')
    await clock.advance(5000)
    expect(tries).to.equal(5)
    isWell = true
    await clock.advance(1000)
    expect(recorder.health().state).to.equal('Ok')
    await recorder.stop()
    expect(clock.pending).to.equal(0)
  })
})
