import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { Ballast } from '../../../src/history/record/ballast.ts'
import {
  DiskGuard,
  type DiskLevel,
  type DiskSpace,
  levelOf,
  spaceOfDisk,
} from '../../../src/history/record/disk-guard.ts'
import { VirtualClock } from '../../../src/model/clock.ts'
import { temporaryFolder } from '../kit.ts'

const gigabyte = 1024 ** 3

describe('the level of a disk', () => {
  const cases: readonly (readonly [string, DiskSpace, DiskLevel, DiskLevel])[] = [
    ['half of a small one is free', { size: 10 * gigabyte, free: 5 * gigabyte }, 'roomy', 'roomy'],
    ['a tenth is free', { size: 10 * gigabyte, free: gigabyte }, 'roomy', 'roomy'],
    ['less than a tenth is free', { size: 10 * gigabyte, free: 0.99 * gigabyte }, 'roomy', 'low'],
    ['less than 2 % is free', { size: 10 * gigabyte, free: 0.19 * gigabyte }, 'roomy', 'full'],
    ['300 GB of 4 TB are free', { size: 4096 * gigabyte, free: 300 * gigabyte }, 'roomy', 'roomy'],
    ['2 GB of 4 TB are free', { size: 4096 * gigabyte, free: 2 * gigabyte }, 'roomy', 'roomy'],
    ['1.9 GB of 4 TB are free', { size: 4096 * gigabyte, free: 1.9 * gigabyte }, 'roomy', 'low'],
    ['200 MB of 4 TB are free', { size: 4096 * gigabyte, free: 0.2 * gigabyte }, 'low', 'full'],
    ['nothing is free', { size: 4096 * gigabyte, free: 0 }, 'roomy', 'full'],
    ['a disk of nothing, as a pseudo file system has it', { size: 0, free: 0 }, 'roomy', 'roomy'],
    ['it was low, and there is a little more', { size: 10 * gigabyte, free: 1.1 * gigabyte }, 'low', 'low'],
    ['it was low, and there is a quarter more', { size: 10 * gigabyte, free: 1.25 * gigabyte }, 'low', 'roomy'],
    ['it was full, and there is a little more', { size: 10 * gigabyte, free: 0.24 * gigabyte }, 'full', 'full'],
    ['it was full, and there is a quarter more', { size: 10 * gigabyte, free: 0.26 * gigabyte }, 'full', 'low'],
    ['it was full, and there is plenty', { size: 10 * gigabyte, free: 5 * gigabyte }, 'full', 'roomy'],
  ]
  for (const [what, space, before, level] of cases) {
    it(`is ${level} when ${what}`, () => expect(levelOf(space, before)).to.equal(level))
  }
})

describe('a guard of a disk', () => {
  it('looks at once and every few seconds, one look at a time, until it is stopped', async () => {
    const clock = new VirtualClock()
    const seen: [DiskLevel, number][] = []
    let free = 50
    let release = (): void => undefined
    const guard = new DiskGuard({
      ...{ folder: '/nowhere', clock, everyMs: 3000 },
      spaceOf: async () => ({ size: 100, free }),
      onLook: async (level, space) => {
        seen.push([level, space.free])
        if (level === 'full') await new Promise<void>((done) => (release = done))
      },
    })
    expect(guard.space).to.equal(undefined)
    guard.start()
    guard.start()
    await clock.advance(3000)
    free = 5
    await clock.advance(3000)
    free = 1
    await clock.advance(3000)
    const asked = guard.look()
    await clock.advance(60_000)
    expect(seen).to.deep.equal([
      ['roomy', 50],
      ['roomy', 50],
      ['low', 5],
      ['full', 1],
    ])
    release()
    await asked
    free = 90
    await clock.advance(3000)
    expect(seen.at(-1)).to.deep.equal(['roomy', 90])
    await guard.stop()
    await clock.advance(60_000)
    expect([seen.length, clock.pending, guard.space?.free]).to.deep.equal([5, 0, 90])
  })

  it('says nothing while the folder is not there, and looks again', async () => {
    const folder = await temporaryFolder()
    const clock = new VirtualClock()
    let [looks, asked] = [0, 0]
    const guard = new DiskGuard({
      ...{ folder: join(folder.path, 'later'), clock, everyMs: 1000 },
      spaceOf: async (path) => {
        asked++
        return spaceOfDisk(path)
      },
      onLook: async () => void looks++,
    })
    guard.start()
    await guard.look()
    expect([looks, asked]).to.deep.equal([0, 1])
    await mkdir(join(folder.path, 'later'))
    await guard.look()
    expect([looks, asked]).to.deep.equal([1, 2])
    expect(guard.space?.size).to.be.greaterThan(guard.space?.free ?? 0)
    await guard.stop()
    await folder.remove()
  })
})

describe('a ballast', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let file: string
  const large = { size: 100 * gigabyte, free: 50 * gigabyte }

  beforeEach(async () => {
    folder = await temporaryFolder()
    file = join(folder.path, 'history.db.ballast')
  })
  afterEach(() => folder.remove())

  it('takes 8 MB of real room, once, and gives it back', async () => {
    const ballast = new Ballast(file)
    expect(await ballast.lackingOf(large)).to.equal(8 * 1024 * 1024)
    await ballast.hold(large)
    const { size, blocks, ino, mode } = await stat(file)
    expect(mode & 0o777).to.equal(0o600)
    expect([size, blocks * 512 >= size]).to.deep.equal([8 * 1024 * 1024, true])
    await ballast.hold(large)
    expect((await stat(file)).ino).to.equal(ino)
    expect(await ballast.lackingOf(large)).to.equal(0)
    expect(await ballast.release()).to.equal(true)
    expect(await ballast.release()).to.equal(false)
  })

  it('is a hundredth of a small disk, and is made anew when it was cut off', async () => {
    const ballast = new Ballast(file)
    const small = { size: 3_000_000, free: 2_000_000 }
    await ballast.hold(small)
    expect((await readFile(file)).length).to.equal(30_000)
    await writeFile(file, 'short')
    await ballast.hold(small)
    expect((await stat(file)).size).to.equal(30_000)
  })

  it('is left out where it cannot be made', async () => {
    await rm(folder.path, { recursive: true })
    const ballast = new Ballast(file)
    await ballast.hold(large)
    expect(await ballast.release()).to.equal(false)
    await mkdir(file, { recursive: true })
    expect(await ballast.release()).to.equal(false)
  })
})
