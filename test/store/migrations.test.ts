import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { sqlAdapters } from '../../src/sqlite/driver.ts'
import { openMigrated } from '../../src/sqlite/open-migrated.ts'
import { metaSchema } from '../../src/store/meta-schema.ts'
import { Scratch } from '../sqlite/scratch.ts'
import { dumpOf, fixtureOf, rowsByTable } from './schema-dump.ts'

const folder = join(import.meta.dirname, 'fixtures')
const clock = { now: () => 0 }
const newest = metaSchema.migrations.length

describe('the fixtures of the schema', () => {
  it('are there for every version', () => {
    const wanted = metaSchema.migrations.map((_, index) => `meta-v${index + 1}.sql`)
    expect(readdirSync(folder).toSorted()).to.deep.equal(wanted)
  })

  for (let version = 1; version <= newest; version += 1) {
    it(`show that migrations up to ${version} are still what was released`, async () => {
      const fixture = readFileSync(join(folder, `meta-v${version}.sql`), 'utf8')
      expect(await fixtureOf(version)).to.equal(fixture)
    })
  }
})

for (const adapter of sqlAdapters) {
  describe(`the store's migrations on ${adapter}`, () => {
    let scratch: Scratch

    beforeEach(async () => {
      scratch = await Scratch.make()
    })
    afterEach(() => scratch.close())

    for (let version = 1; version <= newest; version += 1) {
      it(`bring version ${version} to the newest with every row`, async () => {
        const file = scratch.path('meta.db')
        const old = await scratch.open({ file, adapter })
        await old.exec(readFileSync(join(folder, `meta-v${version}.sql`), 'utf8'))
        const { event: _, ...before } = await rowsByTable(old)
        await old.close()
        const { driver, notices } = await openMigrated({ file, adapter, clock, schema: metaSchema })
        scratch.keep(driver)
        expect(notices.map(({ kind }) => kind)).to.deep.equal(version < newest ? ['migrated'] : [])
        const after = await rowsByTable(driver)
        for (const [table, rows] of Object.entries(before)) {
          // Columns that came later have their defaults.
          for (const [index, row] of rows.entries()) expect(after[table]?.[index]).to.deep.include(row)
        }
        const fresh = await openMigrated({ file: scratch.path('new.db'), adapter, clock, schema: metaSchema })
        scratch.keep(fresh.driver)
        expect(await dumpOf(driver)).to.deep.equal(await dumpOf(fresh.driver))
        expect(await driver.get('PRAGMA integrity_check')).to.deep.equal({ integrity_check: 'ok' })
      })
    }
  })
}
