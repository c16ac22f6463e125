import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { base, HistorianRig, roomy } from './history/historian-rig.ts'
import { openIn } from './history/kit.ts'
import { until } from './kit/demo-plant.ts'
import { mountedSmall } from './kit/disk-faults.ts'

describe('a historian on a disk that gets full', () => {
  let rig: HistorianRig

  beforeEach(async () => {
    rig = await HistorianRig.make()
  })
  afterEach(() => rig.stop())

  it('stops before the disk is full, counts what does not fit into its buffer, and goes on by itself', async () => {
    await rig.begin({ recording: { batchAgeMs: 10, retryMs: 50, waitingMax: 3 } })
    rig.record('p.a', 1)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1])
    await until('there is a ballast', () => existsSync(`${rig.file}.ballast`))
    rig.space = { size: 1e12, free: 1e6 }
    await rig.becomes('Full')
    expect(rig.figure('reason')).to.match(
      /the disk of .*history.db has 1.0 MB free; make room, .* by itself with 336 MB/,
    )
    expect(rig.figure('freeSpace')).to.equal(1e6)
    await until('the ballast is gone', () => !existsSync(`${rig.file}.ballast`))
    rig.record('p.a', 2, 3, 4, 5, 6)
    rig.record('p.b', 7)
    await until('it is counted', () => rig.figure('waitingCount') === 3 && rig.figure('lostCount') === 3)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1])
    // A little more room is not enough: it would be full again at once.
    rig.space = { size: 1e12, free: 3e8 }
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(rig.figure('state')).to.equal('Full')
    rig.space = roomy
    await rig.becomes('Ok')
    rig.record('p.a', 8)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1, 2, 3, 4, 2, 8])
    expect(await rig.valuesOf('p.b')).to.deep.equal([1])
    const gap = rig.events.find((event) => event.kind === 'historyGap')
    expect(gap).to.include({ tags: 2, lost: 3, from: base + 5 })
    expect(gap?.message).to.equal('history has a gap: 3 samples of 2 tags were lost')
    expect(rig.states()).to.deep.equal(['Full', 'Ok'])
    expect(rig.lastMessage()).to.contain('3 samples dropped meanwhile')
    await until('there is a ballast again', () => existsSync(`${rig.file}.ballast`))
  })

  it('warns of a disk that is getting full and goes on', async () => {
    await rig.begin()
    rig.space = { size: 1e12, free: 1e9 }
    await until('it is told', () => rig.lines.some((line) => line.includes('has 1000 MB free; make room')))
    rig.record('p.a', 1)
    expect(await rig.valuesOf('p.a')).to.deep.equal([1])
    expect(rig.figure('state')).to.equal('Ok')
    rig.space = roomy
    await until('it is over', () => rig.lines.some((line) => line.includes('has enough room again')))
  })

  it('counts what a file that may not grow does not take, and goes on when it may', async () => {
    await rig.begin({
      opening: { busyTimeoutMs: 50, retryMs: 50, pagesMax: 60 },
      recording: { batchAgeMs: 5, retryMs: 50, waitingMax: 2000 },
    })
    let sent = 0
    const send = (): void => rig.record('p.a', ...Array.from({ length: 500 }, () => Math.sin(++sent)))
    await until('it is full', () => {
      send()
      return rig.figure('state') === 'Full'
    })
    for (let turn = 0; turn < 10; turn++) send()
    await rig.historian.ask(({ driver }) => driver.exec('PRAGMA max_page_count = 1000000'))
    await rig.becomes('Ok')
    expect(await rig.accounted()).to.equal(sent)
    await until('all is counted', () => Number(rig.figure('recordedCount')) + Number(rig.figure('lostCount')) === sent)
  })

  it('runs into a really full disk, counts every sample, and goes on when there is room again', async function () {
    this.timeout(30_000)
    const small = join(rig.folder, 'small')
    const unmount = mountedSmall(small, 4)
    if (!unmount) {
      console.log('      a small file system cannot be mounted here; this needs root')
      this.skip()
    }
    rig.undo.push(unmount)
    rig.file = join(small, 'history.db')
    await rig.begin({ guarding: { everyMs: 50 }, recording: { batchAgeMs: 5, retryMs: 50, waitingMax: 5000 } })
    let sent = 0
    const send = (): void => rig.record('p.a', ...Array.from({ length: 1000 }, () => Math.sin(++sent) * ++sent))
    const count = () => sent / 2
    send()
    await writeFile(join(small, 'others'), new Uint8Array(3_000_000))
    await until(
      'it is full',
      () => {
        send()
        return rig.figure('state') === 'Full' && Number(rig.figure('lostCount')) > 0
      },
      15_000,
    )
    expect(await rig.accounted()).to.be.greaterThan(0)
    // Not even the rest is there any more.
    await writeFile(join(small, 'rest'), new Uint8Array(4_000_000)).catch(() => undefined)
    for (let turn = 0; turn < 20; turn++) send()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(rig.figure('state')).to.equal('Full')
    await rm(join(small, 'others'))
    await rm(join(small, 'rest'))
    await until('it goes on', () => rig.figure('state') === 'Ok', 10_000)
    send()
    expect(await rig.accounted()).to.equal(count())
    await until(
      'all is counted',
      () => Number(rig.figure('recordedCount')) + Number(rig.figure('lostCount')) === count(),
    )
    await rig.historian.close()
    const store = await openIn(small)
    expect(store.health().corrupt).to.equal(0)
    await store.close()
  })
})
