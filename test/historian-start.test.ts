import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { HistoryStatus } from '../src/history/history-status.ts'
import type { HistorianState } from '../src/model/event.ts'
import { openDatabase } from '../src/sqlite/open-database.ts'
import { base, HistorianRig } from './history/historian-rig.ts'
import { lockedByAnother, overwrite, writeProtected } from './kit/disk-faults.ts'

describe('a historian that starts in trouble', () => {
  let rig: HistorianRig

  beforeEach(async () => {
    rig = await HistorianRig.make()
  })
  afterEach(() => rig.stop())

  const causes: Readonly<Record<string, { state: HistorianState; remedy: RegExp; make: () => Promise<boolean> }>> = {
    'is locked': {
      state: 'Locked',
      remedy: /locked by another process; stop it/,
      make: async () => {
        await rig.makeSound()
        rig.undo.push(await lockedByAnother(rig.file, rig.folder))
        return true
      },
    },
    'belongs to somebody else': {
      state: 'Unavailable',
      remedy: /choose another path, or move the file away/,
      make: async () => {
        await writeFile(rig.file, 'minutes of the last meeting\n'.repeat(50))
        rig.undo.push(() => rename(rig.file, join(rig.folder, 'minutes')))
        return true
      },
    },
    'was written by a newer version': {
      state: 'Unavailable',
      remedy: /install the newer program/,
      make: async () => {
        await rig.makeSound()
        const version = async (change: number) => {
          const driver = await openDatabase({ file: rig.file })
          const now = await driver.get<{ user_version: number }>('PRAGMA user_version')
          await driver.exec(`PRAGMA user_version = ${Number(now?.user_version) + change}`)
          await driver.close()
        }
        await version(9)
        rig.undo.push(() => version(-9))
        return true
      },
    },
    'may not be written': {
      state: 'ReadOnly',
      remedy: /check the permissions/,
      make: async () => {
        await rig.makeSound()
        const release = writeProtected(rig.file)
        if (release) rig.undo.push(release)
        return release !== undefined
      },
    },
    'cannot be made in its folder': {
      state: 'Unavailable',
      remedy: /check the path and its permissions/,
      make: async () => {
        const release = writeProtected(rig.data)
        if (release) rig.undo.push(release)
        return release !== undefined
      },
    },
    'is a folder': {
      state: 'Unavailable',
      remedy: /check what it is and its permissions/,
      make: async () => {
        await mkdir(rig.file)
        rig.undo.push(() => rm(rig.file, { recursive: true }))
        return true
      },
    },
  }
  for (const [what, { state, remedy, make }] of Object.entries(causes)) {
    it(`says so at its start when the file ${what}, and begins by itself when the cause is gone`, async function () {
      if (!(await make())) this.skip()
      await rig.begin()
      expect(rig.figure('state')).to.equal(state)
      expect(rig.figure('reason')).to.contain(rig.file)
      expect(rig.figure('reason')).to.match(remedy)
      expect(rig.lines.join('')).to.contain('the plant runs on')
      rig.record('p.a', 4)
      expect(await rig.valuesOf('p.a').catch((error) => error)).to.have.property('code')
      expect(rig.figure('lostCount')).to.equal(0)
      for (const each of rig.undo.splice(0).reverse()) await each()
      await rig.becomes('Ok')
      const made = ['belongs to somebody else', 'cannot be made in its folder', 'is a folder'].includes(what)
      expect(await rig.valuesOf('p.a')).to.deep.equal(made ? [4] : [1, 2, 3, 4])
      expect(rig.states()).to.deep.equal([state, 'Ok'])
    })
  }

  it('becomes well without a sample too', async () => {
    await mkdir(rig.file)
    await rig.begin()
    await rig.becomes('Unavailable')
    await rm(rig.file, { recursive: true })
    await rig.becomes('Ok')
    expect(rig.states().at(-1)).to.equal('Ok')
  })

  it('says that a file was damaged that is set aside at its start, and what came of it', async () => {
    await rig.makeSound()
    await overwrite(rig.file, 0, new Uint8Array(100))
    await rig.begin()
    await rig.becomes('Ok')
    expect(rig.states()).to.deep.equal(['Corrupt', 'Ok'])
    const texts = rig.events.map(({ message }) => message)
    expect(texts[0]).to.match(/history.db is damaged .* moved to .*history.db.damaged-.* new one was started/)
    expect(texts[1]).to.match(/kept again; no sample was dropped; .*moved to .*; \d+ rows of .* could still be read/)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1, 2, 3])
  })

  it('tells in the history what could not be kept when the program ended, once', async () => {
    await rig.makeSound()
    const release = await lockedByAnother(rig.file, rig.folder)
    rig.undo.push(release)
    for (const values of [[4, 5], [6]]) {
      await rig.begin()
      rig.record('p.a', ...values)
      await rig.historian.close()
    }
    await release()
    for (let turn = 0; turn < 2; turn++) {
      await rig.begin()
      expect(await rig.valuesOf('p.a')).to.deep.equal([1, 2, 3, 3])
      expect((await rig.entries('p.a')).at(-1)).to.deep.equal({
        ...{ time: base + 4, status: HistoryStatus.BadDataLost, value: 3 },
      })
      await rig.historian.close()
    }
    expect((await readdir(rig.data)).filter((name) => name.includes('gaps'))).to.deep.equal([])
  })
})
