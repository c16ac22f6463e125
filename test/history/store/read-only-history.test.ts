import { chmod, copyFile, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { HistoryStore } from '../../../src/history/history-store.ts'
import type { Corruption } from '../../../src/history/store/around.ts'
import { openHistoryReadOnly, type ReadOnlyHistory } from '../../../src/history/store/read-only-history.ts'
import { type SqlAdapter, sqlAdapters } from '../../../src/sqlite/driver.ts'
import { openDatabase } from '../../../src/sqlite/open-database.ts'
import { codeOf } from '../../sqlite/scratch.ts'
import { openIn, readAll, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

const everything = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, limit: 1000 }

for (const adapter of sqlAdapters) {
  describe(`a history opened read-only on ${adapter}`, function () {
    this.timeout(30_000)
    let folder: Awaited<ReturnType<typeof temporaryFolder>>
    let file: string
    let opened: ReadOnlyHistory[]
    let store: HistoryStore | undefined

    beforeEach(async () => {
      folder = await temporaryFolder()
      file = join(folder.path, 'history.db')
      opened = []
      store = undefined
    })
    afterEach(async () => {
      for (const history of opened) await history.close()
      await store?.close()
      await folder.remove()
    })

    async function open(options: Partial<Parameters<typeof openHistoryReadOnly>[0]> = {}): Promise<ReadOnlyHistory> {
      const history = await openHistoryReadOnly({ file, adapter, ...options })
      opened.push(history)
      return history
    }

    /** What whoever administers the machine does to let somebody else look: a history is its owner's alone. */
    async function letOthersRead(where: string): Promise<void> {
      for (const name of await readdir(where)) if (name.startsWith('history.db')) await chmod(join(where, name), 0o644)
    }

    const write = async (): Promise<HistoryStore> => {
      store = await openIn(folder.path, { adapter, journal: { unsealedMax: 1000, rowsMax: 10 } })
      return store
    }

    it('reads what its writer reads, whatever is in chunks, in open chunks, in late ones and in the journal alone', async () => {
      const writer = await write()
      const sample = fc.record({ tag: fc.constantFrom('a', 'b', 'c'), time: fc.nat(5000), value: fc.nat() })
      const batches = fc.sample(fc.array(sample, { minLength: 1, maxLength: 400 }), { numRuns: 25, seed: 7 })
      for (const batch of batches) {
        await writer.append(batch.map(({ tag, time, value }) => tagSample(tag, time, value)))
      }
      const history = await open()
      expect(history.names).to.deep.equal(['a', 'b', 'c'])
      for (const tag of history.names) {
        for (const [start, end] of [
          [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
          [1000, 3000],
          [3000, 1000],
        ] as const) {
          const request = { tag, start, end, limit: 77 }
          expect(await readAll(history, request)).to.deep.equal(await readAll(writer, request))
        }
        expect(await history.neighbours(tag, 2500.5)).to.deep.equal(await writer.neighbours(tag, 2500.5))
      }
      await history.assertUnchanged()
    })

    it('is as it was when it was opened, whatever is written, sealed and written again meanwhile', async () => {
      const writer = await write()
      await writer.append(Array.from({ length: 900 }, (_, index) => tagSample('a', index, index)))
      const history = await open()
      for (let from = 900; from < 5000; from += 100) {
        await writer.append(Array.from({ length: 100 }, (_, index) => tagSample('a', from + index, from + index)))
      }
      await writer.append([tagSample('new', 0, 0)])
      const values = (await readAll(history, { tag: 'a', ...everything })).map(({ value }) => value)
      expect(values).to.deep.equal(Array.from({ length: 900 }, (_, index) => index))
      expect(history.names).to.deep.equal(['a'])
    })

    it('does not keep the log of its writer from shrinking', async () => {
      const writer = await write()
      await writer.append([tagSample('a', 0, 0)])
      await open()
      await writer.append([tagSample('a', 1, 1)])
      const database = await openDatabase({ file, adapter })
      const result = await database.all<{ busy: number; log: number; checkpointed: number }>(
        'PRAGMA wal_checkpoint(TRUNCATE)',
      )
      await database.close()
      expect(result).to.deep.equal([{ busy: 0, log: 0, checkpointed: 0 }])
    })

    it('takes only the tags into memory that are wanted', async () => {
      const writer = await write()
      await writer.append([tagSample('a', 1, 1), tagSample('b', 2, 2)])
      const history = await open({ isWanted: (tag) => tag === 'b' })
      expect(await readAll(history, { tag: 'a', ...everything })).to.deep.equal([])
      expect(await readAll(history, { tag: 'b', ...everything })).to.have.lengthOf(1)
      expect(history.names).to.deep.equal(['a', 'b'])
      expect((await history.kept()).map(({ tag }) => tag)).to.deep.equal(['b'])
    })

    it('tells what there is of each tag, in chunks and in the journal', async () => {
      const writer = await write()
      await writer.declare([
        { tag: 'b', dataType: 'Double' },
        { tag: 'none', dataType: 'String' },
      ])
      await writer.append(Array.from({ length: 700 }, (_, index) => tagSample('b', 100 + index, index)))
      await writer.append([tagSample('a', 5, 'x'), tagSample('b', 3, 3)])
      const [a, b, none] = await (await open()).kept()
      expect(a).to.deep.include({ tag: 'a', dataType: undefined, samples: 1, first: 5, last: 5 })
      expect(b).to.deep.include({ tag: 'b', dataType: 'Double', samples: 701, first: 3, last: 799 })
      expect(b?.bytes).to.be.greaterThan(0)
      expect(none).to.deep.equal({
        tag: 'none',
        dataType: 'String',
        samples: 0,
        first: undefined,
        last: undefined,
        bytes: 0,
      })
    })

    it('leaves the folder as it is when nobody writes', async () => {
      await (await write()).append([tagSample('a', 1, 1)])
      await store?.close()
      store = undefined
      const before = await stat(file)
      const history = await open()
      expect(await readAll(history, { tag: 'a', ...everything })).to.have.lengthOf(1)
      await history.assertUnchanged()
      await history.close()
      const after = await stat(file)
      expect([after.mtimeMs, after.size, after.ino]).to.deep.equal([before.mtimeMs, before.size, before.ino])
      expect(await readdir(folder.path)).to.deep.equal(['history.db'])
    })

    it('says so when a writer comes while it reads a file that nobody wrote', async () => {
      await (await write()).append([tagSample('a', 1, 1)])
      await store?.close()
      const history = await open()
      await (await write()).append([tagSample('a', 2, 2)])
      expect(await codeOf(history.assertUnchanged())).to.equal('database-changed')
      await store?.close()
      store = undefined
      // Also when that one has gone again.
      expect(await codeOf(history.assertUnchanged())).to.equal('database-changed')
    })

    it('reads the log that a killed writer has left, and leaves it to the next one', async () => {
      const writer = await write()
      await writer.append(Array.from({ length: 50 }, (_, index) => tagSample('a', index, index)))
      const crashed = join(folder.path, 'crashed')
      await mkdir(crashed)
      for (const part of ['', '-wal']) await copyFile(`${file}${part}`, join(crashed, `history.db${part}`))
      await letOthersRead(crashed)
      await chmod(folder.path, 0o755)
      await chmod(crashed, 0o555)
      await asNobody(async () => {
        const refusal = await open({ file: join(crashed, 'history.db') }).catch((error) => error)
        expect(refusal).to.have.property('code', 'database-read-only')
        expect(refusal.message).to.include('has a log that a crash has left')
      })
      await chmod(crashed, 0o755)
      const history = await open({ file: join(crashed, 'history.db') })
      expect(await readAll(history, { tag: 'a', ...everything })).to.have.lengthOf(50)
      await history.close()
      const next = await openIn(crashed, { adapter })
      expect(await wholeOf(next, 'a')).to.have.lengthOf(50)
      await next.close()
    })

    it('reads as a user who may not write, with and without a writer', async () => {
      const writer = await write()
      await writer.append([tagSample('a', 1, 1)])
      await letOthersRead(folder.path)
      await chmod(folder.path, 0o555)
      try {
        await asNobody(async () => {
          expect(await readAll(await open(), { tag: 'a', ...everything })).to.have.lengthOf(1)
        })
        await chmod(folder.path, 0o755)
        await writer.close()
        store = undefined
        await chmod(folder.path, 0o555)
        await asNobody(async () => {
          expect(await readAll(await open(), { tag: 'a', ...everything })).to.have.lengthOf(1)
        })
      } finally {
        await chmod(folder.path, 0o755)
      }
    })

    it('reads a damaged chunk as lost and goes on, and tells what of the journal is gone', async () => {
      const writer = await openIn(folder.path, { adapter })
      for (let batch = 0; batch < 3; batch++) {
        await writer.append(Array.from({ length: 600 }, (_, index) => tagSample('a', batch * 600 + index, index)))
      }
      await writer.append([tagSample('b', 1, 1)])
      await writer.append([tagSample('b', 2, 2)])
      await writer.close()
      await change(
        file,
        adapter,
        `UPDATE chunk SET blob = CAST(substr(blob, 1, 50) || x'00ff' || substr(blob, 53) AS BLOB) WHERE id = 2;
         UPDATE journal SET blob = x'01' WHERE seq = 5`,
      )
      const found: Corruption[] = []
      const history = await open({ onCorruption: (corruption) => found.push(corruption) })
      const whole = await readAll(history, { tag: 'a', ...everything })
      expect(whole.length).to.equal(1201)
      expect(whole[600]).to.deep.equal({ time: 600, value: 600, status: 0x809d0000 })
      await readAll(history, { tag: 'a', ...everything })
      expect(await readAll(history, { tag: 'b', ...everything })).to.have.lengthOf(1)
      expect(found).to.deep.equal([
        { kind: 'journal', lost: 1 },
        { kind: 'chunk', chunk: 2 },
      ])
      expect(await readdir(folder.path)).to.deep.equal(['history.db'])
    })

    it('refuses what is not there, not its own, damaged, or of another version, and leaves it as it is', async () => {
      const codes: unknown[] = []
      const attempt = async (): Promise<void> => {
        const names = await readdir(folder.path)
        codes.push(await codeOf(open()))
        expect(await readdir(folder.path)).to.deep.equal(names)
      }
      await attempt()
      await writeFile(file, '')
      await attempt()
      await writeFile(file, 'hello')
      await attempt()
      await truncate(file, 0)
      await (await openIn(folder.path, { adapter })).close()
      await change(file, adapter, 'PRAGMA user_version = 99')
      await attempt()
      await change(file, adapter, 'PRAGMA user_version = 0')
      await attempt()
      await change(file, adapter, 'PRAGMA application_id = 5')
      await attempt()
      await truncate(file, 4096)
      await writeFile(file, Buffer.alloc(200), { flag: 'r+' })
      await attempt()
      expect(codes).to.deep.equal([
        ...['file-unreadable', 'file-unreadable', 'database-foreign'],
        ...['database-newer', 'database-older', 'database-foreign', 'database-corrupt'],
      ])
    })
  })
}

async function change(file: string, adapter: SqlAdapter, sql: string): Promise<void> {
  const database = await openDatabase({ file, adapter })
  await database.exec(sql)
  await database.close()
}

/** Does something without the rights of root, which may write everywhere. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}
