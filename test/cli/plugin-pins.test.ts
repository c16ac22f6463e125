import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from '../config/plant-folder.ts'
import { recorded } from './recorded-terminal.ts'

const plugin = (...types: readonly string[]) => `
import { defineFunction, double } from 'millrace/plugin'
export default [${types.map((type) => `'${type}'`).join(', ')}].map((type) => defineFunction({
  type, description: 'Twice.',
  inputs: { a: double({ description: 'A.' }) }, outputs: { b: double({ description: 'B.' }) },
  compute: ({ a }) => ({ b: 2 * a }),
}))`

const packageOf = (name: string, text: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', exports: './main.js' }),
  [`node_modules/${name}/main.js`]: text,
})

describe('millrace plugin list, pin and add', () => {
  after(removePlantFolders)

  async function plant(files: Readonly<Record<string, string>> = {}, extra = ''): Promise<string> {
    return plantFolder({
      'plant.yaml': `# ours\n${validPlant}${extra}`,
      'pipelines/watch.yaml': validPipeline,
      ...files,
    })
  }
  const pluginsOf = async (folder: string) => parse(await readFile(join(folder, 'plant.yaml'), 'utf8')).plugins

  it('list the modules of the plant with type, kind, file, hash and whether they are pinned', async () => {
    const folder = await plant({ 'plugins/two.js': plugin('one-of-two', 'two-of-two'), 'plugins/_shared.js': '' })
    const { code, out, err } = await recorded(['plugin', 'list', folder])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(/^one-of-two +function +plugins\/two.js +sha256-\S{44} +not pinned\ntwo-of-two /)
    expect(out).to.include('`millrace plugin pin` pins them')
    expect((await recorded(['plugin', 'list', await plant()])).out).to.equal('the plant has no plugins of its own\n')
  })

  it('pin all of them, and nothing else may be loaded from then on', async () => {
    const folder = await plant(
      { 'plugins/good.js': plugin('good'), ...packageOf('drives-a', plugin('drive-a')) },
      'plugins: [drives-a] # bought\n',
    )
    const pinned = await recorded(['plugin', 'pin', folder])
    expect(pinned).to.deep.include({ code: 0, err: '' })
    expect(pinned.out).to.match(/^pinned +good.js +sha256-\S+\npinned +drives-a +sha256-\S+\n$/)
    const written = await readFile(join(folder, 'plant.yaml'), 'utf8')
    expect(written)
      .to.match(/^# ours\n/)
      .and.include('# bought')
    expect(Object.keys((await pluginsOf(folder)).allow)).to.deep.equal(['good.js', 'drives-a'])
    expect((await recorded(['validate', folder])).err).to.equal('')
    await writeFile(join(folder, 'plugins', 'stray.js'), 'throw new Error("it was run")')
    const { code, err } = await recorded(['validate', folder])
    expect(code).to.equal(0)
    expect(err).to.include('plugin-refused (warning)').and.include('millrace plugin pin').and.not.include('it was run')
  })

  it('refuse a file that has changed since, where a pipeline asks for it, with both hashes and the place', async () => {
    const folder = await plant({
      'plugins/GT2.js': plugin('GT2'),
      'pipelines/other.yaml':
        'pipeline: other\nequipment: Acme/Line\nrun: { every: 1s }\nsteps:\n  s: { function: GT2, in: { a: 1 } }\noutputs:\n  o: { from: s.b }\n'.replace(
          'Acme/Line',
          parse(validPipeline).equipment,
        ),
    })
    await recorded(['plugin', 'pin', folder])
    const before = (await pluginsOf(folder)).allow['GT2.js']
    expect((await recorded(['validate', folder])).code).to.equal(0)
    await writeFile(join(folder, 'plugins', 'GT2.js'), `${plugin('GT2')}// changed\n`)
    const { code, err } = await recorded(['validate', folder])
    expect(code).to.equal(78)
    expect(err)
      .to.match(/other.yaml:5:18 plugin-refused/)
      .and.match(/plant.yaml:\d+:\d+ plugin-refused \(warning\)/)
    expect(err).to.include(`not ${before}`)
    expect((await recorded(['plugin', 'list', folder])).out).to.match(/^- +- +plugins\/GT2.js +sha256-\S+ +changed\n/)
    const again = await recorded(['plugin', 'pin', folder, 'GT2'])
    expect(again.out).to.include(`changed from ${before} to`)
    expect((await recorded(['validate', folder])).code).to.equal(0)
  })

  it('pin single ones by type, file or package, and keep the other pins and their names', async () => {
    const folder = await plant({
      'plugins/a1.js': plugin('a1'),
      'plugins/many.js': plugin('m1', 'm2'),
      'plugins/z.js': plugin('z'),
    })
    expect((await recorded(['plugin', 'pin', folder, 'm2', 'plugins/a1.js'])).code).to.equal(0)
    expect(Object.keys((await pluginsOf(folder)).allow)).to.deep.equal(['many.js', 'a1.js'])
    const text = await readFile(join(folder, 'plant.yaml'), 'utf8')
    await writeFile(join(folder, 'plant.yaml'), text.replace('a1.js:', 'a1:'))
    const { out } = await recorded(['plugin', 'pin', folder])
    expect(out)
      .to.match(/unchanged +a1 /)
      .and.match(/unchanged +many.js/)
      .and.match(/pinned +z.js/)
    const unknown = await recorded(['plugin', 'pin', folder, 'nobody'])
    expect(unknown.code).to.equal(2)
    expect(unknown.err).to.include('no module of the plant brings nobody; its modules are: plugins/a1.js')
  })

  it('drop pins of what is gone, when all are pinned', async () => {
    const old = `sha256-${'A'.repeat(43)}=`
    const folder = await plant({ 'plugins/b1.js': plugin('b1') }, `plugins:\n  allow:\n    gone.ts: ${old}\n`)
    expect((await recorded(['plugin', 'pin', folder])).out).to.match(
      new RegExp(`removed +gone.ts +${old.replace('+', '.')}`),
    )
    expect(Object.keys((await pluginsOf(folder)).allow)).to.deep.equal(['b1.js'])
  })

  it('add a package that loads and conforms, and pin it where pins count', async () => {
    const folder = await plant(packageOf('drives-b', plugin('drive-b')))
    const added = await recorded(['plugin', 'add', 'drives-b', '--plant', folder])
    expect(added).to.deep.equal({ code: 0, out: 'drives-b is added; it brings drive-b\n', err: '' })
    expect(await pluginsOf(folder)).to.deep.equal(['drives-b'])
    expect((await recorded(['plugin', 'add', 'drives-b', '--plant', folder])).out).to.include('listed already')
    const strict = await plant(packageOf('drives-c', plugin('drive-c')), 'plugins: { allow: {} }\n')
    expect((await recorded(['plugin', 'add', 'drives-c', '--plant', strict])).out).to.include('added, and pinned')
    const { packages, allow } = await pluginsOf(strict)
    expect([packages, Object.keys(allow)]).to.deep.equal([['drives-c'], ['drives-c']])
    expect((await recorded(['validate', strict])).err).to.equal('')
  })

  it('add none that is missing, does not load, or does not conform, and change nothing then', async () => {
    const folder = await plant({
      ...packageOf('broken-a', 'export default 5'),
      ...packageOf('broken-b', plugin('odd').replace('b: 2 * a', 'c: 1')),
    })
    const before = await readFile(join(folder, 'plant.yaml'), 'utf8')
    for (const [name, says] of [
      ['not-installed-here', /cannot find package/i],
      ['broken-a', /is a number, not a plugin/],
      ['broken-b', /odd: compute gives c, which is not declared/],
    ] as const) {
      const { code, err } = await recorded(['plugin', 'add', name, '--plant', folder])
      expect(code).to.equal(1)
      expect(err).to.match(says).and.include(`${name} is not added`)
    }
    expect((await recorded(['plugin', 'add', '../outside', '--plant', folder])).code).to.equal(2)
    expect(await readFile(join(folder, 'plant.yaml'), 'utf8')).to.equal(before)
  })

  it('touch no plant whose file cannot be understood, and run none of its plugins', async () => {
    const folder = await plant(
      { 'plugins/x.js': 'throw new Error("it was run")' },
      'plugins: { allow: { x: sha256-short } }\n',
    )
    expect((await recorded(['plugin', 'pin', folder])).code).to.equal(1)
    const { code, err } = await recorded(['validate', folder])
    expect(code).to.equal(78)
    expect(err).to.include('a hash as `millrace plugin pin` writes it').and.not.include('it was run')
    expect((await recorded(['plugin', 'list', '/nowhere'])).code).to.equal(69)
  })
})
