import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeWhole } from '../../src/files/write-whole.ts'

describe('writing a file whole', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-versions-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('keeps the mode of the file that was there, and gives a new one the mode that is told, whatever the umask is', async () => {
    const modeOf = async (name: string) => (await stat(join(folder, name))).mode & 0o777
    const umask = process.umask(0o077)
    try {
      await writeWhole(join(folder, 'key'), 'secret', 0o600)
      await writeWhole(join(folder, 'open'), 'text', 0o644)
      expect([await modeOf('key'), await modeOf('open')]).to.deep.equal([0o600, 0o644])
      process.umask(0)
      await writeWhole(join(folder, 'key'), 'another')
      expect([await modeOf('key'), await readFile(join(folder, 'key'), 'utf8')]).to.deep.equal([0o600, 'another'])
    } finally {
      process.umask(umask)
    }
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
