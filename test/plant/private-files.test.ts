import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { recorded } from '../cli/recorded-terminal.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import { plantFile, scaling } from './change-plants.ts'

const files = { 'plant.yaml': plantFile, 'pipelines/scale.yaml': scaling() }

describe('files of a plant', function () {
  this.timeout(120_000)
  let folder: string
  let data: string
  let plant: ScratchPlant
  let umask: number

  before(async () => {
    // What a program makes without care can be read and written by everybody then.
    umask = process.umask(0)
    folder = await mkdtemp(join(tmpdir(), 'millrace-files-'))
    await chmod(folder, 0o755)
    data = join(folder, 'data')
    plant = await startScratch(files, { dataFolder: data })
  })
  after(async () => {
    await plant.stop()
    process.umask(umask)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  const modes = async (path: string): Promise<Readonly<Record<string, string>>> => {
    const found: Record<string, string> = { '.': modeOf((await stat(path)).mode) }
    for (const name of await readdir(path, { recursive: true })) {
      const info = await stat(join(path, name)).catch(() => undefined)
      if (info) found[name] = modeOf(info.mode)
    }
    return found
  }
  const modeOf = (mode: number): string => (mode & 0o777).toString(8)
  /** What was warned of since it was asked last. */
  const warnings = () => plant.lines.splice(0).filter((line) => line.includes('others on this machine'))

  it('are private from the first moment, whatever the umask is, and nothing is said of them', async () => {
    const kept = await modes(data)
    expect(kept).to.include({
      '.': '700',
      'meta.db': '600',
      'meta.db-wal': '600',
      'history.db': '600',
      'in-use': '600',
    })
    for (const [name, mode] of Object.entries(kept)) expect(mode, name).to.match(/^[67]00$/)
    const certificates = await modes(plant.certificatesFolder)
    expect(certificates).to.include({ '.': '700', 'own/own/private': '700', 'own/own/private/private_key.pem': '600' })
    expect(warnings()).to.deep.equal([])
  })

  it('have copies that are as private as they are, in a folder that is private', async () => {
    const output = join(folder, 'copies')
    const { code } = await recorded(['history', 'backup', plant.folder, '--data', data, '-o', output])
    expect(code).to.equal(0)
    expect(await modes(output)).to.deep.equal({ '.': '700', 'meta.db': '600', 'history.db': '600' })
  })

  it('are told of at the start, where others can read them, and stay as somebody has made them', async () => {
    await plant.stopAnd(async () => {
      await chmod(data, 0o755)
      await chmod(join(data, 'meta.db'), 0o644)
      await chmod(join(data, 'history.db'), 0o640)
    })
    const [ofData, ...others] = warnings()
    expect(others).to.deep.equal([])
    expect(ofData).to.match(
      /can read or change what is in \S+ \(history\.db, .*meta\.db.*; close it to them: chmod 700 /,
    )
    expect(ofData).to.include(`close it to them: chmod 700 ${data}"`)
    expect(await modes(data)).to.include({ '.': '755', 'meta.db': '644', 'history.db': '640' })
    const privateFolder = join(plant.certificatesFolder, 'client', 'private')
    await plant.stopAnd(async () => {
      await chmod(data, 0o700)
      // The folder above is the test's own, and closed.
      await chmod(join(plant.certificatesFolder, '..'), 0o755)
      await chmod(plant.certificatesFolder, 0o755)
      await mkdir(privateFolder, { recursive: true, mode: 0o755 })
      await writeFile(join(privateFolder, 'key.pem'), 'key', { mode: 0o644 })
    })
    expect(warnings().join()).to.include(`${plant.certificatesFolder} (client/private/key.pem)`)
    await plant.stopAnd(() => chmod(plant.certificatesFolder, 0o700))
    expect(warnings()).to.deep.equal([])
  })
})
