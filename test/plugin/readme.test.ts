import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { loadPlant } from '../../src/load-plant.ts'
import * as fields from '../../src/plugin/index.ts'
import { runPluginTests } from '../../src/plugin/run-tests.ts'
import { complaintsAbout } from '../../src/plugin/testing.ts'
import { temporaryFolders } from './folder.ts'

const { folderWith, removeFolders } = temporaryFolders()
const root = join(import.meta.dirname, '../..')
const readmeFile = join(root, 'plugins/README.md')
const readme = readFileSync(readmeFile, 'utf8')

/** Code blocks by the file that their first line names. */
function filesOf(markdown: string): Record<string, string> {
  const blocks = [...markdown.matchAll(/```(?:ts|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)```/g)]
  return Object.fromEntries(blocks.map(([, name = '', text = '']) => [name, text]))
}

const tsconfig = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    paths: {
      'millrace/plugin': [join(root, 'src/plugin/index.ts')],
      'millrace/testing': [join(root, 'src/plugin/testing.ts')],
      rxjs: [join(root, 'node_modules/rxjs/dist/types/index.d.ts')],
      'modbus-serial': [join(root, 'node_modules/modbus-serial/index.d.ts')],
    },
  },
  include: ['plugins'],
}

describe('plugins/README.md', () => {
  const files = filesOf(readme)
  const folder = folderWith({
    ...files,
    'tsconfig.json': JSON.stringify(tsconfig),
    'package.json': '{ "type": "module" }',
  })
  after(removeFolders)

  it('names the file of every code block', () => {
    expect(Object.keys(files)).to.have.length(readme.match(/^```(ts|yaml)$/gm)?.length ?? 0)
    expect(Object.keys(files)).to.include('plugins/energy-meter.ts').and.to.include('plant.yaml')
  })

  it('shows plugins that load, conform, and make its plant valid', async () => {
    const { findings, catalogue, devices } = await loadPlant(folder)
    expect(findings).to.deep.equal([])
    expect(devices[0]?.outputs.map(({ name, unit }) => `${name} ${unit}`)).to.deep.equal(['voltage V', 'power kW'])
    const own = catalogue.entries.filter(({ origin }) => origin.startsWith(folder))
    expect(own).to.have.length(5)
    for (const { plugin } of own) expect(await complaintsAbout(plugin), plugin.type).to.deep.equal([])
  })

  it('shows code that type-checks', async () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const check = promisify(execFile)(process.execPath, [compiler, '--noEmit', '-p', folder])
    const output = await check.then(
      () => '',
      ({ stdout }) => stdout as string,
    )
    expect(output).to.equal('')
  }).timeout(60_000)

  it('shows tests that pass', async () => {
    const report = join(folder, 'report.txt')
    writeFileSync(report, '')
    expect(await runPluginTests({ folder, report })).to.equal(0)
    expect(readFileSync(report, 'utf8')).to.match(/pass 4/)
  }).timeout(60_000)

  it('links to files that exist, and lists every kind of field', () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => join(dirname(readmeFile), link))
    expect(links.filter((link) => !existsSync(link))).to.deep.equal([])
    const makers = Object.keys(fields).filter((name) =>
      /^(u?int(8|32)|double|float|boolean|text|choice|list|record|unit)$/.test(name),
    )
    expect(makers.filter((name) => !readme.includes(`\`${name}`))).to.deep.equal([])
  })
})
