import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { scaffoldPlugin } from '../../src/plugin/scaffold.ts'
import { complaintsAbout } from '../../src/plugin/testing.ts'
import { temporaryFolders } from './folder.ts'

const { folderWith, removeFolders } = temporaryFolders()
const kinds = ['device', 'function', 'block', 'operator'] as const
const runTests = join(import.meta.dirname, '../../src/plugin/run-tests.ts')

/** Runs the tests of a plant's plugins in a process of their own, as the command line does. */
async function testPlugins(folder: string): Promise<{ code: number; output: string }> {
  const script = `import { runPluginTests } from ${JSON.stringify(runTests)}
    process.exitCode = await runPluginTests({ folder: ${JSON.stringify(folder)} })`
  const args = ['--input-type=module', '--eval', script]
  return await promisify(execFile)(process.execPath, args).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  )
}

describe('scaffoldPlugin', () => {
  const folder = folderWith({})
  before(async () => {
    for (const kind of kinds) await scaffoldPlugin({ folder, type: `my-${kind}`, kind })
  })
  after(removeFolders)

  it('writes plugins of every kind that load and conform', async () => {
    const { catalogue, findings } = await loadCatalogue({ builtIn: folder, plantFolder: folder })
    expect(findings.filter(({ code }) => code !== 'plugin-duplicate')).to.deep.equal([])
    expect(catalogue.types()).to.deep.equal(kinds.map((kind) => `my-${kind}`).sort())
    for (const { plugin } of catalogue.entries) {
      expect(plugin.kind).to.equal(plugin.type.slice(3))
      expect(await complaintsAbout(plugin, plugin.kind === 'device' ? { config: { port: 1 } } : {})).to.deep.equal([])
    }
  })

  it('writes tests that pass, and that fail when the plugin is broken', async () => {
    const { code, output } = await testPlugins(folder)
    expect(code, output).to.equal(0)
    expect(output).to.match(/pass 7/)
    const file = join(folder, 'plugins/my-block.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace('+= elapsed', '+= 1'))
    const broken = await testPlugins(folder)
    expect(broken.code).to.equal(1)
    expect(broken.output).to.match(/fail 1/)
  }).timeout(30_000)

  it('overwrites nothing', async () => {
    const again = scaffoldPlugin({ folder, type: 'my-device', kind: 'function' })
    const error = await again.catch((thrown) => thrown)
    expect(error).to.have.property('code', 'folder-not-empty')
    expect(error.message).to.match(/my-device.ts exists already/)
  })

  it('refuses what cannot be a type', async () => {
    for (const type of ['../evil', '1st', 'a b', '']) {
      const error = await scaffoldPlugin({ folder, type, kind: 'block' }).catch((thrown) => thrown)
      expect(error).to.have.property('code', 'name-invalid')
    }
  })
})
