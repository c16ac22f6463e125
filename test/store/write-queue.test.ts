import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { type SqlDriver, sqlAdapters } from '../../src/sqlite/driver.ts'
import { type Write, type WriteHealth, WriteQueue } from '../../src/store/write-queue.ts'
import { until } from '../kit/demo-plant.ts'
import { Scratch } from '../sqlite/scratch.ts'

const put = (value: string, more: Partial<Write> = {}): Write => ({
  kind: 'run',
  statements: [{ sql: 'INSERT INTO t(value) VALUES (?)', values: [value] }],
  ...more,
})

for (const adapter of sqlAdapters) {
  describe(`the queue of writes on ${adapter}`, () => {
    let scratch: Scratch
    let driver: SqlDriver
    let clock: VirtualClock
    let told: WriteHealth[]

    beforeEach(async () => {
      scratch = await Scratch.make()
      driver = await scratch.open({ adapter, busyTimeoutMs: 20 })
      await driver.exec('CREATE TABLE t(seq INTEGER PRIMARY KEY, value TEXT NOT NULL)')
      clock = new VirtualClock(1_000_000)
      told = []
    })
    afterEach(() => scratch.close())

    const queueOf = (more: { waitingMax?: number; sizeMax?: number; driver?: SqlDriver } = {}) =>
      new WriteQueue({ driver, clock, onHealth: (health) => told.push(health), ...more })
    const values = async (): Promise<readonly string[]> =>
      (await driver.all<{ value: string }>('SELECT value FROM t ORDER BY seq')).map(({ value }) => value)
    /** Lets the queue meet a failure, so that it waits for its next attempt. */
    const failed = (queue: WriteQueue) => until('it has failed', () => queue.health.reason !== undefined)

    it('writes in the order in which things were added', async () => {
      const queue = queueOf()
      const all = Array.from({ length: 450 }, (_, number) => `${number}`)
      for (const value of all) expect(queue.add(put(value))).to.equal(true)
      expect(await queue.settled(5000)).to.equal(true)
      expect(await values()).to.deep.equal(all)
      expect(queue.health).to.deep.include({ reason: undefined, waiting: 0 })
      expect(told).to.deep.equal([])
    })

    it('waits as long as another process locks the database, and writes all of it in order then', async () => {
      const queue = queueOf()
      const other = await scratch.open({ adapter })
      await other.transaction(async (sql) => {
        await sql.run("INSERT INTO t(value) VALUES ('other')")
        queue.add(put('a'))
        await failed(queue)
        queue.add(put('b'))
        await clock.advance(5000)
        expect(told[0]?.reason).to.contain('is locked by another process')
        expect(queue.health.waiting).to.equal(2)
      })
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['other', 'a', 'b'])
      expect(told.at(-1)).to.deep.include({ reason: undefined, waiting: 0 })
    })

    it('waits while the disk is full, and writes all of it in order when there is room', async () => {
      await driver.exec('PRAGMA max_page_count = 5')
      const queue = queueOf()
      const big = Array.from({ length: 8 }, (_, number) => String(number).repeat(4000))
      for (const value of big) queue.add(put(value))
      await failed(queue)
      expect(queue.health.reason).to.contain('its disk is full; make room')
      await driver.exec('PRAGMA max_page_count = 5000')
      await untilSettled(queue)
      expect(await values()).to.deep.equal(big)
    })

    it('waits while the database may not be written', async () => {
      await driver.exec('PRAGMA query_only = ON')
      const queue = queueOf()
      queue.add(put('a'))
      await failed(queue)
      expect(queue.health.reason).to.contain('may not be written; check the permissions')
      await driver.exec('PRAGMA query_only = OFF')
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['a'])
    })

    it('tells a failure that lasts once a minute', async () => {
      const queue = queueOf()
      await driver.exec('PRAGMA query_only = ON')
      queue.add(put('a'))
      await failed(queue)
      for (let second = 0; second < 130; second += 1) {
        await clock.advance(1000)
        await until('the attempt is over', () => clock.pending > 0)
      }
      expect(told.length).to.equal(3)
      await queue.close()
    })

    it('lets a newer state replace one that waits, behind what was added in between', async () => {
      await driver.exec('PRAGMA query_only = ON')
      const queue = queueOf()
      queue.add(put('first'))
      await failed(queue)
      for (const value of ['old', 'newer', 'newest']) {
        queue.add(put(value, { kind: 'state', key: 'x' }))
        queue.add(put(`after ${value}`))
      }
      await driver.exec('PRAGMA query_only = OFF')
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['first', 'after old', 'after newer', 'newest', 'after newest'])
    })

    it('writes a newer state too, when the one before is on its way', async () => {
      const queue = queueOf()
      queue.add(put('old', { kind: 'state', key: 'x' }))
      queue.add(put('new', { kind: 'state', key: 'x' }))
      expect(queue.has('x')).to.equal(true)
      expect(await queue.settled(5000)).to.equal(true)
      expect(queue.has('x')).to.equal(false)
      expect(await values()).to.deep.equal(['old', 'new'])
    })

    it('says that something is not settled before its newer state is', async () => {
      await driver.exec('PRAGMA query_only = ON')
      const queue = queueOf()
      queue.add(put('old', { kind: 'state', key: 'x' }))
      await failed(queue)
      const settled = queue.settled(1500)
      queue.add(put('new', { kind: 'state', key: 'x' }))
      await clock.advance(1500)
      expect(await settled).to.equal(false)
      await driver.exec('PRAGMA query_only = OFF')
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['new'])
    })

    it('drops the newest of a kind when too many wait, counts them, and keeps the room of other kinds and of states', async () => {
      await driver.exec('PRAGMA query_only = ON')
      const queue = queueOf({ waitingMax: 3 })
      queue.add(put('r1'))
      await failed(queue)
      expect(['r2', 'r3', 'r4', 'r5'].map((value) => queue.add(put(value)))).to.deep.equal([true, true, false, false])
      expect(queue.add(put('a1', { kind: 'audit' }))).to.equal(true)
      for (const key of ['s1', 's2', 's3', 's4']) expect(queue.add(put(key, { kind: 'state', key }))).to.equal(true)
      expect(queue.health.dropped).to.deep.equal({ state: 0, run: 2, job: 0, value: 0, audit: 0 })
      // The first is told at once, the second with those that follow within a minute.
      expect(told.filter(({ dropped }) => dropped.run > 0).length).to.equal(1)
      await driver.exec('PRAGMA query_only = OFF')
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['r1', 'r2', 'r3', 'a1', 's1', 's2', 's3', 's4'])
      expect(queue.add(put('r6'))).to.equal(true)
      await untilSettled(queue)
      await clock.advance(60_000)
      expect(told.at(-1)?.dropped.run).to.equal(2)
    })

    it('has a bound for the size of what waits', async () => {
      await driver.exec('PRAGMA query_only = ON')
      const queue = queueOf({ sizeMax: 1000 })
      queue.add(put('x'.repeat(900)))
      await failed(queue)
      expect(queue.add(put('y'.repeat(200)))).to.equal(false)
      expect(queue.add(put('z'.repeat(90)))).to.equal(true)
      await queue.close()
    })

    it('gives up what no database can take, and nothing else', async () => {
      const queue = queueOf()
      queue.add(put('a'))
      queue.add(put('b'))
      queue.add({ kind: 'audit', statements: [{ sql: 'INSERT INTO t(value) VALUES (?)', values: [Number.NaN] }] })
      queue.add(put('c'))
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['a', 'b', 'c'])
      expect(queue.health.dropped).to.include({ audit: 1, run: 0 })
    })

    it('writes the statements of one write all or none', async () => {
      const queue = queueOf()
      const bad = { sql: 'INSERT INTO t(value) VALUES (?)', values: [Number.NaN] }
      queue.add({ kind: 'state', statements: [...put('half').statements, bad] })
      queue.add(put('whole'))
      await untilSettled(queue)
      expect(await values()).to.deep.equal(['whole'])
    })

    it('tries what is left once more when it is closed, says how much could not be written, and takes nothing then', async () => {
      const queue = queueOf()
      await driver.exec('PRAGMA query_only = ON')
      queue.add(put('a'))
      await failed(queue)
      expect(await queue.close()).to.equal(1)
      expect(queue.add(put('b'))).to.equal(false)
      expect(clock.pending).to.equal(0)
      const other = queueOf()
      await driver.exec('PRAGMA query_only = OFF')
      other.add(put('c'))
      expect(await other.close()).to.equal(0)
      expect(await values()).to.deep.equal(['c'])
    })

    async function untilSettled(queue: WriteQueue): Promise<void> {
      await until('everything is written', async () => {
        await clock.advance(1000)
        return queue.health.waiting === 0 && queue.health.reason === undefined
      })
    }
  })
}
