import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { fileHash, folderHash } from '../../src/plugin/module-hash.ts'
import { judge } from '../../src/plugin/pins.ts'
import { temporaryFolders } from './folder.ts'

const { folderWith, removeFolders } = temporaryFolders()

const plugin = (type: string, extra = '') => `${extra}
import { defineFunction, double } from 'millrace/plugin'
export default defineFunction({
  type: '${type}', description: 'Twice.', inputs: { a: double({ description: 'A.' }) }, outputs: { b: double({ description: 'B.' }) },
  compute: ({ a }) => ({ b: 2 * a }),
})`

describe('hash of a module', () => {
  after(removeFolders)

  it('covers the file and everything local that it names, directly or through others', async () => {
    const folder = folderWith({
      'a.ts': "import { b } from './shared/b.ts'\nconst table = new URL('./table.json', import.meta.url)\n",
      'shared/b.ts': "export * from '../c.js'\nimport('./lazy.mjs')\n",
      'c.js': "require('./d')\nimport 'rxjs'\n",
      'd.js': 'module.exports = 1\n',
      'shared/lazy.mjs': "import './b.ts'\n",
      'table.json': '{"names": "./other.txt"}',
      'other.txt': 'not named by code',
    })
    const hashes = new Set([await fileHash(join(folder, 'a.ts'))])
    for (const name of ['shared/b.ts', 'c.js', 'd.js', 'shared/lazy.mjs', 'table.json', 'a.ts']) {
      writeFileSync(join(folder, name), `${name === 'table.json' ? '' : '//'} changed\n`, { flag: 'a' })
      hashes.add(await fileHash(join(folder, 'a.ts')))
    }
    expect(hashes.size).to.equal(7)
    writeFileSync(join(folder, 'other.txt'), 'changed')
    expect(hashes).to.include(await fileHash(join(folder, 'a.ts')))
    for (const hash of hashes) expect(hash).to.match(/^sha256-[A-Za-z0-9+/]{43}=$/)
  })

  it('does not depend on where the folder lies, but on names inside it', async () => {
    const files = { 'a.ts': "import './b.ts'\n", 'b.ts': '' }
    const same = await Promise.all(
      [folderWith(files), folderWith(files)].map((folder) => fileHash(join(folder, 'a.ts'))),
    )
    expect(same[0]).to.equal(same[1])
    const renamed = folderWith({ 'a.ts': "import './c.ts'\n", 'c.ts': '' })
    expect(await fileHash(join(renamed, 'a.ts'))).to.not.equal(same[0])
    const moved = await Promise.all(
      [{ ab: 'c' }, { a: 'bc' }].map((texts) => folderHash(folderWith(texts as Record<string, string>))),
    )
    expect(moved[0]).to.not.equal(moved[1])
  })

  it('covers all files of a package, but not the packages that it brings along', async () => {
    const folder = folderWith({ 'package.json': '{}', 'lib/a.js': '1', 'node_modules/x/index.js': '1' })
    const before = await folderHash(folder)
    writeFileSync(join(folder, 'node_modules/x/index.js'), '2')
    expect(await folderHash(folder)).to.equal(before)
    writeFileSync(join(folder, 'lib/a.js'), '2')
    expect(await folderHash(folder)).to.not.equal(before)
  })

  it('refuses what is missing', async () => {
    const folder = folderWith({})
    const failed = await fileHash(join(folder, 'none.ts')).catch((error: Error) => error.message)
    expect(failed).to.match(/ENOENT/)
  })
})

