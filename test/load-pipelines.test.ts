import { expect } from 'chai'
import { loadPlant } from '../src/load-plant.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from './config/plant-folder.ts'

/** Findings as `file line:column code`, for a valid plant with a change in its pipeline. */
async function found(
  from: string,
  to: string,
  others: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  expect(validPipeline).to.include(from)
  const pipeline = validPipeline.replace(from, to)
  const folder = await plantFolder({ 'plant.yaml': validPlant, 'pipelines/watch.yaml': pipeline, ...others })
  const { findings } = await loadPlant(folder, { environment: {} })
  return findings.map(({ file, line, column, code }) => `${file.slice(folder.length + 1)} ${line}:${column} ${code}`)
}

const watch = 'pipelines/watch.yaml'
const plugin = (body: string) => `export default { description: 'Mine.', ${body} }\n`

describe('findings about the graph of a pipeline', () => {
  after(removePlantFolders)

  for (const [what, from, to, finds] of [
    [
      'a wire between types that do not fit',
      'a: smooth.mean, b: $limit',
      'a: lit.result, b: 1 }\n  lit:\n    function: GT\n    in: { a: 1, b: 2',
      `${watch} 14:14 wire-type`,
    ],
    ['a wire between units of two dimensions', 'unit: l, min', 'unit: bar, min', `${watch} 14:30 wire-unit`],
    ['an input without a source', 'a: smooth.mean, b: $limit', 'a: smooth.mean', `${watch} 14:5 input-missing`],
    ['an input that does not exist', 'b: $limit', 'b: $limit, c: 1', `${watch} 14:38 input-unknown`],
    ['a parameter that does not exist', '$limit', '$limt', `${watch} 14:30 parameter-unknown`],
    ['a step that does not exist', 'smooth.mean, history', 'smoth.mean, history', `${watch} 16:18 step-unknown`],
    ['steps that wait for each other', 'plc1.level', 'high.result', `${watch} 10:18 steps-loop`],
    [
      'a tag that cannot be written',
      'outputs:',
      'writes: { plc1.level: { from: smooth.mean } }\noutputs:',
      `${watch} 15:11 write-invalid`,
    ],
    [
      'a method that does not exist',
      'outputs:',
      'finally: [{ do: plc1.home }]\noutputs:',
      `${watch} 15:17 method-unknown`,
    ],
    ['a unit that does not exist', 'unit: l', 'unit: litter', `${watch} 6:32 unit-unknown`],
    [
      'an expression that does not parse',
      'function: GT\n    in: { a: smooth.mean, b: $limit }',
      "function: expression\n    in: { value: smooth.mean }\n    config: { expression: 'value >' }",
      `${watch} 15:13 expression-invalid`,
    ],
  ] as const) {
    it(`has the place of ${what}`, async () => {
      expect((await found(from, to)).join('\n')).to.include(finds)
    })
  }

  it('has the place of a pipeline that stands in two files', async () => {
    expect(await found('100ms', '100ms', { 'pipelines/zz.yaml': validPipeline })).to.include(
      'pipelines/zz.yaml 1:11 name-duplicate',
    )
  })
})

describe('findings about plugins beside the plant', () => {
  after(removePlantFolders)

  const withDevice = async (body: string, config: string): Promise<readonly string[]> => {
    const plant = `plant: acme\nequipment: { Acme: { level: Site } }\ndevices:\n  mine:\n    type: mine\n    equipment: Acme\n    config: ${config}\n`
    const folder = await plantFolder({
      'plant.yaml': plant,
      'plugins/mine.ts': `import { list, record, text, double } from 'millrace/plugin'\n${plugin(`kind: 'device', type: 'mine', ${body}`)}`,
    })
    const { findings } = await loadPlant(folder, { environment: {} })
    return findings.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)
  }
  const ports =
    'config: { tags: list(record({ name: text() })) }, outputs: ({ tags }) => Object.fromEntries(tags.map(({ name }) => [name, double()])), connect: async () => ({})'

  it('tells a name that two entries of a list give to a port', async () => {
    expect(await withDevice(ports, '{ tags: [{ name: a }, { name: b }, { name: a }] }')).to.deep.equal([
      '7:56 name-duplicate mine has two ports called a',
    ])
  })

  it('tells a plugin that cannot name its ports', async () => {
    const [finding = ''] = await withDevice(
      "outputs: () => { throw new Error('no idea') }, connect: async () => ({})",
      '{}',
    )
    expect(finding).to.match(/^7:5 plugin-invalid .*no idea/)
  })

  it('tells what a plugin says of its configuration, also that it failed to look at it', async () => {
    const checking = (check: string) => withDevice(`${ports}, check: ${check}`, '{ tags: [{ name: a }, { name: b }] }')
    expect(await checking('() => ["\'b\' is odd"]')).to.deep.equal(["7:43 value-invalid mine: 'b' is odd"])
    expect(await checking("() => { throw new Error('oh') }")).to.deep.equal([
      '7:13 value-invalid mine: the plugin mine cannot check it: oh',
    ])
  })

  it('tells plugins of one type, and a module that is none', async () => {
    const twice = plugin("kind: 'function', type: 'GT', inputs: {}, outputs: {}, compute: () => ({})")
    const finds = await found('100ms', '100ms', { 'plugins/gt.js': twice, 'plugins/none.js': 'export default 5\n' })
    expect(finds).to.deep.equal(['plugins/gt.js 1:1 plugin-duplicate', 'plugins/none.js 1:1 plugin-invalid'])
  })
})
