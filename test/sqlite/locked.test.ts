import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { sqlAdapters } from '../../src/sqlite/driver.ts'
import { openMigrated } from '../../src/sqlite/open-migrated.ts'
import { codeOf, Scratch } from './scratch.ts'

const source = JSON.stringify(join(import.meta.dirname, '../../src/sqlite/open-database.ts'))
const schema = { name: 'tests', applicationId: 77, migrations: [{ name: 'first', sql: 'CREATE TABLE t(id)' }] }

/** How another process can hold a database: while it writes, or all the time. */
const holds = {
  'in a transaction': `await driver.transaction(async (sql) => {
    await sql.run('INSERT INTO t VALUES (99)')
    process.send('holding')
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  })`,
  exclusively: `await driver.exec('PRAGMA locking_mode = EXCLUSIVE; INSERT INTO t VALUES (98); DELETE FROM t WHERE id = 98')
    process.send('holding')
    setTimeout(() => {}, 60_000)`,
}

for (const adapter of sqlAdapters) {
  describe(`a database that another process holds, on ${adapter}`, () => {
    let scratch: Scratch
    let holder: ChildProcess | undefined

    beforeEach(async () => {
      scratch = await Scratch.make()
    })
    afterEach(async () => {
      await release()
      await scratch.close()
    })

    const open = async () => {
      const file = scratch.path('test.db')
      const opened = await openMigrated({ file, adapter, clock: { now: () => 0 }, schema, busyTimeoutMs: 100 })
      return scratch.keep(opened.driver)
    }

    const hold = async (code: string): Promise<void> => {
      const program = `import { openDatabase } from ${source}
        const driver = await openDatabase({ file: process.argv[2], adapter: '${adapter}' })
        ${code}`
      await writeFile(scratch.path('hold.mts'), program)
      holder = fork(scratch.path('hold.mts'), [scratch.path('test.db')])
      await once(holder, 'message')
    }

    const release = async (): Promise<void> => {
      if (holder?.exitCode !== null || holder.signalCode !== null) return
      const exited = once(holder, 'exit')
      holder.kill('SIGKILL')
      await exited
    }

    for (const [how, code] of Object.entries(holds)) {
      it(`is refused as locked when it is held ${how}, and opened when the other is gone`, async () => {
        await (await open()).close()
        await hold(code)
        expect(await codeOf(open())).to.equal('database-locked')
        await release()
        const driver = await open()
        expect(await driver.all('SELECT * FROM t')).to.deep.equal([])
      })
    }

    it('is read on while another process writes, and written when it has ended', async () => {
      const driver = await open()
      await driver.run('INSERT INTO t VALUES (1)')
      const reader = await driver.reader()
      await hold(holds['in a transaction'])
      expect(await codeOf(driver.run('INSERT INTO t VALUES (2)'))).to.equal('database-locked')
      expect(await reader.all('SELECT * FROM t')).to.deep.equal([{ id: 1 }])
      await release()
      await driver.run('INSERT INTO t VALUES (3)')
      expect(await reader.all('SELECT * FROM t')).to.deep.equal([{ id: 1 }, { id: 3 }])
    })
  })
}
