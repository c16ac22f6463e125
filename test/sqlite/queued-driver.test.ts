import { expect } from 'chai'
import type { SqlConnection } from '../../src/sqlite/connection.ts'
import { QueuedDriver } from '../../src/sqlite/queued-driver.ts'
import { sqlError } from '../../src/sqlite/sql-error.ts'
import { connectSqlite3 } from '../../src/sqlite/sqlite3-connection.ts'
import { codeOf, Scratch } from './scratch.ts'

/** A real connection of which single statements can be made to fail, as they do on a broken disk. */
class FailingConnection implements SqlConnection {
  readonly #real: SqlConnection
  /** Statements that fail, each as often as it stands here. */
  failing: string[] = []

  constructor(real: SqlConnection) {
    this.#real = real
  }

  async exec(sql: string): Promise<void> {
    const index = this.failing.indexOf(sql)
    if (index >= 0) {
      this.failing.splice(index, 1)
      throw sqlError('test.db', 10, new Error('disk I/O error'))
    }
    return this.#real.exec(sql)
  }

  run: SqlConnection['run'] = (sql, parameters) => this.#real.run(sql, parameters)
  all: SqlConnection['all'] = (sql, parameters) => this.#real.all(sql, parameters)
  close = (): Promise<void> => this.#real.close()
}

describe('a driver on a failing disk', () => {
  let scratch: Scratch
  let connection: FailingConnection
  let driver: QueuedDriver

  beforeEach(async () => {
    scratch = await Scratch.make()
    const file = scratch.path('test.db')
    connection = new FailingConnection(await connectSqlite3({ file, mode: 'write' }))
    const parts = { file, adapter: 'sqlite3', connect: connectSqlite3, writer: connection, readerPragmas: '' } as const
    driver = scratch.keep(new QueuedDriver(parts))
    await driver.exec('CREATE TABLE t(id INTEGER PRIMARY KEY)')
  })
  afterEach(() => scratch.close())

  const insert = (id: number) => driver.transaction((sql) => sql.run('INSERT INTO t VALUES (?)', [id]))

  it('keeps nothing of a transaction whose COMMIT has failed', async () => {
    connection.failing = ['COMMIT']
    expect(await codeOf(insert(1))).to.equal('database-disk')
    await insert(2)
    expect(await driver.all('SELECT id FROM t')).to.deep.equal([{ id: 2 }])
  })

  it('acknowledges nothing inside a transaction that could not be rolled back', async () => {
    connection.failing = ['COMMIT', 'ROLLBACK', 'ROLLBACK']
    expect(await codeOf(insert(1))).to.equal('database-disk')
    expect(await codeOf(driver.run('INSERT INTO t VALUES (2)'))).to.equal('database-disk')
    await driver.run('INSERT INTO t VALUES (3)')
    const reader = await driver.reader()
    expect(await reader.all('SELECT id FROM t')).to.deep.equal([{ id: 3 }])
  })

  it('asks nothing of a database that it cannot lock', async () => {
    connection.failing = ['BEGIN IMMEDIATE']
    let wasAsked = false
    const refused = driver.transaction(async () => {
      wasAsked = true
    })
    expect(await codeOf(refused)).to.equal('database-disk')
    expect(wasAsked).to.equal(false)
  })
})
