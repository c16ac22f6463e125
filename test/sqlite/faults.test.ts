import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { type SqlDriver, sqlAdapters } from '../../src/sqlite/driver.ts'
import { damageOf } from '../../src/sqlite/integrity.ts'
import { isVersionEnough } from '../../src/sqlite/open-database.ts'
import { type OpenMigratedOptions, openMigrated } from '../../src/sqlite/open-migrated.ts'
import { mountedSmall, overwrite as writeOver, writeProtected } from '../kit/disk-faults.ts'
import { codeOf, Scratch } from './scratch.ts'

const schema = {
  name: 'tests',
  applicationId: 77,
  migrations: [{ name: 'first', sql: 'CREATE TABLE t(id INTEGER PRIMARY KEY, blob BLOB); CREATE INDEX i ON t(blob)' }],
}
const clock = { now: () => Date.UTC(2026, 10, 22, 1, 2, 3, 4) }
const aside = 'test.db.damaged-20261122T010203.004Z'

for (const adapter of sqlAdapters) {
  describe(`opening on ${adapter}`, () => {
    let scratch: Scratch

    beforeEach(async () => {
      scratch = await Scratch.make()
    })
    afterEach(() => scratch.close())

    const open = async (options: Partial<OpenMigratedOptions> = {}) => {
      const opened = await openMigrated({ file: scratch.path('test.db'), adapter, clock, schema, ...options })
      scratch.keep(opened.driver)
      return opened
    }

    const fill = async (driver: SqlDriver, rows = 200): Promise<void> =>
      driver.transaction(async (sql) => {
        for (let id = 0; id < rows; id += 1) await sql.run('INSERT INTO t(blob) VALUES (randomblob(1000))')
      })

    /** Writes over a part of the file of a closed database. */
    const overwrite = (position: number, bytes: Uint8Array): Promise<void> =>
      writeOver(scratch.path('test.db'), position, bytes)

    const expectNewOne = async (reason: string): Promise<void> => {
      const damaged = await readFile(scratch.path('test.db'))
      const { driver, notices } = await open()
      expect(notices.map(({ kind }) => kind)).to.deep.equal(['movedAside', 'created'])
      expect(notices[0]).to.include({ movedTo: scratch.path(aside) })
      expect(notices[0]?.message).to.contain(reason)
      expect(await readFile(scratch.path(aside))).to.deep.equal(damaged)
      expect(await driver.get('SELECT count(*) AS n FROM t')).to.deep.equal({ n: 0 })
    }

    it('makes the folder when it is missing', async () => {
      const { notices } = await open({ file: scratch.path('a', 'b', 'new.db') })
      expect(notices.map(({ kind }) => kind)).to.deep.equal(['created'])
    })

    it('says so when the folder cannot be made', async () => {
      await writeFile(scratch.path('file'), 'not a folder')
      expect(await codeOf(open({ file: scratch.path('file', 'x', 'new.db') }))).to.equal('file-unreadable')
    })

    it('says so when the file is a folder', async () => {
      await mkdir(scratch.path('test.db'))
      expect(await codeOf(open())).to.equal('file-unreadable')
    })

    it('says so when a driver is asked to open a folder', async () => {
      expect(await codeOf(scratch.open({ adapter, file: scratch.folder }))).to.equal('file-unreadable')
    })

    it('takes an empty file as a new one', async () => {
      await writeFile(scratch.path('test.db'), '')
      expect((await open()).notices.map(({ kind }) => kind)).to.deep.equal(['created'])
    })

    it('refuses a file that is not a database, and leaves it alone', async () => {
      const text = 'These are my notes. '.repeat(1000)
      await writeFile(scratch.path('test.db'), text)
      expect(await codeOf(open())).to.equal('database-foreign')
      expect(await readFile(scratch.path('test.db'), 'utf8')).to.equal(text)
    })

    it('moves a database with a zeroed header aside and starts anew', async () => {
      await fill((await open()).driver)
      await scratch.closeDrivers()
      await overwrite(0, new Uint8Array(100))
      await expectNewOne('its header is gone')
    })

    it('moves a database with a garbled header aside and starts anew', async () => {
      await fill((await open()).driver)
      await scratch.closeDrivers()
      await overwrite(0, new TextEncoder().encode('garbage garbage'))
      await expectNewOne('its header is gone')
    })

    it('moves a database that is damaged in its middle aside and starts anew', async () => {
      await fill((await open()).driver)
      await scratch.closeDrivers()
      const { size } = await stat(scratch.path('test.db'))
      await overwrite(Math.floor(size / 8192) * 4096, new Uint8Array(8192).fill(0x5a))
      await expectNewOne('damaged (')
    })

    it('moves a database that is cut short aside and starts anew', async () => {
      await fill((await open()).driver)
      await scratch.closeDrivers()
      await writeFile(scratch.path('test.db'), (await readFile(scratch.path('test.db'))).subarray(0, 10_000))
      await expectNewOne('damaged (')
    })

    it('keeps a log whose database is gone', async () => {
      await writeFile(scratch.path('test.db-wal'), 'left over')
      const { notices } = await open()
      expect(notices[0]?.message).to.contain('only its log is left')
      expect(await readFile(scratch.path(`${aside}-wal`), 'utf8')).to.equal('left over')
    })

    it('never writes over what was moved aside before', async () => {
      for (const name of [aside, `${aside}-2`]) await writeFile(scratch.path(name), name)
      await writeFile(scratch.path('test.db'), new Uint8Array(5000))
      expect((await open()).notices[0]).to.include({ movedTo: scratch.path(`${aside}-3`) })
      expect(await readFile(scratch.path(aside), 'utf8')).to.equal(aside)
    })

    it('lets a damaged file stay where it is when it may not be moved', async () => {
      await writeFile(scratch.path('test.db'), new Uint8Array(5000))
      expect(await codeOf(open({ canMoveAside: false }))).to.equal('database-corrupt')
      expect(await readFile(scratch.path('test.db'))).to.have.length(5000)
      expect((await open()).notices[0]).to.include({ movedTo: scratch.path(aside) })
    })

    it('says so when a damaged file cannot be moved aside', async function () {
      await writeFile(scratch.path('test.db'), new Uint8Array(5000))
      const undo = writeProtected(scratch.folder)
      if (!undo) this.skip()
      const failed = open()
      const message = await failed.catch((error: Error) => error.message)
      undo()
      expect(await codeOf(failed)).to.equal('database-corrupt')
      expect(message).to.match(/is damaged and cannot be moved aside .*; check the permissions of its folder/)
    })

    it('believes that a file is damaged when it is too large to be checked, or is no database any more', async () => {
      await fill((await open()).driver)
      await scratch.closeDrivers()
      // A small one is checked instead, and a sound one stays.
      expect((await open({ metDamage: 'a page' })).notices).to.deep.equal([])
      await scratch.closeDrivers()
      const large = await open({ metDamage: 'a page', checkedMaxBytes: 1000 })
      expect(large.notices[0]?.message).to.contain('damaged (a page)')
      await scratch.closeDrivers()
      await writeFile(scratch.path('test.db'), 'rubbish'.repeat(1000))
      expect(await codeOf(open())).to.equal('database-foreign')
      expect((await open({ metDamage: 'rubbish' })).notices[0]?.kind).to.equal('movedAside')
    })

    it('looks at the edges of a large database only', async () => {
      const { driver } = await open()
      await fill(driver)
      expect(await damageOf(driver)).to.equal(undefined)
      expect(await damageOf(driver, 1)).to.equal(undefined)
      await driver.close()
      const { size } = await stat(scratch.path('test.db'))
      await overwrite(Math.floor(size / 8192) * 4096, new Uint8Array(4096).fill(0x5a))
      expect((await open({ checkedMaxBytes: 1 })).notices).to.deep.equal([])
    })

    it('says that a database is locked after the busy timeout, and opens it later', async () => {
      const holder = (await open()).driver
      let refused: unknown
      let waitedMs = 0
      await holder.transaction(async () => {
        const started = performance.now()
        refused = await codeOf(open({ busyTimeoutMs: 100 }))
        waitedMs = performance.now() - started
      })
      expect(refused).to.equal('database-locked')
      expect(waitedMs).to.be.within(90, 3000)
      expect((await open({ busyTimeoutMs: 100 })).notices).to.deep.equal([])
    })

    it('refuses to write beyond its limit, keeps what it has, and goes on when there is room', async () => {
      const { driver } = await open({ pagesMax: 50 })
      await fill(driver, 20)
      expect(await codeOf(fill(driver, 500))).to.equal('database-full')
      expect(await driver.get('SELECT count(*) AS n FROM t')).to.deep.equal({ n: 20 })
      await driver.exec('PRAGMA max_page_count = 5000')
      await fill(driver, 500)
      expect(await driver.get('SELECT count(*) AS n FROM t')).to.deep.equal({ n: 520 })
    })

    it('refuses a file that may not be written', async function () {
      await (await open()).driver.close()
      const undo = writeProtected(scratch.path('test.db'))
      if (!undo) this.skip()
      try {
        expect(await codeOf(open())).to.equal('database-read-only')
      } finally {
        undo()
      }
      expect((await open()).notices).to.deep.equal([])
    })

    it('tells a full disk, and goes on when there is room again', async function () {
      const unmount = mountedSmall(scratch.path('small'), 1)
      if (!unmount) this.skip()
      try {
        const { driver } = await open({ file: scratch.path('small', 'test.db') })
        await fill(driver, 20)
        await writeFile(scratch.path('small', 'ballast'), new Uint8Array(200_000))
        expect(await codeOf(fill(driver, 900))).to.be.oneOf(['database-full', 'database-disk'])
        expect(await driver.get('SELECT count(*) AS n FROM t')).to.deep.equal({ n: 20 })
        await writeFile(scratch.path('small', 'ballast'), '')
        await fill(driver, 20)
        expect(await driver.get('SELECT count(*) AS n FROM t')).to.deep.equal({ n: 40 })
        await driver.close()
      } finally {
        unmount()
      }
    })
  })
}

describe('the version of SQLite', () => {
  it('is enough from 3.51.3 on', () => {
    expect(
      ['3.51.3', '3.52.0', '3.53.4', '4.0.0', '3.100.0'].filter((version) => !isVersionEnough(version)),
    ).to.deep.equal([])
    expect(['3.51.2', '3.51', '3.44.2', '2.99.99', ''].filter(isVersionEnough)).to.deep.equal([])
  })
})
