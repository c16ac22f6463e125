import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Edit } from '../../../src/history/history-store.ts'
import type { Corruption } from '../../../src/history/store/around.ts'
import { openHistory } from '../../../src/history/store/sqlite-history.ts'
import { openDatabase } from '../../../src/sqlite/open-database.ts'
import { openIn, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

describe('a damaged history', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let found: Corruption[]
  const onCorruption = (corruption: Corruption): void => {
    found.push(corruption)
  }

  beforeEach(async () => {
    folder = await temporaryFolder()
    found = []
  })

  afterEach(() => folder.remove())

  async function damage(sql: string): Promise<void> {
    const database = await openDatabase({ file: join(folder.path, 'history.db') })
    await database.exec(sql)
    await database.close()
  }

  it('reads a damaged chunk as one sample that tells how many were lost, and tells it once', async () => {
    let store = await openIn(folder.path)
    for (let batch = 0; batch < 3; batch++) {
      await store.append(Array.from({ length: 600 }, (_, index) => tagSample('a', batch * 600 + index, index)))
    }
    await store.close()
    await damage(
      `UPDATE chunk SET blob = CAST(substr(blob, 1, 50) || x'00ff' || substr(blob, 53) AS BLOB) WHERE id = 2`,
    )
    store = await openIn(folder.path, { onCorruption })
    const whole = await wholeOf(store, 'a')
    expect(whole.length).to.equal(1201)
    expect(whole.filter(({ status }) => status === 0x809d0000)).to.deep.equal([
      { time: 600, value: 600, status: 0x809d0000 },
    ])
    await wholeOf(store, 'a')
    expect([found, store.health().corrupt]).to.deep.equal([[{ kind: 'chunk', chunk: 2 }], 1])
    await store.close()
  })

  it('changes nothing of a damaged chunk, and what is around it all the same', async () => {
    const author = { user: 'anna', at: 0 }
    let store = await openIn(folder.path)
    for (let batch = 0; batch < 3; batch++) {
      await store.append(Array.from({ length: 600 }, (_, index) => tagSample('a', batch * 600 + index, index)))
    }
    await store.close()
    const spoil = `substr(blob, 1, 50) || x'00ff' || substr(blob, 53)`
    await damage(`UPDATE chunk SET blob = CAST(${spoil} AS BLOB) WHERE id = 2`)
    const blobOf = async (): Promise<unknown> => {
      const database = await openDatabase({ file: join(folder.path, 'history.db') })
      const row = await database.get('SELECT t0, t1, n, hex(blob) AS blob FROM chunk WHERE id = 2')
      await database.close()
      return row
    }
    const before = await blobOf()
    store = await openIn(folder.path, { onCorruption })
    const [lost, noEntry, inserted] = [0x809d0000, 0x80a00000, 0x00a20000]
    const entries = [600, 700.5, 1300].map((time) => ({ time, value: -1, status: 0 }))
    const statuses = async (edit: Edit): Promise<readonly number[]> => (await store.modify(edit, author)).statuses
    expect(await statuses({ kind: 'replace', tag: 'a', entries })).to.deep.equal([lost, lost, 0x00a30000])
    expect(await statuses({ kind: 'delete', tag: 'a', times: [600, 700, 5000] })).to.deep.equal([lost, lost, noEntry])
    expect(await statuses({ kind: 'delete', tag: 'a', from: 500, to: 1500 })).to.deep.equal([lost])
    expect(await wholeOf(store, 'a')).to.have.length(1201)
    // A gap may be filled from elsewhere, and what was filled in be changed again.
    expect(await statuses({ kind: 'insert', tag: 'a', entries: entries.slice(0, 2) })).to.deep.equal([
      inserted,
      inserted,
    ])
    expect(await statuses({ kind: 'replace', tag: 'a', entries: entries.slice(1, 2) })).to.deep.equal([0x00a30000])
    expect(await statuses({ kind: 'delete', tag: 'a', from: 0, to: 600 })).to.deep.equal([0])
    expect(await wholeOf(store, 'a')).to.have.length(603)
    expect(found).to.deep.equal([{ kind: 'chunk', chunk: 2 }])
    await store.close()
    expect(await blobOf()).to.deep.equal(before)
  })

  it('goes on without a damaged row of the journal, and tells how much is gone', async () => {
    let store = await openIn(folder.path)
    for (let batch = 0; batch < 3; batch++)
      await store.append([tagSample('a', batch, batch), tagSample('b', batch, 'x')])
    await store.close()
    await damage(
      `UPDATE journal SET blob = CAST(substr(blob, 1, 20) || x'ff' || substr(blob, 22) AS BLOB) WHERE seq = 2`,
    )
    store = await openIn(folder.path, { onCorruption })
    expect((await wholeOf(store, 'a')).map(({ value }) => value)).to.deep.equal([0, 2])
    expect(found).to.deep.equal([{ kind: 'journal', lost: 2 }])
    await store.append([tagSample('a', 3, 3)])
    await store.close()
  })

  it('goes on without a damaged open chunk', async () => {
    const limits = { journal: { rowsMax: 1 } }
    let store = await openIn(folder.path, limits)
    for (let batch = 0; batch < 60; batch++) await store.append([tagSample('a', batch, batch)])
    await store.close()
    await damage(`UPDATE chunk SET blob = x'01' WHERE isOpen = 1`)
    store = await openIn(folder.path, { onCorruption })
    expect(store.health().corrupt).to.equal(1)
    expect(found[0]).to.have.property('lost').that.is.greaterThan(0)
    await store.append([tagSample('a', 100, 100)])
    expect((await wholeOf(store, 'a')).at(-1)?.value).to.equal(100)
    await store.close()
  })

  it('moves a file that is no database any more aside and starts a new one, with a notice', async () => {
    const store = await openIn(folder.path)
    await store.append([tagSample('a', 1, 1)])
    await store.close()
    const file = join(folder.path, 'history.db')
    await truncate(file, 4096)
    await writeFile(file, Buffer.alloc(200), { flag: 'r+' })
    const { store: fresh, notices } = await openHistory({ file, clock: { now: () => 0 } })
    expect(notices.map(({ kind }) => kind)).to.include('movedAside')
    await fresh.append([tagSample('a', 2, 2)])
    expect((await wholeOf(fresh, 'a')).map(({ value }) => value)).to.deep.equal([2])
    await fresh.close()
  })
})
