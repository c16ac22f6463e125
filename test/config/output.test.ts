import { chmod, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { formatFindings } from '../../src/config/format-findings.ts'
import { pipelineJsonSchema, plantJsonSchema } from '../../src/config/json-schema.ts'
import { locate } from '../../src/config/locate.ts'
import { parseSource } from '../../src/config/parse-source.ts'
import { fault } from '../../src/config/report.ts'
import { writeSchemas } from '../../src/config/write-schemas.ts'
import { builtInPlugins } from '../../src/package-root.ts'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { plantFolder, removePlantFolders } from './plant-folder.ts'

const filesOf = (text: string) => ({ folder: '.', files: [parseSource('plant.yaml', text).source] })

describe('format findings', () => {
  const files = filesOf('plant: acme\nserver:\n  prt: 4840\n')
  const finding = fault('plant.yaml', 'key-unknown', ['server', 'prt'], {
    message: '"prt" is not a key of server',
    remedy: 'did you mean port?',
    atKey: true,
  })

  it('shows place, code, message, the line with a caret, and the remedy', () => {
    expect(formatFindings(locate([finding], files), files)).to.equal(
      'plant.yaml:3:3 key-unknown "prt" is not a key of server\n    3 |   prt: 4840\n          ^\n    remedy: did you mean port?\n',
    )
  })

  it('says the same in colour', () => {
    const colored = formatFindings(locate([finding], files), files, { color: true })
    expect(colored).to.include('\u001b[')
    expect(stripVTControlCharacters(colored)).to.equal(formatFindings(locate([finding], files), files))
  })

  it('keeps the caret in sight in a long line, and control characters away from the terminal', () => {
    const long = filesOf(`plant: "${'x'.repeat(500)}\u009b31m" # \u202e`)
    const [, line = '', caret = ''] = formatFindings([{ ...finding, line: 1, column: 480 }], long).split('\n')
    expect(line.length).to.be.below(140)
    expect(caret.indexOf('^')).to.be.below(line.length)
    expect(line).to.not.match(/[\u0080-\u009f\u202e]/)
  })

  it('does without the line of a file that is not there', () => {
    const formatted = formatFindings([{ ...finding, file: 'other.yaml', severity: 'warning' }], files)
    expect(formatted).to.equal(
      'other.yaml:1:1 key-unknown (warning) "prt" is not a key of server\n    remedy: did you mean port?\n',
    )
  })
})

describe('locate', () => {
  it('points at the nearest ancestor that exists, orders by place, and tells the same thing once', () => {
    const files = filesOf('a:\n  b: { c: 1 }\nd:\n')
    const at = (...path: (string | number)[]) => fault('plant.yaml', 'key-missing', path, { message: path.join('.') })
    const located = locate([at('d', 'x'), at('a', 'b', 'c', 'x'), at('a', 'b', 'y'), at('a', 'b', 'y'), at('q')], files)
    expect(located.map(({ message, line, column }) => `${line}:${column} ${message}`)).to.deep.equal([
      '1:1 q',
      '2:3 a.b.y',
      '2:8 a.b.c.x',
      '3:1 d.x',
    ])
  })
})

describe('JSON Schema', () => {
  it('knows the installed types and their configuration', async () => {
    const { catalogue } = await loadCatalogue({ builtIn: builtInPlugins() })
    const plant = JSON.stringify(plantJsonSchema(catalogue))
    const pipeline = JSON.stringify(pipelineJsonSchema(catalogue))
    expect(plant)
      .to.include('draft-07')
      .and.include('"const":"modbus"')
      .and.include('"unitId"')
      .and.include('"const":"filler-plc"')
    expect(pipeline).to.include('"const":"moving-average"').and.include('"size"').and.not.include('modbus')
  })

  it('is written beside the plant, only when it changes', async () => {
    const folder = await plantFolder({})
    const { catalogue } = await loadCatalogue({ builtIn: folder })
    expect(await writeSchemas(folder, catalogue)).to.have.length(2)
    const file = join(folder, '.millrace', 'plant.schema.json')
    const before = await stat(file)
    expect(await writeSchemas(folder, catalogue)).to.deep.equal([])
    expect((await stat(file)).mtimeMs).to.equal(before.mtimeMs)
    expect(JSON.parse(await readFile(file, 'utf8'))).to.include({ title: 'Millrace plant', type: 'object' })
  })

  it('never fails where nothing can be written', async () => {
    const { catalogue } = await loadCatalogue({ builtIn: '/nowhere' })
    const folder = await plantFolder({ '.millrace': 'a file in the way' })
    expect(await writeSchemas(folder, catalogue)).to.deep.equal([])
    await chmod(folder, 0o700)
  })

  after(removePlantFolders)
})
