import { open as openFile, readdir } from 'node:fs/promises'
import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { good } from '../../src/model/sample.ts'
import { sqlAdapters } from '../../src/sqlite/driver.ts'
import type { DatabaseNotice } from '../../src/sqlite/open-migrated.ts'
import { programSaved } from '../../src/store/plant-state-store.ts'
import { runSaved } from '../../src/store/run-store.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { until } from '../kit/demo-plant.ts'
import { codeOf, Scratch } from '../sqlite/scratch.ts'

const run = (number: number) => ({
  ...{ runId: `run-${number}`, pipeline: 'fill', trigger: 'user', initiator: 'ada', startedAt: number },
  parameters: { note: good('x'.repeat(500), 1) },
})

for (const adapter of sqlAdapters) {
  describe(`a store on ${adapter} whose file is damaged while it is open`, () => {
    let scratch: Scratch
    let store: Store<unknown>
    let clock: VirtualClock
    let replaced: (readonly DatabaseNotice[])[]
    let errors: unknown[]

    beforeEach(async () => {
      scratch = await Scratch.make()
      clock = new VirtualClock(Date.UTC(2026, 10, 26))
      replaced = []
      errors = []
      store = await openStore({
        ...{ file: scratch.path('meta.db'), adapter, clock, synchronous: 'NORMAL' },
        onError: (error) => errors.push(error),
        onReplaced: (notices) => replaced.push(notices),
      })
    })
    afterEach(async () => {
      await store.close()
      await scratch.close()
    })

    /** Writes over the first page of a table, and lets every connection look at the file again. */
    async function damage(table: string): Promise<void> {
      const other = await scratch.open({ file: scratch.path('meta.db'), adapter })
      await other.run('INSERT OR REPLACE INTO last_value VALUES (?, ?)', ['other', '{'])
      await other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      const page = await other.get<{ rootpage: number }>('SELECT rootpage FROM sqlite_schema WHERE name = ?', [table])
      await scratch.closeDrivers()
      const handle = await openFile(scratch.path('meta.db'), 'r+')
      await handle.write(new Uint8Array(4096).fill(0x5a), 0, 4096, ((page?.rootpage ?? 1) - 1) * 4096)
      await handle.close()
    }

    async function fill(): Promise<void> {
      await store.definitions.append({ pipeline: 'fill', time: 1, initiator: 'x', comment: '', text: 'pipeline: fill' })
      for (let number = 0; number < 50; number += 1) await store.runs.save(run(number))
    }

    const kindsOf = (notices: readonly DatabaseNotice[] | undefined) => notices?.map(({ kind }) => kind)

    it('moves it aside, saves what can be read, and writes what waits into the new one', async () => {
      await fill()
      await damage('run')
      store.queue.add({ kind: 'run', statements: [runSaved(run(100))] })
      store.queue.add({ kind: 'state', statements: [programSaved({ pipeline: 'fill', state: 'Ready', time: 1 })] })
      await until('it is replaced', () => replaced.length === 1)
      await clock.advance(1000)
      expect(await store.queue.settled(5000)).to.equal(true)
      expect(kindsOf(replaced[0])).to.deep.equal(['movedAside', 'created', 'salvaged'])
      expect((await store.runs.find('run-100'))?.runId).to.equal('run-100')
      expect((await store.plantState.programs()).length).to.equal(1)
      expect(await store.definitions.read('fill', 1)).to.equal('pipeline: fill')
      const files = (await readdir(scratch.folder)).filter((name) => /damaged/.test(name) && !/-(wal|shm)$/.test(name))
      expect(files).to.deep.equal(['meta.db.damaged-20261126T000000.000Z'])
      expect(errors).to.deep.equal([])
    })

    it('has its conditions again, whatever could be read of them', async () => {
      store.conditions.save({ id: 'a', state: { acked: false } })
      await store.conditions.flush()
      await damage('condition')
      store.conditions.save({ id: 'b', state: { acked: true } })
      await until('it is replaced', () => replaced.length === 1)
      await clock.advance(1000)
      await store.conditions.flush()
      await store.close()
      store = await openStore({ file: scratch.path('meta.db'), adapter, clock, onError: () => {} })
      expect(store.conditions.load()).to.deep.equal([
        { id: 'a', state: { acked: false } },
        { id: 'b', state: { acked: true } },
      ])
    })

    it('notices it when it reads, and reads from the new one then', async () => {
      await fill()
      await damage('run')
      expect(await codeOf(store.runs.list({ limit: 10 }))).to.equal('database-corrupt')
      await until('it is replaced', () => replaced.length === 1)
      expect(await codeOf(store.runs.list({ limit: 10 }))).to.equal(undefined)
    })

    it('replaces it once a minute at most', async () => {
      await fill()
      await damage('run')
      await codeOf(store.runs.list({ limit: 10 }))
      await until('it is replaced', () => replaced.length === 1)
      await fill()
      await damage('run')
      await clock.advance(59_000)
      expect(await codeOf(store.runs.find('run-1'))).to.equal('database-corrupt')
      expect(await codeOf(store.runs.find('run-1'))).to.equal('database-corrupt')
      expect(replaced.length).to.equal(1)
      await clock.advance(1000)
      expect(await codeOf(store.runs.find('run-1'))).to.equal('database-corrupt')
      await until('it is replaced again', () => replaced.length === 2)
      expect(await codeOf(store.runs.find('run-1'))).to.equal(undefined)
    })
  })
}