describe('pins', () => {
  after(removeFolders)
  const file = { kind: 'file', origin: '/p/plugins/meter.ts' } as const

  it('name a module by its file, its type or its package, or by its hash alone', () => {
    for (const key of ['meter.ts', 'plugins/meter.ts', 'meter']) {
      expect(judge(file, 'h1', { [key]: 'h1' })).to.deep.equal({ kind: 'pinned' })
      expect(judge(file, 'h2', { [key]: 'h1' })).to.deep.equal({ kind: 'changed', key, pinned: 'h1' })
    }
    expect(judge(file, 'h1', { 'of-another-name': 'h1' })).to.deep.equal({ kind: 'pinned' })
    expect(judge(file, 'h1', {})).to.deep.equal({ kind: 'unpinned' })
    expect(judge({ kind: 'package', origin: '@acme/meter' }, 'h2', { '@acme/meter': 'h1' }).kind).to.equal('changed')
  })

  it('let nothing else be loaded, of which no line is run', async () => {
    const marked = globalThis as { millraceRan?: string[] }
    marked.millraceRan = []
    const run = (name: string) => `globalThis.millraceRan?.push('${name}')`
    const plantFolder = folderWith({
      'plugins/good.js': plugin('good', run('good')),
      'plugins/changed.js': plugin('changed', run('changed')),
      'plugins/new.js': plugin('new', run('new')),
      'node_modules/drives/package.json': '{ "name": "drives", "type": "module", "exports": "./main.js" }',
      'node_modules/drives/main.js': plugin('drive', run('drive')),
    })
    const old = `sha256-${'A'.repeat(43)}=`
    const allow = {
      good: await fileHash(join(plantFolder, 'plugins/good.js')),
      'changed.js': old,
      drives: await folderHash(join(plantFolder, 'node_modules/drives')),
    }
    const sources = {
      builtIn: join(plantFolder, 'none'),
      plantFolder,
      packages: ['drives'],
      allow,
      plantFile: 'plant.yaml',
    }
    const { catalogue, findings } = await loadCatalogue(sources)
    expect(catalogue.types()).to.deep.equal(['drive', 'good'])
    expect(marked.millraceRan.sort()).to.deep.equal(['drive', 'good'])
    expect(findings.map(({ code, severity, file, path }) => ({ code, severity, file, path }))).to.deep.equal([
      { code: 'plugin-refused', severity: 'warning', file: 'plant.yaml', path: ['plugins', 'allow', 'changed.js'] },
      { code: 'plugin-refused', severity: 'warning', file: join(plantFolder, 'plugins/new.js'), path: [] },
    ])
    const now = await fileHash(join(plantFolder, 'plugins/changed.js'))
    expect(findings[0]?.message).to.include(now).and.include(old)
    expect(findings[1]?.remedy).to.include('millrace plugin pin')
    expect(catalogue.refusal('new')).to.match(/not among those/)
    expect([catalogue.refusal('good'), catalogue.refusal('never-heard-of')]).to.deep.equal([undefined, undefined])
  })

  it('follow links to the files behind them', async () => {
    const plantFolder = folderWith({ 'elsewhere.js': plugin('linked') })
    mkdirSync(join(plantFolder, 'plugins'))
    symlinkSync(join(plantFolder, 'elsewhere.js'), join(plantFolder, 'plugins/linked.js'))
    const allow = { linked: await fileHash(join(plantFolder, 'plugins/linked.js')) }
    const sources = { builtIn: join(plantFolder, 'none'), plantFolder, allow }
    expect((await loadCatalogue(sources)).catalogue.types()).to.deep.equal(['linked'])
    writeFileSync(join(plantFolder, 'elsewhere.js'), plugin('linked', '// changed'))
    expect((await loadCatalogue(sources)).catalogue.types()).to.deep.equal([])
  })

  it('tell of a module that has changed since the program loaded it', async () => {
    const plantFolder = folderWith({ 'plugins/late.js': plugin('late') })
    const sources = { builtIn: join(plantFolder, 'none'), plantFolder }
    expect((await loadCatalogue(sources)).findings).to.deep.equal([])
    writeFileSync(join(plantFolder, 'plugins/late.js'), plugin('later'))
    const { catalogue, findings } = await loadCatalogue(sources)
    expect(catalogue.types()).to.deep.equal(['late'])
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).to.deep.equal(['plugin-changed warning'])
  })
})
