import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { sqlAdapters } from '../../src/sqlite/driver.ts'
import { openMigrated } from '../../src/sqlite/open-migrated.ts'
import type { Schema } from '../../src/sqlite/schema.ts'
import { codeOf, Scratch } from './scratch.ts'

const schema: Schema = {
  name: 'tests',
  applicationId: 77,
  migrations: [
    { name: 'first', sql: `CREATE TABLE a(id INTEGER PRIMARY KEY, text TEXT) STRICT; INSERT INTO a VALUES (1, 'old')` },
    { name: 'second', sql: 'ALTER TABLE a ADD COLUMN more TEXT' },
    { name: 'third', sql: `UPDATE a SET more = text || '!'` },
  ],
}
const upTo = (version: number): Schema => ({ ...schema, migrations: schema.migrations.slice(0, version) })
const clock = { now: () => Date.UTC(2026, 10, 22, 1, 2, 3, 4) }

for (const adapter of sqlAdapters) {
  describe(`migrations on ${adapter}`, () => {
    let scratch: Scratch

    beforeEach(async () => {
      scratch = await Scratch.make()
    })
    afterEach(() => scratch.close())

    const open = async (wanted: Schema, file = scratch.path('test.db')) => {
      const opened = await openMigrated({ file, adapter, clock, schema: wanted })
      scratch.keep(opened.driver)
      return opened
    }

    for (let version = 0; version <= 3; version += 1) {
      it(`brings version ${version} to the newest`, async () => {
        if (version > 0) await (await open(upTo(version))).driver.close()
        const { driver, notices } = await open(schema)
        expect(await driver.all('SELECT * FROM a')).to.deep.equal([{ id: 1, text: 'old', more: 'old!' }])
        expect(await driver.get('PRAGMA user_version')).to.deep.equal({ user_version: 3 })
        expect(notices.map(({ kind }) => kind)).to.deep.equal([['created'], ['migrated'], ['migrated'], []][version])
      })
    }

    it('copies a database before it changes it', async () => {
      await (await open(upTo(1))).driver.close()
      const { notices } = await open(schema)
      const [notice] = notices
      expect(notice).to.include({ kind: 'migrated', from: 1, to: 3 })
      const backup = scratch.path('test.db.before-v3-20261122T010203.004Z')
      expect(notice?.message).to.contain(backup)
      const { driver } = await open(upTo(1), backup)
      expect(await driver.all('SELECT * FROM a')).to.deep.equal([{ id: 1, text: 'old' }])
    })

    it('leaves a database at the version before a migration that fails', async () => {
      const failing: Schema = {
        ...schema,
        migrations: [
          ...upTo(2).migrations,
          { name: 'wrong', sql: `UPDATE a SET more = 'half'; INSERT INTO nothing VALUES (1)` },
        ],
      }
      const error = await open(failing).catch((reason: Error) => reason)
      expect(error).to.have.property('code', 'database-failed')
      expect((error as Error).message).to.contain('version 3 (wrong)')
      const { driver } = await open(upTo(2))
      expect(await driver.all('SELECT * FROM a')).to.deep.equal([{ id: 1, text: 'old', more: null }])
    })

    it('refuses a newer version and changes nothing', async () => {
      await (await open(schema)).driver.close()
      const error = await open(upTo(2)).catch((reason: Error) => reason)
      expect(error).to.have.property('code', 'database-newer')
      expect((error as Error).message).to.contain('has version 3 and this program knows up to 2')
      expect(await readdir(scratch.folder)).to.deep.equal(['test.db'])
      expect((await open(schema)).notices).to.deep.equal([])
    })

    it('refuses a database of another program and leaves every byte of it', async () => {
      const other = await scratch.open({ adapter })
      await other.exec('CREATE TABLE mine(id); PRAGMA journal_mode = DELETE')
      await other.close()
      const before = await readFile(scratch.path('test.db'))
      expect(await codeOf(open(schema))).to.equal('database-foreign')
      expect(await readFile(scratch.path('test.db'))).to.deep.equal(before)
      expect(await readdir(scratch.folder)).to.deep.equal(['test.db'])
    })

    it('refuses a database of another kind whose tables are still in its log', async () => {
      const other = await scratch.open({ adapter })
      await other.exec('CREATE TABLE mine(id)')
      expect(await codeOf(open(schema))).to.equal('database-foreign')
    })
  })
}
