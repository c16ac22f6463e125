import { readdir } from 'node:fs/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { type SqlDriver, type SqlValue, sqlAdapters } from '../../src/sqlite/driver.ts'
import { codeOf, Scratch } from './scratch.ts'

for (const adapter of sqlAdapters) {
  describe(`a database on ${adapter}`, () => {
    let scratch: Scratch
    let driver: SqlDriver

    beforeEach(async () => {
      scratch = await Scratch.make()
      driver = await scratch.open({ adapter })
      await driver.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, v) STRICT; '.replace(' v)', ' v ANY)'))
    })
    afterEach(() => scratch.close())

    const ids = async (): Promise<number[]> =>
      (await driver.all<{ id: number }>('SELECT id FROM t ORDER BY id')).map(({ id }) => id)

    it('tells what a statement has changed', async () => {
      expect(await driver.run('INSERT INTO t(id, v) VALUES (7, ?), (8, ?)', [1, 2])).to.deep.equal({
        changes: 2,
        lastId: 8,
      })
      expect((await driver.run('DELETE FROM t')).changes).to.equal(2)
    })

    it('gives the first row, or undefined', async () => {
      await driver.run('INSERT INTO t VALUES (1, 2)')
      expect(await driver.get<{ v: number }>('SELECT v FROM t WHERE id = ?', [1])).to.deep.equal({ v: 2 })
      expect(await driver.get('SELECT v FROM t WHERE id = ?', [2])).to.equal(undefined)
    })

    it('gives rows of RETURNING', async () => {
      expect(await driver.all('INSERT INTO t VALUES (5, 6) RETURNING id, v')).to.deep.equal([{ id: 5, v: 6 }])
    })

    it('keeps every value that it takes', async () => {
      const value = fc.oneof(
        fc.constant(null),
        fc.double({ noNaN: true }).map((number) => number + 0),
        fc.maxSafeInteger(),
        fc.string({ unit: 'binary' }),
        fc.uint8Array(),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(value, { maxLength: 10 }), async (values) => {
          await driver.run('DELETE FROM t')
          for (const [id, v] of values.entries()) await driver.run('INSERT INTO t VALUES (?, ?)', [id, v])
          const rows = await driver.all<{ v: SqlValue }>('SELECT v FROM t ORDER BY id')
          expect(rows.map(({ v }) => v)).to.deep.equal(values)
        }),
        { numRuns: 40 },
      )
    })

    it('keeps a text with a NUL whole', async () => {
      await driver.run('INSERT INTO t VALUES (1, ?)', ['before\0after'])
      expect(await driver.get('SELECT v FROM t')).to.deep.equal({ v: 'before\0after' })
    })

    it('stores -0 as 0, and infinities as they are', async () => {
      await driver.run('INSERT INTO t VALUES (1, ?), (2, ?), (3, ?)', [-0, Infinity, -Infinity])
      const rows = await driver.all<{ v: number }>('SELECT v FROM t ORDER BY id')
      expect(rows.map(({ v }) => v)).to.deep.equal([0, Infinity, -Infinity])
      expect(Object.is(rows[0]?.v, 0)).to.equal(true)
    })

    it('keeps a part of a buffer as that part', async () => {
      await driver.run('INSERT INTO t VALUES (1, ?)', [new Uint8Array([1, 2, 3, 4]).subarray(1, 3)])
      expect(await driver.get('SELECT v FROM t')).to.deep.equal({ v: new Uint8Array([2, 3]) })
    })

    it('refuses what would become something else in silence', async () => {
      for (const wrong of [Number.NaN, 5n, true, undefined, new Date()]) {
        const error = await codeOf(driver.run('INSERT INTO t VALUES (1, ?)', [wrong as unknown as number]))
        expect(error).to.be.instanceOf(TypeError)
      }
      expect(await ids()).to.deep.equal([])
    })

    it('never lets transactions and single calls interleave', async () => {
      const failing = driver.transaction(async (sql) => {
        await sql.run('INSERT INTO t VALUES (1, 1)')
        await new Promise((resolve) => setTimeout(resolve, 5))
        throw new Error('wanted')
      })
      const single = driver.run('INSERT INTO t VALUES (2, 2)')
      const other = driver.transaction((sql) => sql.run('INSERT INTO t VALUES (3, 3)'))
      expect(await codeOf(failing)).to.be.instanceOf(Error)
      await Promise.all([single, other])
      expect(await ids()).to.deep.equal([2, 3])
    })

    it('keeps what a hundred transactions at once did, and nothing of those that failed', async () => {
      await Promise.all(
        Array.from({ length: 100 }, (_, id) =>
          driver
            .transaction(async (sql) => {
              await sql.run('INSERT INTO t VALUES (?, ?)', [id, id])
              if (id % 3 === 0) throw new Error('wanted')
            })
            .catch(() => undefined),
        ),
      )
      expect(await ids()).to.deep.equal(Array.from({ length: 100 }, (_, id) => id).filter((id) => id % 3 !== 0))
    })

    it('refuses a call of the driver inside a transaction, which would wait for itself', async () => {
      const error = await codeOf(driver.transaction(() => driver.run('INSERT INTO t VALUES (1, 1)')))
      expect(String(error)).to.contain('inside a transaction')
      expect(await ids()).to.deep.equal([])
    })

    it('refuses a statement that comes after the end of its transaction', async () => {
      const late = await driver.transaction(async (sql) => () => sql.run('INSERT INTO t VALUES (1, 1)'))
      expect(String(await codeOf(late()))).to.contain('after the end')
    })

    it('tells what is wrong with a statement, and goes on', async () => {
      expect(await codeOf(driver.run('INSERT INTO nothing VALUES (1)'))).to.equal('database-failed')
      expect(await codeOf(driver.exec('SELEKT'))).to.equal('database-failed')
      await driver.run('INSERT INTO t VALUES (1, 1)')
      expect(await codeOf(driver.run('INSERT INTO t VALUES (1, 1)'))).to.equal('database-failed')
      expect(await ids()).to.deep.equal([1])
    })

    it('runs more different statements than it keeps prepared', async () => {
      for (let id = 0; id < 250; id += 1) await driver.run(`INSERT INTO t VALUES (${id}, 0)`)
      expect((await ids()).length).to.equal(250)
    })

    it('is durable, checked for references, and in WAL mode', async () => {
      const pragma = async (name: string): Promise<unknown> =>
        Object.values((await driver.get<Record<string, unknown>>(`PRAGMA ${name}`)) ?? {})[0]
      expect(await pragma('journal_mode')).to.equal('wal')
      expect(await pragma('synchronous')).to.equal(2)
      expect(await pragma('foreign_keys')).to.equal(1)
      expect(await pragma('wal_autocheckpoint')).to.equal(4000)
      expect(await pragma('journal_size_limit')).to.equal(64 * 1024 * 1024)
      expect(await pragma('busy_timeout')).to.equal(5000)
    })
  })

  describe(`readers and backups on ${adapter}`, () => {
    let scratch: Scratch
    let driver: SqlDriver

    beforeEach(async () => {
      scratch = await Scratch.make()
      driver = await scratch.open({ adapter })
      await driver.exec('CREATE TABLE t(id INTEGER PRIMARY KEY)')
    })
    afterEach(() => scratch.close())

    const count = 'SELECT count(*) AS n FROM t'

    it('reads what is committed while a transaction is open', async () => {
      const reader = await driver.reader()
      await driver.transaction(async (sql) => {
        await sql.run('INSERT INTO t VALUES (1)')
        expect(await reader.get(count)).to.deep.equal({ n: 0 })
      })
      expect(await reader.get(count)).to.deep.equal({ n: 1 })
    })

    it('reads one state in a snapshot, whatever is committed meanwhile', async () => {
      const reader = await driver.reader()
      await reader.snapshot(async (sql) => {
        expect(await sql.get(count)).to.deep.equal({ n: 0 })
        await driver.run('INSERT INTO t VALUES (1)')
        expect(await sql.get(count)).to.deep.equal({ n: 0 })
      })
      expect(await reader.get(count)).to.deep.equal({ n: 1 })
    })

    it('lets no reader write', async () => {
      const reader = await driver.reader()
      expect(await codeOf(reader.all('INSERT INTO t VALUES (1) RETURNING id'))).to.equal('database-read-only')
    })

    it('copies everything that is committed, also what is still in the log', async () => {
      await driver.run('INSERT INTO t VALUES (1), (2)')
      const copy = scratch.path('copy.db')
      await driver.backupInto(copy)
      await driver.run('INSERT INTO t VALUES (3)')
      const opened = await scratch.open({ adapter, file: copy })
      expect(await opened.get(count)).to.deep.equal({ n: 2 })
      expect(await codeOf(driver.backupInto(copy))).to.equal('database-failed')
      expect(await opened.get(count)).to.deep.equal({ n: 2 })
    })

    it('leaves no part of a copy that could not be made', async () => {
      expect(await codeOf(driver.backupInto(scratch.path('nowhere', 'copy.db')))).to.equal('file-unreadable')
      await driver.backupInto(scratch.path('copy.db'))
      expect((await readdir(scratch.folder)).filter((name) => name.startsWith('copy'))).to.deep.equal(['copy.db'])
    })

    it('ends what was asked before it closes, and refuses the rest', async () => {
      const reader = await driver.reader()
      const asked = driver.run('INSERT INTO t VALUES (1)')
      const closing = driver.close()
      expect((await asked).changes).to.equal(1)
      await closing
      await driver.close()
      expect(await codeOf(driver.run('INSERT INTO t VALUES (2)'))).to.equal('database-closed')
      expect(await codeOf(driver.transaction(async () => 1))).to.equal('database-closed')
      expect(await codeOf(driver.reader())).to.equal('database-closed')
      expect(await codeOf(reader.all('SELECT 1'))).to.equal('database-closed')
    })

    it('leaves one file behind when it is closed', async () => {
      const reader = await driver.reader()
      await reader.all('SELECT * FROM t')
      await driver.get('SELECT * FROM t')
      await driver.close()
      expect(await readdir(scratch.folder)).to.deep.equal(['test.db'])
    })
  })
}
