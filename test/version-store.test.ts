import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeWhole } from '../src/version-store.ts'

describe('writing a file whole', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-versions-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

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
