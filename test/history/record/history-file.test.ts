import { copyFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { HistoryStatus } from '../../../src/history/history-status.ts'
import { HistoryFile, type HistoryFileOptions } from '../../../src/history/record/history-file.ts'
import { VirtualClock } from '../../../src/model/clock.ts'
import { MillraceError } from '../../../src/model/errors.ts'
import type { DatabaseNotice } from '../../../src/sqlite/open-migrated.ts'
import { overwrite as writeOver } from '../../kit/disk-faults.ts'
import { codeOf } from '../../sqlite/scratch.ts'
import { openIn, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

describe('the file of a history', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let path: string
  let clock: VirtualClock
  let file: HistoryFile
  let notices: DatabaseNotice[]
  let failures: MillraceError[]
  let broken: boolean[]

  const fileOf = (options: Partial<HistoryFileOptions> = {}): HistoryFile =>
    new HistoryFile({
      ...{ file: path, clock, busyTimeoutMs: 50 },
      prepare: async ({ store }, isBroken) => {
        broken.push(isBroken)
        if (!isBroken) return
        const sample = { value: null, status: HistoryStatus.BadDataLost, sourceTime: clock.now() }
        await store.append([{ tag: 'a', sample }])
      },
      onNotice: (notice) => notices.push(notice),
      onFailure: (error) => failures.push(error),
      ...options,
    })

  beforeEach(async () => {
    folder = await temporaryFolder()
    path = join(folder.path, 'history.db')
    clock = new VirtualClock(Date.UTC(2026, 0, 1))
    notices = []
    failures = []
    broken = []
    file = fileOf()
  })
  afterEach(async () => {
    await file.close()
    await folder.remove()
  })

  const append = (...values: readonly number[]) =>
    file.ask(({ store }) => store.append(values.map((value) => tagSample('a', value, value))))
  const valuesOf = async (tag = 'a'): Promise<unknown[]> =>
    (await file.ask(({ store }) => wholeOf(store, tag))).map(({ value }) => value)
  const many = Array.from({ length: 3000 }, (_, index) => index)
  const asides = async (): Promise<string[]> =>
    (await readdir(folder.path)).filter((name) => /damaged-[^-]*$/.test(name))

  const overwrite = (position: number, bytes: Uint8Array): Promise<void> => writeOver(path, position, bytes)
  /** Brings everything from the log into the file itself. */
  const settle = () => file.ask(({ store }) => store.shrink())
  /** Asks again and again, a second apart, until it works. */
  const untilWell = async (): Promise<number> => {
    for (let seconds = 0; seconds < 200; seconds++) {
      const isWell = await file.probe().then(
        () => true,
        () => false,
      )
      if (isWell) return seconds
      await clock.advance(1000)
    }
    throw new Error('it did not get well')
  }

  it('is opened once, however many ask, and stays the same while all is well', async () => {
    const [one, other] = await Promise.all([file.open(), file.open()])
    await append(1)
    await file.probe()
    expect(one).to.equal(other)
    expect(await file.open()).to.equal(one)
    expect(broken).to.deep.equal([false])
    expect(await file.size()).to.be.greaterThan(4096)
  })

  it('is moved aside when its beginning is zeroed, and everything that can be read is in the new one', async () => {
    await append(...many)
    await settle()
    await overwrite(0, new Uint8Array(100))
    expect(await codeOf(file.probe())).to.equal('database-corrupt')
    expect(failures.map(({ code }) => code)).to.deep.equal(['database-corrupt'])
    expect(await untilWell()).to.be.at.most(1)
    expect(notices.map(({ kind }) => kind)).to.deep.equal(['created', 'movedAside', 'created', 'salvaged'])
    expect(await asides()).to.have.length(1)
    expect(await valuesOf()).to.deep.equal(many)
    // As everything could be read back, nothing has to be marked as lost.
    expect(broken).to.deep.equal([false, false])
    await append(5000)
    expect(await valuesOf()).to.have.length(many.length + 1)
  })

  it('says so in the history when a part could not be read back, and gives no number of a lost tag to another', async () => {
    await append(...many)
    for (let tag = 0; tag < 400; tag++) {
      await file.ask(({ store }) => store.append([tagSample(`tag${tag} ${'x'.repeat(200)}`, 1, tag)]))
    }
    await settle()
    const { driver } = await file.open()
    // The leaves of the table of tags, where the names stand.
    const pages = await driver
      .all<{ pageno: number }>(`SELECT pageno FROM dbstat WHERE name = 'tag' AND pagetype = 'leaf'`)
      .catch(() => [])
    const page = pages[2]?.pageno ?? (await pageWith(path, 'tag20 '))
    await overwrite((page - 1) * 4096, new Uint8Array(4096).fill(0x5a))
    await file.ask(({ store }) => store.declare([{ tag: 'new', dataType: 'Double' }])).catch(() => undefined)
    await untilWellOrSound()
    expect(await asides()).to.have.length(1)
    expect(broken).to.deep.equal([false, true])
    const rest = await valuesOf()
    expect(rest.at(-1)).to.equal(null)
    expect(rest.slice(0, -1)).to.deep.equal(many)
    await file.ask(({ store }) => store.append([tagSample('another', 1, 7)]))
    await file.close()
    const store = await openIn(folder.path)
    expect((await wholeOf(store, 'another')).map(({ value }) => value)).to.deep.equal([7])
    await store.close()
  })

  /** The damage is in a page that a look at the edges does not meet; opening the file again checks all of it. */
  const untilWellOrSound = async (): Promise<void> => {
    if (failures.length === 0) {
      await file.close()
      file = fileOf()
    }
    await untilWell()
  }

  for (const [how, harm] of Object.entries({
    'is cut off': () => truncate(path, 5000),
    'is emptied': () => truncate(path, 0),
    'is full of rubbish': () => overwrite(0, new Uint8Array(200_000).fill(0x5a)),
  })) {
    it(`is replaced within a second when it ${how}, and a new one goes on`, async () => {
      await append(...many)
      await settle()
      await harm()
      await file.probe().catch(() => undefined)
      await append(9000).catch(() => undefined)
      expect(await untilWell()).to.be.at.most(2)
      await append(9001)
      expect(await valuesOf()).to.include(9001)
      expect(broken.at(-1)).to.equal(true)
    })
  }

  it('is noticed when it was removed: the next write does not go into nowhere', async () => {
    await append(1, 2)
    await rm(path)
    expect(await codeOf(append(3))).to.equal('database-corrupt')
    expect(failures[0]?.message).to.contain('was taken away or replaced')
    await append(3)
    expect(await valuesOf()).to.deep.equal([3, null])
    expect(broken).to.deep.equal([false, true])
  })

  it('is noticed when another one stands in its place, and that one is used from then on', async () => {
    await append(1)
    const other = await temporaryFolder()
    const store = await openIn(other.path)
    await store.append([tagSample('a', 7, 7)])
    await store.close()
    await copyFile(join(other.path, 'history.db'), `${path}.new`)
    await rename(`${path}.new`, path)
    expect(await codeOf(valuesOf())).to.equal('database-corrupt')
    expect(await valuesOf()).to.deep.equal([7])
    expect(notices.at(-1)?.message).to.contain('the log of the one before was moved')
    expect(await file.ask(({ driver }) => driver.get('PRAGMA integrity_check'))).to.deep.equal({
      integrity_check: 'ok',
    })
    expect(broken).to.deep.equal([false, false])
    await other.remove()
  })

  it('loses nothing when its log is removed: it is written back', async () => {
    await append(1, 2, 3)
    await append(4)
    await rm(`${path}-wal`)
    expect(await codeOf(append(5))).to.equal('database-corrupt')
    expect(failures[0]?.message).to.contain('-wal alone')
    await append(5)
    expect(await valuesOf()).to.deep.equal([1, 2, 3, 4, 5])
    expect(await asides()).to.deep.equal([])
  })

  it('is replaced once a minute at most', async () => {
    await append(1)
    await rm(path)
    await append(2).catch(() => undefined)
    await append(2)
    await rm(path)
    await append(3).catch(() => undefined)
    expect(await codeOf(append(3))).to.equal('database-corrupt')
    expect(await untilWell()).to.be.within(55, 61)
    await append(4)
    await settle()
    await overwrite(0, new Uint8Array(100))
    expect(await codeOf(file.probe())).to.equal('database-corrupt')
    expect(await codeOf(file.probe())).to.equal('database-corrupt')
    expect(await asides()).to.deep.equal([])
    expect(await untilWell()).to.be.within(55, 61)
    expect(await asides()).to.have.length(1)
  })

  it('believes in damage that comes again although the file looks sound', async () => {
    await append(1, 2)
    const meet = () =>
      file.ask(async () => {
        throw new MillraceError('database-corrupt', 'met in use')
      })
    expect(await codeOf(meet())).to.equal('database-corrupt')
    expect(await valuesOf()).to.deep.equal([1, 2])
    expect(await asides()).to.deep.equal([])
    await clock.advance(59_000)
    expect(await codeOf(meet())).to.equal('database-corrupt')
    expect(await valuesOf()).to.deep.equal([1, 2])
    expect(await asides()).to.have.length(1)
    expect(notices.find(({ kind }) => kind === 'movedAside')?.message).to.contain('damaged (met in use)')
  })

  it('marks a break when that could not be done at first', async () => {
    await append(1)
    await file.close()
    await overwrite(0, new Uint8Array(4096))
    let isRefused = true
    const seen: boolean[] = []
    file = fileOf({
      prepare: async (_opened, isBroken) => {
        seen.push(isBroken)
        if (isRefused) throw new MillraceError('database-locked', 'somebody has it')
      },
    })
    expect(await codeOf(file.open())).to.equal('database-locked')
    await clock.advance(1000)
    isRefused = false
    await file.open()
    await clock.advance(1000)
    expect(seen).to.deep.equal([true, true])
  })

  it('gives everybody the same answer for a second after it could not be opened', async () => {
    const text = 'These are my notes. '.repeat(1000)
    await writeFile(path, text)
    const [one, other] = await Promise.all([file.open().catch((error) => error), file.open().catch((error) => error)])
    expect(one).to.equal(other)
    expect(one).to.have.property('code', 'database-foreign')
    await rm(path)
    expect(await codeOf(file.open())).to.equal('database-foreign')
    await clock.advance(1000)
    await append(1)
    expect(await valuesOf()).to.deep.equal([1])
  })

  it('lets those who are in the middle of reading go on with the one that follows', async () => {
    await append(...many)
    await settle()
    await overwrite(0, new Uint8Array(100))
    const results = await Promise.allSettled([file.probe(), ...many.slice(0, 20).map(() => valuesOf())])
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.have.property('code', 'database-corrupt')
      else if (result.value) expect(result.value).to.deep.equal(many)
    }
    await untilWell()
    expect(await valuesOf()).to.deep.equal(many)
  })

  it('answers nothing after it was closed', async () => {
    await append(1)
    await file.close()
    expect(await codeOf(file.open())).to.equal('database-closed')
    expect(await codeOf(append(2))).to.equal('database-closed')
    await file.close()
  })
})

async function pageWith(path: string, text: string): Promise<number> {
  return Math.floor((await readFile(path)).indexOf(text) / 4096) + 1
}
