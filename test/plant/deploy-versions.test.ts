import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { fileVersionStore, hashOf, memoryVersionStore, type VersionStore, writeWhole } from '../../src/version-store.ts'

const entry = { pipeline: 'fill', time: 1000, initiator: 'Ada', comment: 'first' }

describe('version store', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-versions-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const stores: readonly (readonly [string, () => VersionStore])[] = [
    ['in files', () => fileVersionStore(folder)],
    ['in memory', memoryVersionStore],
  ]
  for (const [name, make] of stores) {
    it(`${name} numbers what it keeps and gives it back`, async () => {
      const store = make()
      expect(await store.list('fill')).to.deep.equal([])
      expect(await store.append({ ...entry, text: 'a' })).to.deep.equal({ ...entry, version: 1, hash: hashOf('a') })
      await store.append({ ...entry, text: 'b', comment: 'second' })
      await store.append({ ...entry, pipeline: 'other', text: 'c' })
      const versions = await store.list('fill')
      expect(versions.map(({ version, comment }) => [version, comment])).to.deep.equal([
        [1, 'first'],
        [2, 'second'],
      ])
      expect(await store.read('fill', 1)).to.equal('a')
      expect([await store.read('fill', 3), await store.read('none', 1)]).to.deep.equal([undefined, undefined])
    })
  }

  it('in files keeps them for the next start, byte by byte', async () => {
    const text = 'pipeline: größer\n# no end of line'
    await fileVersionStore(folder).append({ ...entry, text })
    const again = fileVersionStore(folder)
    expect(await again.read('fill', 1)).to.equal(text)
    expect(await again.list('fill')).to.deep.equal([{ ...entry, version: 1, hash: hashOf(text) }])
    expect((await again.append({ ...entry, text: 'x' })).version).to.equal(2)
  })

  it('in files goes on without its index, and never gives a number twice', async () => {
    const store = fileVersionStore(folder)
    await store.append({ ...entry, text: 'a' })
    await store.append({ ...entry, text: 'b' })
    await writeFile(join(folder, 'fill', 'index.json'), '[{"version":')
    await rm(join(folder, 'fill', '1.yaml'))
    const [only] = await store.list('fill')
    expect(only).to.deep.equal({ pipeline: 'fill', version: 2, time: 0, initiator: '', comment: '', hash: hashOf('b') })
    expect((await store.append({ ...entry, text: 'c' })).version).to.equal(3)
    expect((await store.list('fill')).map(({ initiator }) => initiator)).to.deep.equal(['', 'Ada'])
  })

  it('in files refuses a name that leads out of its folder', async () => {
    const store = fileVersionStore(folder)
    for (const pipeline of ['../fill', 'a/b', '']) {
      const error = await store.append({ ...entry, pipeline, text: 'a' }).then(
        () => undefined,
        (reason: Error) => reason.message,
      )
      expect(error).to.include('is no id of a pipeline')
    }
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('leaves no draft behind, when a file cannot be written', async () => {
    const taken = join(folder, 'taken')
    await writeWhole(join(folder, 'whole'), 'text')
    await writeFile(taken, '')
    const error = await writeWhole(join(taken, 'file'), 'text').then(
      () => undefined,
      (reason: NodeJS.ErrnoException) => reason.code,
    )
    expect(error).to.equal('ENOTDIR')
    expect((await readdir(folder)).sort()).to.deep.equal(['taken', 'whole'])
  })
})
