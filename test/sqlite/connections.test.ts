import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { isReusable } from '../../src/sqlite/connection.ts'
import { sqlAdapters } from '../../src/sqlite/driver.ts'
import { Turns } from '../../src/sqlite/turns.ts'
import { codeOf, Scratch } from './scratch.ts'

const source = (file: string): string => JSON.stringify(join(import.meta.dirname, '../../src/sqlite', file))

describe('the package sqlite3', () => {
  it('is not loaded in a worker thread', async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads')
       import(${source('sqlite3-connection.ts')})
         .then(({ connectSqlite3 }) => connectSqlite3({ file: ':memory:', mode: 'write' }))
         .then(() => 'opened', (error) => error.message)
         .then((text) => parentPort.postMessage(text))`,
      { eval: true },
    )
    const [text] = (await once(worker, 'message')) as [string]
    await worker.terminate()
    expect(text).to.contain('must not be loaded in a worker thread')
  })
})

for (const adapter of sqlAdapters) {
  describe(`an open database on ${adapter}`, () => {
    let scratch: Scratch

    beforeEach(async () => {
      scratch = await Scratch.make()
    })
    afterEach(() => scratch.close())

    it('lets the process end while it is idle, and waits for what was asked', async () => {
      const code = `
        import { openDatabase } from ${source('open-database.ts')}
        const driver = await openDatabase({ file: process.argv[2], adapter: ${JSON.stringify(adapter)} })
        await driver.exec('CREATE TABLE t(id)')
        await driver.reader()
        driver.run('INSERT INTO t VALUES (1)').then(() => console.log('asked and done'))`
      const { writeFile } = await import('node:fs/promises')
      await writeFile(scratch.path('idle.mts'), code)
      const child = fork(scratch.path('idle.mts'), [scratch.path('test.db')], { silent: true })
      let output = ''
      child.stdout?.on('data', (chunk) => {
        output += String(chunk)
      })
      const [exitCode] = await once(child, 'close')
      expect({ exitCode, output: output.trim() }).to.deep.equal({ exitCode: 0, output: 'asked and done' })
    })

    it('opens and closes many times without leaving anything open', async () => {
      const before = process.getActiveResourcesInfo().length
      for (let round = 0; round < 5; round += 1) {
        const driver = await scratch.open({ adapter })
        await driver.exec('CREATE TABLE IF NOT EXISTS t(id)')
        const reader = await driver.reader()
        await reader.all('SELECT * FROM t')
        await driver.close()
      }
      await new Promise((resolve) => setImmediate(resolve))
      expect(process.getActiveResourcesInfo().length).to.be.at.most(before)
    })

    it('goes on after a reader was closed in the middle of its queue', async () => {
      const driver = await scratch.open({ adapter })
      const reader = await driver.reader()
      const asked = reader.all<{ n: number }>('SELECT 1 AS n')
      await Promise.all([reader.close(), reader.close()])
      expect(await asked).to.deep.equal([{ n: 1 }])
      expect(await codeOf(reader.snapshot(async () => 1))).to.equal('database-closed')
      expect(await driver.all('SELECT 2 AS n')).to.deep.equal([{ n: 2 }])
    })

    it('refuses calls beyond its bound instead of filling the memory', async () => {
      const driver = await scratch.open({ adapter })
      let release = (): void => {}
      const blocked = driver.transaction(
        () =>
          new Promise<void>((resolve) => {
            release = resolve
          }),
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
      const calls = Array.from({ length: 10_001 }, () => codeOf(driver.get('SELECT 1')))
      release()
      await blocked
      const codes = await Promise.all(calls)
      expect(codes.filter((code) => code === 'database-locked').length).to.equal(2)
      expect(codes.slice(0, 9_999).every((code) => code === undefined)).to.equal(true)
    })
  })
}

describe('a statement', () => {
  it('is kept prepared only when no cursor can stay open behind it', () => {
    const run = ['INSERT INTO t VALUES (1)', '  update t SET a = 1', 'DELETE FROM t', 'REPLACE INTO t VALUES (1)']
    expect(run.every((sql) => isReusable(sql, 'run'))).to.equal(true)
    const once = [
      'SELECT 1',
      'PRAGMA wal_checkpoint',
      'INSERT INTO t VALUES (1) RETURNING id',
      'WITH a AS (SELECT 1) SELECT 1',
      '',
    ]
    expect(once.some((sql) => isReusable(sql, 'run'))).to.equal(false)
    expect(isReusable('SELECT 1', 'all')).to.equal(true)
    expect(isReusable('PRAGMA user_version', 'all')).to.equal(false)
    expect(isReusable('VACUUM INTO ?', 'all')).to.equal(false)
  })
})

describe('turns', () => {
  it('are taken in the order in which they were asked for, whatever came of the ones before', async () => {
    const turns = new Turns()
    const order: number[] = []
    const work = (number: number) => async () => {
      order.push(number)
      await new Promise((resolve) => setTimeout(resolve, 3 - number))
      order.push(number)
      if (number === 1) throw new Error('wanted')
    }
    const all = [0, 1, 2].map((number) => turns.take(work(number)))
    expect(turns.waiting).to.equal(3)
    await Promise.allSettled(all)
    expect(order).to.deep.equal([0, 0, 1, 1, 2, 2])
    expect(turns.waiting).to.equal(0)
  })
})
