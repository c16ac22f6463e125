import { join } from 'node:path'
import { expect } from 'chai'
import { Catalogue, loadCatalogue } from '../../src/plugin/catalogue.ts'
import type { Fields } from '../../src/plugin/index.ts'
import { temporaryFolders } from './folder.ts'

const { folderWith, removeFolders } = temporaryFolders()
const builtIn = join(import.meta.dirname, '../../plugins')
const nothing = join(import.meta.dirname, 'no-such-folder')

const doubler = (type: string) => `
import { defineFunction, double } from 'millrace/plugin'
export default defineFunction({
  type: '${type}', description: 'Twice.', inputs: { a: double() }, outputs: { b: double() },
  compute: ({ a }: { a: number }) => ({ b: 2 * a }),
})`

describe('loadCatalogue', () => {
  after(removeFolders)

  it('finds every built-in plugin without a finding', async () => {
    const { catalogue, findings } = await loadCatalogue({ builtIn })
    expect(findings).to.deep.equal([])
    expect(catalogue.device('modbus')?.kind).to.equal('device')
    expect(catalogue.simulator('filler-plc')?.kind).to.equal('simulator')
    expect(catalogue.step('modbus')).to.equal(undefined)
  })

  it('loads TypeScript and JavaScript beside the plant file, wherever it lies, with our zod and rxjs', async () => {
    const plantFolder = folderWith({
      'plugins/twice.ts': doubler('TWICE'),
      'plugins/streams.js': `
        import { defineOperator, double } from 'millrace/plugin'
        import { map } from 'rxjs'
        import { z } from 'zod'
        const halve = defineOperator({
          type: 'halve', description: 'Half.', config: { by: z.number().default(2) },
          inputs: { a: double() }, outputs: { b: double() },
          stream: ({ a }, { by }) => ({ b: a.pipe(map((value) => value / by)) }),
        })
        export default [halve, { ...halve, type: 'halve2' }]`,
      'plugins/_part.ts': 'throw new Error("parts are not plugins")',
      'plugins/twice.test.ts': 'throw new Error("tests are not plugins")',
      'plugins/shared/more.ts': 'throw new Error("subfolders are not read")',
    })
    const { catalogue, findings } = await loadCatalogue({ builtIn: nothing, plantFolder })
    expect(findings).to.deep.equal([])
    expect(catalogue.types()).to.deep.equal(['TWICE', 'halve', 'halve2'])
    expect(catalogue.types('operator')).to.deep.equal(['halve', 'halve2'])
    expect(catalogue.types('step')).to.have.length(3)
    expect(catalogue.entries[2]?.origin).to.equal(join(plantFolder, 'plugins/twice.ts'))
    const own = await import('../../src/plugin/index.ts')
    const inputs = catalogue.step('TWICE')?.inputs as Fields | undefined
    expect(own.metaOf(inputs?.a as Fields[string]).dataType).to.equal('Double')
  })

  it('loads CommonJS too, which requires instead of importing', async () => {
    const plantFolder = folderWith({
      'plugins/old.js': `
        const { defineFunction, double } = require('millrace/plugin')
        const { Subject } = require('rxjs')
        module.exports = defineFunction({
          type: 'old', description: Subject.name, inputs: { a: double() }, outputs: { b: double() }, compute: ({ a }) => ({ b: a }),
        })`,
    })
    const { catalogue, findings } = await loadCatalogue({ builtIn: nothing, plantFolder })
    expect(findings).to.deep.equal([])
    expect(catalogue.step('old')?.description).to.equal('Subject')
  })

  it('prefers a copy of rxjs that the plant brings', async () => {
    const plantFolder = folderWith({
      'plugins/own.js': `
        import { defineFunction, text } from 'millrace/plugin'
        import { mark } from 'rxjs'
        export default defineFunction({
          type: mark, description: 'Own.', inputs: {}, outputs: { a: text() }, compute: () => ({ a: mark }),
        })`,
      'node_modules/rxjs/package.json': '{ "name": "rxjs", "type": "module", "exports": "./index.js" }',
      'node_modules/rxjs/index.js': 'export const mark = "of-the-plant"',
    })
    const { catalogue, findings } = await loadCatalogue({ builtIn: nothing, plantFolder })
    expect(findings).to.deep.equal([])
    expect(catalogue.types()).to.deep.equal(['of-the-plant'])
  })

  it('loads packages that the plant names, also those that only `import` can reach', async () => {
    const plantFolder = folderWith({
      'node_modules/@acme/drives/package.json':
        '{ "name": "@acme/drives", "type": "module", "exports": { "import": "./main.js" } }',
      'node_modules/@acme/drives/main.js': doubler('drive').replaceAll(': { a: number }', ''),
    })
    const packages = ['@acme/drives', 'not-installed-here', '../outside']
    const { catalogue, findings } = await loadCatalogue({ builtIn: nothing, plantFolder, packages })
    expect(catalogue.types()).to.deep.equal(['drive'])
    expect(catalogue.entries[0]?.origin).to.equal('@acme/drives')
    expect(findings.map(({ code, file }) => `${code} ${file}`).sort()).to.deep.equal([
      'plugin-invalid ../outside',
      'plugin-invalid not-installed-here',
    ])
  })

  it('reports each module that is unusable, and keeps the others', async () => {
    const plantFolder = folderWith({
      'plugins/empty.js': 'export const nothing = 1',
      'plugins/good.ts': doubler('good'),
      'plugins/hangs.js': 'await new Promise(() => {})\nexport default {}',
      'plugins/kind.js':
        'export default [{ kind: "driver" }, null, { kind: "function", type: "1x", inputs: {}, outputs: 3 }]',
      'plugins/syntax.js': 'export default {\n  a: ,\n}',
      'plugins/throws.js': 'throw new Error("no licence\\nsecond line")',
      'plugins/throws-text.js': 'throw "no luck"',
      'plugins/typed.ts': 'const a = 1\nexport default a as',
    })
    const { catalogue, findings } = await loadCatalogue({ builtIn: nothing, plantFolder, deadlineMs: 200 })
    expect(catalogue.types()).to.deep.equal(['good'])
    expect(new Set(findings.map(({ code }) => code))).to.deep.equal(new Set(['plugin-invalid']))
    const text = findings.map(({ message, line }) => `${message.replaceAll(plantFolder, '')} @${line ?? ''}`).join('\n')
    expect(text).to.match(/empty.js cannot be used: it has no default export/)
    expect(text).to.match(/hangs.js cannot be used: it did not load within 0.2 s/)
    expect(text).to.match(/kind.js cannot be used: plugin 1: its kind is "driver", not one of device, function/)
    expect(text).to.match(/kind.js cannot be used: plugin 2: it is null/)
    expect(text).to.match(/plugin 1x: its type is "1x"/)
    expect(text).to.match(/plugin 1x: outputs is missing or not fields/)
    expect(text).to.match(/plugin 1x: it needs either compute or computeSamples/)
    expect(text).to.match(/plugin 1x: its description is missing/)
    expect(text).to.match(/syntax.js cannot be used: it is not valid code: Unexpected token ',' @\n/)
    expect(text).to.match(/throws.js cannot be used: no licence @\n/)
    expect(text).to.match(/throws-text.js cannot be used: it threw no luck/)
    expect(text).to.match(/typed.ts cannot be used: it is not valid code: .* @2/)
  })

  it('reports a type that is taken; the first one counts', async () => {
    const plantFolder = folderWith({ 'plugins/a.ts': doubler('same'), 'plugins/b.ts': doubler('same') })
    const { catalogue, findings } = await loadCatalogue({ builtIn: nothing, plantFolder })
    expect(catalogue.entries).to.have.length(1)
    expect(findings).to.have.length(1)
    expect(findings[0]).to.include({ code: 'plugin-duplicate', file: join(plantFolder, 'plugins/b.ts') })
  })
})

describe('Catalogue', () => {
  it('keeps devices and steps of one name apart', () => {
    const step = {
      kind: 'function',
      type: 'x',
      description: 'X.',
      inputs: {},
      outputs: {},
      compute: () => ({}),
    } as const
    const device = {
      kind: 'device',
      type: 'x',
      description: 'X.',
      outputs: {},
      connect: async () => ({}) as never,
    } as const
    const catalogue = new Catalogue([
      { plugin: step, origin: 'a' },
      { plugin: device, origin: 'b' },
    ])
    expect(catalogue.step('x')).to.equal(step)
    expect(catalogue.device('x')).to.equal(device)
    expect(catalogue.types('device')).to.deep.equal(['x'])
  })
})
