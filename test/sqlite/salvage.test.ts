import { open as openFile, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { type SqlDriver, sqlAdapters } from '../../src/sqlite/driver.ts'
import { openMigrated } from '../../src/sqlite/open-migrated.ts'
import { Scratch } from './scratch.ts'

const schema = {
  name: 'tests',
  applicationId: 77,
  migrations: [
    {
      name: 'first',
      sql: `CREATE TABLE numbered(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE named("the name" TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID`,
    },
  ],
}
const aside = 'test.db.damaged-19700101T000000.000Z'
const pageBytes = 4096

for (const adapter of sqlAdapters) {
  describe(`salvage on ${adapter}`, () => {
    let scratch: Scratch
    const rows = 1000

    const open = async () => {
      const file = scratch.path('test.db')
      const opened = await openMigrated({ file, adapter, clock: { now: () => 0 }, schema, isSalvaged: true })
      scratch.keep(opened.driver)
      return opened
    }
    const counts = async (driver: SqlDriver) =>
      driver.get<{ numbered: number; named: number }>(
        'SELECT (SELECT count(*) FROM numbered) AS numbered, (SELECT count(*) FROM named) AS named',
      )

    beforeEach(async () => {
      scratch = await Scratch.make()
      const { driver } = await open()
      await driver.transaction(async (sql) => {
        for (let row = 1; row <= rows; row += 1) {
          await sql.run('INSERT INTO numbered(text) VALUES (?)', [`text ${row} ${'x'.repeat(100)}`])
          await sql.run('INSERT INTO named VALUES (?, ?)', [`name ${String(row).padStart(4, '0')}`, new Uint8Array(50)])
        }
      })
      await scratch.closeDrivers()
    })
    afterEach(() => scratch.close())

    const overwrite = async (position: number, bytes: Uint8Array): Promise<void> => {
      const handle = await openFile(scratch.path('test.db'), 'r+')
      await handle.write(bytes, 0, bytes.length, position)
      await handle.close()
    }

    it('saves everything when only the header is gone', async () => {
      await overwrite(0, new Uint8Array(100))
      const damaged = await readFile(scratch.path('test.db'))
      const { driver, notices } = await open()
      expect(notices.map(({ kind }) => kind)).to.deep.equal(['movedAside', 'created', 'salvaged'])
      expect(notices[2]).to.include({ rows: 2 * rows })
      expect(await counts(driver)).to.deep.equal({ numbered: rows, named: rows })
      expect(await driver.get('SELECT text FROM numbered WHERE id = 7')).to.deep.equal({
        text: `text 7 ${'x'.repeat(100)}`,
      })
      expect(await readFile(scratch.path(aside))).to.deep.equal(damaged)
      expect((await readdir(scratch.folder)).filter((name) => name.includes('salvage'))).to.deep.equal([])
    })

    it('saves what lies on both sides of damage in the middle', async () => {
      const { size } = await stat(scratch.path('test.db'))
      const middle = Math.floor(size / pageBytes / 2)
      await overwrite(middle * pageBytes, new Uint8Array(pageBytes).fill(0x5a))
      const { driver, notices } = await open()
      expect(notices.map(({ kind }) => kind)).to.deep.equal(['movedAside', 'created', 'salvaged'])
      const { numbered = 0, named = 0 } = (await counts(driver)) ?? {}
      expect(numbered + named).to.be.within(2 * rows - 150, 2 * rows)
      expect(await driver.get('PRAGMA integrity_check')).to.deep.equal({ integrity_check: 'ok' })
      const { lastId } = await driver.run(`INSERT INTO numbered(text) VALUES ('next')`)
      expect(lastId).to.equal(rows + 1)
    })

    it('always ends, whatever page is damaged, and leaves a sound database', async function () {
      this.timeout(30_000)
      const sound = await readFile(scratch.path('test.db'))
      const pages = sound.length / pageBytes
      for (let page = 1; page < pages; page += Math.ceil(pages / 6)) {
        const damaged = Buffer.from(sound)
        for (let at = 0; at < pageBytes; at += 7) damaged[page * pageBytes + at] = (at * 31 + page) & 0xff
        await writeFile(scratch.path('test.db'), damaged)
        const { driver } = await open()
        expect(await driver.get('PRAGMA integrity_check')).to.deep.equal({ integrity_check: 'ok' })
        await scratch.closeDrivers()
      }
    })

    it('starts empty when nothing can be read', async () => {
      await writeFile(scratch.path('test.db'), new Uint8Array(20_000))
      const { driver, notices } = await open()
      expect(notices.map(({ kind }) => kind)).to.deep.equal(['movedAside', 'created'])
      expect(await counts(driver)).to.deep.equal({ numbered: 0, named: 0 })
    })

    it('saves rows that refer to others, whatever their tables are called, and leaves those out whose other is lost', async () => {
      const related = {
        name: 'tests',
        applicationId: 78,
        migrations: [
          {
            name: 'first',
            sql: `CREATE TABLE part(id INTEGER PRIMARY KEY, whole INTEGER NOT NULL REFERENCES whole) STRICT;
              CREATE TABLE whole(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT`,
          },
        ],
      }
      const file = scratch.path('related.db')
      const openRelated = async () => {
        const opened = await openMigrated({
          ...{ file, adapter, clock: { now: () => 0 }, schema: related, isSalvaged: true },
        })
        scratch.keep(opened.driver)
        return opened
      }
      const { driver } = await openRelated()
      await driver.transaction(async (sql) => {
        for (let id = 1; id <= 600; id += 1) {
          await sql.run('INSERT INTO whole(id, text) VALUES (?, ?)', [id, `the whole ${id} ${'x'.repeat(100)}`])
          await sql.run('INSERT INTO part(whole) VALUES (?)', [id])
        }
      })
      await scratch.closeDrivers()
      const sound = await readFile(file)

      await writeFile(file, Buffer.concat([new Uint8Array(100), sound.subarray(100)]))
      const whole = await openRelated()
      expect(whole.notices.at(-1)).to.include({ kind: 'salvaged', rows: 1200, isWhole: true })
      await scratch.closeDrivers()

      const page = Math.floor(sound.indexOf('the whole 300 ') / pageBytes)
      const damaged = Buffer.from(sound).fill(0x5a, page * pageBytes, (page + 1) * pageBytes)
      await writeFile(file, damaged)
      const rest = await openRelated()
      expect(rest.notices.at(-1)).to.include({ kind: 'salvaged', isWhole: false })
      const counted = await rest.driver.get<{ wholes: number; parts: number }>(
        'SELECT (SELECT count(*) FROM whole) AS wholes, (SELECT count(*) FROM part) AS parts',
      )
      expect(counted?.wholes).to.be.within(500, 599)
      expect(counted?.parts).to.equal(counted?.wholes)
      expect(rest.notices.at(-1)).to.include({ rows: Number(counted?.wholes) * 2 })
      expect(await rest.driver.all('PRAGMA foreign_key_check')).to.deep.equal([])
      expect(await rest.driver.get('PRAGMA foreign_keys')).to.deep.equal({ foreign_keys: 1 })
    })

    it('leaves a file alone that is larger than what is worth it', async () => {
      await overwrite(0, new Uint8Array(100))
      const file = scratch.path('test.db')
      const options = { file, adapter, clock: { now: () => 0 }, schema, isSalvaged: true, salvagedMaxBytes: 10_000 }
      const { driver, notices } = await openMigrated(options)
      scratch.keep(driver)
      expect(notices.map(({ kind }) => kind)).to.deep.equal(['movedAside', 'created'])
    })
  })
}
