import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { openHistory } from '../../../src/history/store/sqlite-history.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { openDatabase } from '../../../src/sqlite/open-database.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { tagSample, wholeOf } from '../../history/kit.ts'
import { recorded } from '../recorded-terminal.ts'
import { type KeptPlant, keptPlant } from './kit.ts'

describe('history backup', function () {
  this.timeout(30_000)
  let plant: KeptPlant
  let meta: Store<unknown>
  let output: string

  beforeEach(async () => {
    plant = await keptPlant()
    meta = await metaIn(plant.data)
    output = join(plant.folder, 'backups', 'today')
  })
  afterEach(async () => {
    await meta.close()
    await plant.remove()
  })

  const metaIn = (folder: string) =>
    openStore<unknown>({ file: join(folder, 'meta.db'), clock: systemClock, onError: () => undefined })
  const run = (...args: string[]) => recorded(['history', 'backup', plant.folder, '-o', output, ...args])

  it('copies both databases while they are open, and a plant goes on from the copies', async () => {
    await plant.store.append(Array.from({ length: 700 }, (_, index) => tagSample('a', index, index)))
    await meta.lastValues.save([tagSample('a', 699, 699)])
    const { code, out, err } = await run()
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(/^wrote \S+today.meta\.db \([\d.]+ kB\)\nwrote \S+today.history\.db \([\d.]+ kB\)\n$/)
    expect((await readdir(output)).toSorted()).to.deep.equal(['history.db', 'meta.db'])
    const { store, notices } = await openHistory({ file: join(output, 'history.db'), clock: systemClock })
    expect(notices).to.deep.equal([])
    expect((await wholeOf(store, 'a')).map(({ value }) => value)).to.deep.equal([...Array(700).keys()])
    await store.append([tagSample('a', 700, 700)])
    expect(await wholeOf(store, 'a')).to.have.lengthOf(701)
    await store.close()
    const restored = await metaIn(output)
    expect(restored.notices).to.deep.equal([])
    expect((await restored.lastValues.load()).get('a')?.value).to.equal(699)
    await restored.close()
  })

  it('has the state of one moment, with all that was acknowledged before it, while samples go on being written', async () => {
    let written = 0
    let isEnough = false
    const writing = (async () => {
      while (!isEnough) {
        // Both tags always have the same number of samples.
        const pair = (index: number) => [tagSample('a', index, index), tagSample('b', index, index)]
        await plant.store.append(Array.from({ length: 100 }, (_, index) => pair(written + index)).flat())
        written += 100
      }
    })()
    while (written < 5000) await new Promise((resolve) => setTimeout(resolve, 5))
    const before = written
    expect((await run()).code).to.equal(0)
    const after = written
    isEnough = true
    await writing
    const { store } = await openHistory({ file: join(output, 'history.db'), clock: systemClock })
    const [a, b] = [await wholeOf(store, 'a'), await wholeOf(store, 'b')]
    await store.close()
    expect(a).to.deep.equal(b)
    expect(a.length).to.be.within(before, after + 100)
    expect(a.map(({ value }) => value)).to.deep.equal([...a.keys()])
  })

  it('writes over nothing, and copies nothing then', async () => {
    await mkdir(output, { recursive: true })
    await writeFile(join(output, 'history.db'), 'mine')
    const { code, out, err } = await run()
    expect({ code, out }).to.deep.equal({ code: 1, out: '' })
    expect(err).to.include('error: file-exists')
    expect(await readdir(output)).to.deep.equal(['history.db'])
    expect(await readFile(join(output, 'history.db'), 'utf8')).to.equal('mine')
  })

  it('copies what there is, and says when there is nothing or no place for it', async () => {
    await plant.end()
    await rm(join(plant.data, 'history.db'))
    expect((await run()).code).to.equal(0)
    expect(await readdir(output)).to.deep.equal(['meta.db'])
    const nothing = await recorded(['history', 'backup', join(plant.folder, 'none'), '-o', output])
    expect(nothing.code).to.equal(69)
    expect(nothing.err).to.include('there is no meta.db or history.db').and.include('--data')
    expect((await recorded(['history', 'backup', plant.folder])).code).to.equal(2)
    const blocked = await recorded(['history', 'backup', plant.folder, '-o', join(output, 'meta.db', 'x')])
    expect(blocked).to.deep.include({ code: 69, out: '' })
    expect(blocked.err).to.include('cannot be made')
  })

  it('copies databases of any version, as they are, from a folder that nobody writes, and leaves it alone', async () => {
    await plant.store.append([tagSample('a', 1, 1)])
    await plant.end()
    await meta.close()
    const database = await openDatabase({ file: join(plant.data, 'history.db') })
    await database.exec('PRAGMA user_version = 0')
    await database.close()
    await chmod(plant.data, 0o555)
    const { code, err } = await run()
    await chmod(plant.data, 0o755)
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect((await readdir(plant.data)).toSorted()).to.deep.equal(['history.db', 'meta.db'])
    const copy = await openDatabase({ file: join(output, 'history.db') })
    expect(await copy.get('PRAGMA user_version')).to.deep.equal({ user_version: 0 })
    expect(await copy.get('SELECT count(*) AS n FROM journal')).to.deep.equal({ n: 1 })
    await copy.close()
  })
})
