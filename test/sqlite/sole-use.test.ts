import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { isMillraceError } from '../../src/model/errors.ts'
import { sqlAdapters } from '../../src/sqlite/driver.ts'
import { assertSoleUse } from '../../src/sqlite/sole-use.ts'
import { Scratch } from './scratch.ts'

for (const adapter of sqlAdapters) {
  describe(`sole use of a database on ${adapter}`, () => {
    let scratch: Scratch

    beforeEach(async () => {
      scratch = await Scratch.make()
    })
    afterEach(() => scratch.close())

    it('is told apart from that of somebody who has it open and does nothing', async () => {
      const file = scratch.path('a.db')
      const driver = await scratch.open({ file, adapter })
      await driver.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1)')
      const refusal = await assertSoleUse(file, adapter).catch((error: unknown) => error)
      expect(isMillraceError(refusal, 'database-locked')).to.equal(true)
      expect(await driver.get('SELECT a FROM t')).to.deep.equal({ a: 1 })
      await scratch.closeDrivers()
      await assertSoleUse(file, adapter)
      const again = await scratch.open({ file, adapter })
      expect(await again.get('PRAGMA journal_mode')).to.deep.equal({ journal_mode: 'wal' })
      expect(await again.get('SELECT a FROM t')).to.deep.equal({ a: 1 })
    })

    it('of a file that is not there makes none', async () => {
      await assertSoleUse(scratch.path('b.db'), adapter)
      expect(existsSync(scratch.path('b.db'))).to.equal(false)
    })
  })
}
