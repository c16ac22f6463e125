import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { expect } from 'chai'
import { HistoryStatus } from '../src/history/history-status.ts'
import { diagnosticTag, historianDiagnostics, historianOwner } from '../src/model/diagnostics.ts'
import { HistorianRig, plantOf, roomy } from './history/historian-rig.ts'
import { until } from './kit/demo-plant.ts'
import { lockedByAnother, overwrite } from './kit/disk-faults.ts'

describe('a historian that gets into trouble', () => {
  let rig: HistorianRig

  beforeEach(async () => {
    rig = await HistorianRig.make()
  })
  afterEach(() => rig.stop())

  it('writes everything in order after another process has held the database, and is read meanwhile', async () => {
    await rig.makeSound()
    await rig.begin()
    rig.record('p.a', 4)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1, 2, 3, 4])
    const release = await lockedByAnother(rig.file, rig.folder)
    rig.undo.push(release)
    const values = Array.from({ length: 500 }, (_, index) => 5 + index)
    for (const value of values) rig.record('p.a', value)
    await rig.becomes('Locked')
    expect(await rig.valuesOf('p.a')).to.deep.equal([1, 2, 3, 4])
    await release()
    await rig.becomes('Ok')
    expect(await rig.valuesOf('p.a')).to.deep.equal([1, 2, 3, 4, ...values])
    expect(rig.lastMessage()).to.contain('no sample was dropped')
    expect([rig.figure('lostCount'), rig.figure('gapCount')]).to.deep.equal([0, 0])
  })

  it('sets a file aside that is damaged while it is used, marks the break, and loses nothing that came since', async () => {
    await rig.begin()
    const first = Array.from({ length: 5000 }, (_, index) => index)
    rig.record('p.a', ...first)
    rig.record('p.b', 1)
    expect(await rig.valuesOf('p.a')).to.deep.equal(first)
    await rig.historian.ask(({ store }) => store.shrink())
    const { size } = await stat(rig.file)
    await overwrite(rig.file, 4096, new Uint8Array(size - 4096).fill(0x5a))
    await until('the damage is met', () => rig.states().includes('Corrupt'))
    rig.record('p.a', 9000)
    await rig.becomes('Ok')
    rig.record('p.a', 9001)
    const kept = await rig.valuesOf('p.a')
    expect(kept.filter((value) => Number(value) >= 9000)).to.deep.equal([9000, 9001])
    expect((await rig.entries('p.b')).map(({ status }) => status)).to.deep.equal([HistoryStatus.BadDataLost])
    expect(existsSync(rig.file)).to.equal(true)
    expect((await readdir(rig.data)).filter((name) => name.includes('damaged'))).to.not.deep.equal([])
    expect(rig.lastMessage()).to.match(/kept again; no sample was dropped; .* moved to /)
  })

  it('begins a new file when it was removed while it is used', async () => {
    await rig.begin()
    rig.record('p.a', 1)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1])
    await rm(rig.file)
    rig.record('p.a', 2)
    await rig.becomes('Corrupt')
    await rig.becomes('Ok')
    expect((await rig.valuesOf('p.a')).filter((value) => value !== null)).to.deep.equal([2])
    expect(existsSync(rig.file)).to.equal(true)
  })

  it('keeps the next sample after a gap, also when it is within the deadband', async () => {
    await rig.begin({ recording: { batchAgeMs: 10, retryMs: 50, waitingMax: 1 } }, plantOf(['a'], 5))
    rig.record('p.a', 100)
    expect(await rig.valuesOf('p.a')).to.deep.equal([100])
    rig.space = { size: 1e12, free: 1e6 }
    await rig.becomes('Full')
    rig.record('p.a', 200, 300)
    rig.space = roomy
    await rig.becomes('Ok')
    rig.record('p.a', 301)
    rig.record('p.a', 302)
    expect(await rig.valuesOf('p.a')).to.have.members([100, 200, 1, 301])
  })

  it('shows all of its figures', async () => {
    await rig.begin()
    rig.record('p.a', 1, 2)
    rig.record('p.b', 3)
    await until('they are kept', () => rig.shown.get('@historian#recordedCount')?.value === 3)
    await until('it has looked', () => Number(rig.figure('databaseSize')) > 0)
    for (const { name } of historianDiagnostics) {
      expect(rig.historian.latest(diagnosticTag(historianOwner, name)), name).to.include({ status: 0 })
    }
    expect(rig.figure('lastWriteTime')).to.be.instanceOf(Date)
    expect([rig.figure('tagCount'), rig.figure('freeSpace'), rig.figure('reason')]).to.deep.equal([2, roomy.free, ''])
    expect(rig.historian.latest('plc1#state')).to.equal(undefined)
    expect(rig.events).to.deep.equal([])
  })
})
