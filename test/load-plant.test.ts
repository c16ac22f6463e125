import { expect } from 'chai'
import { isRunnable, loadPlant } from '../src/load-plant.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from './config/plant-folder.ts'

/** A change to the valid plant, and what has to be found: `line:column code`, in order. */
interface Case {
  readonly what: string
  readonly plant?: string
  readonly pipeline?: string
  readonly finds: readonly string[]
}

const replaced = (text: string, from: string, to: string): string => {
  expect(text).to.include(from)
  return text.replace(from, to)
}
const plantWith = (from: string, to: string) => ({ plant: replaced(validPlant, from, to) })
const pipelineWith = (from: string, to: string) => ({ pipeline: replaced(validPipeline, from, to) })

const cases: readonly Case[] = [
  {
    what: 'a tab as indentation',
    ...plantWith('  Acme: {', '\tAcme: {'),
    finds: ['plant 4:1 yaml-invalid', 'plant 5:1 yaml-invalid'],
  },
  {
    what: 'a quote that is left open',
    ...plantWith('name: Acme }', 'name: "Acme }'),
    finds: ['plant 18:1 yaml-invalid', 'plant 18:1 yaml-invalid'],
  },
  {
    what: 'a key that stands twice',
    ...plantWith('    every: 500ms', '    type: x'),
    finds: ['plant 10:5 yaml-invalid'],
  },
  { what: 'a second document', ...plantWith('devices:', '---\ndevices:'), finds: ['plant 6:1 yaml-invalid'] },
  { what: 'a NUL', ...plantWith('name: Acme', 'name: A\0cme'), finds: ['plant 2:27 yaml-invalid'] },
  { what: 'a tag', ...plantWith('port: 0', 'port: !int 0'), finds: ['plant 2:17 yaml-invalid'] },
  { what: 'YAML 1.1', ...plantWith('plant: acme', '%YAML 1.1\n---\nplant: acme'), finds: ['plant 1:1 yaml-invalid'] },
  { what: 'an alias without an anchor', ...plantWith('port: 0', 'port: *x'), finds: ['plant 2:17 yaml-invalid'] },
  { what: 'an unknown key', ...plantWith('  every: 500ms', '  evry: 500ms'), finds: ['plant 10:5 key-unknown'] },
  {
    what: 'an unknown key in config',
    ...plantWith('host: 127', 'hst: 127'),
    finds: ['plant 14:7 key-unknown'],
  },
  { what: 'a missing key', ...plantWith('plant: acme\n', ''), finds: ['plant 1:1 key-missing'] },
  { what: 'a missing level', ...plantWith('{ level: Enterprise }', '{}'), finds: ['plant 4:3 key-missing'] },
  { what: 'a number as text', ...plantWith('port: 0', "port: '0'"), finds: ['plant 2:17 value-invalid'] },
  {
    what: 'a duration without its unit',
    ...plantWith('every: 500ms', 'every: 500'),
    finds: ['plant 10:12 value-invalid'],
  },
  { what: 'a period of nothing', ...plantWith('every: 500ms', 'every: 0s'), finds: ['plant 10:12 value-invalid'] },
  { what: 'an unknown level', ...plantWith('Enterprise', 'Enterprize'), finds: ['plant 4:18 value-invalid'] },
  { what: 'a value out of range', ...plantWith('port: 0', 'port: 70000'), finds: ['plant 2:17 value-out-of-range'] },
  {
    what: 'a value out of range in config',
    ...plantWith('address: 1,', 'address: -1,'),
    finds: ['plant 16:35 value-out-of-range'],
  },
  {
    what: 'a variable without a value',
    ...plantWith('127.0.0.1', '$' + '{PLC_HOST}'),
    finds: ['plant 14:13 variable-missing'],
  },
  { what: 'a variable that is none', ...plantWith('127.0.0.1', '$' + '{1-}'), finds: ['plant 14:13 value-invalid'] },
  { what: 'an invalid id', ...plantWith('plant: acme', 'plant: a cme'), finds: ['plant 1:8 name-invalid'] },
  {
    what: 'an invalid id of a device',
    ...plantWith('  plc1:', '  plc.1:'),
    finds: ['plant 7:3 name-invalid', 'pipeline 10:18 wire-unknown'],
  },
  {
    what: 'an invalid name of a port',
    ...plantWith('name: level', 'name: tank level'),
    finds: ['plant 16:19 name-invalid', 'pipeline 10:18 wire-unknown'],
  },
  { what: 'two ports of one name', ...plantWith('name: valve', 'name: level'), finds: ['plant 17:19 value-invalid'] },
  {
    what: 'unknown equipment',
    ...plantWith('equipment: Acme/Line1', 'equipment: Acme/Line2'),
    finds: ['plant 9:16 equipment-unknown'],
  },
  {
    what: 'a missing parent',
    ...plantWith('  Acme/Line1:', '  Acme/Berlin/Line2: { level: Area }\n  Acme/Line1:'),
    finds: ['plant 5:3 equipment-parent-missing'],
  },
  {
    what: 'a level above its parent',
    ...plantWith('level: WorkCenter', 'level: Enterprise'),
    finds: ['plant 5:24 equipment-level-invalid'],
  },
  {
    what: 'an unknown device plugin',
    ...plantWith('type: modbus', 'type: modbuss'),
    finds: ['plant 8:11 plugin-unknown'],
  },
  {
    what: 'an unknown simulator',
    ...plantWith('    config:', '    simulator: { type: filer-plc }\n    config:'),
    finds: ['plant 13:24 plugin-unknown'],
  },
  {
    what: 'an unknown unit',
    ...plantWith('unit: l,', 'unit: litter,'),
    finds: ['plant 16:44 unit-unknown'],
  },
  {
    what: 'equipment of a pipeline that is unknown',
    ...pipelineWith('Acme/Line1', 'Acme/Line3'),
    finds: ['pipeline 3:12 equipment-unknown'],
  },
  {
    what: 'two triggers',
    ...pipelineWith('every: 100ms', 'every: 100ms, on: change'),
    finds: ['pipeline 4:6 trigger-invalid'],
  },
  {
    what: 'a time zone without a cron pattern',
    ...pipelineWith('100ms }', '100ms, timezone: UTC }'),
    finds: ['pipeline 4:32 trigger-invalid'],
  },
  {
    what: 'a broken cron pattern',
    ...pipelineWith('every: 100ms', "cron: '61 * * * *'"),
    finds: ['pipeline 4:14 trigger-invalid'],
  },
  {
    what: 'a queue without overlap: queue',
    ...pipelineWith('steps:', 'queue: 3\nsteps:'),
    finds: ['pipeline 7:8 value-invalid'],
  },
  {
    what: 'a literal text that is not written as one',
    ...pipelineWith('b: $limit', 'b: high'),
    finds: ['pipeline 14:30 value-invalid'],
  },
  {
    what: 'a step without function and do',
    ...pipelineWith('    function: GT\n', ''),
    finds: ['pipeline 12:3 key-missing'],
  },
  {
    what: 'a default of another type',
    ...pipelineWith('default: 10', 'default: ten'),
    finds: ['pipeline 6:61 value-invalid'],
  },
  {
    what: 'a default beyond its limit',
    ...pipelineWith('steps:', '  other: { type: Double, max: 1, default: 2 }\nsteps:'),
    finds: ['pipeline 7:43 value-out-of-range'],
  },
  {
    what: 'limits of an alarm that fall',
    ...pipelineWith('low: 5,', 'low: 50,'),
    finds: ['pipeline 16:84 value-out-of-range'],
  },
  {
    what: 'a step with the id of a pipeline',
    ...pipelineWith('  smooth:', '  watch:\n    function: GT\n    in: { a: 1, b: 2 }\n  smooth:'),
    finds: ['pipeline 8:3 name-duplicate'],
  },
  {
    what: 'a final step with the id of another',
    ...pipelineWith('outputs:', 'finally: [{ id: high, do: plc1.x }]\noutputs:'),
    finds: ['pipeline 15:17 name-duplicate', 'pipeline 15:27 method-unknown'],
  },
  {
    what: 'a condition that compares with nothing',
    ...pipelineWith('    in: { a', '    until: { result: {} }\n    in: { a'),
    finds: ['pipeline 14:22 key-missing'],
  },
  { what: 'a wire to nowhere', ...pipelineWith('plc1.level', 'plc1.levl'), finds: ['pipeline 10:18 wire-unknown'] },
  {
    what: 'a misshapen step, without blaming what reads it',
    ...pipelineWith('function: moving-average', 'function: [x]'),
    finds: ['pipeline 9:15 value-invalid'],
  },
]

const keyOf = (file: string) => (file.endsWith('plant.yaml') ? 'plant' : 'pipeline')

describe('load plant', () => {
  after(removePlantFolders)

  it('finds nothing in a plant that may run', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant, 'pipelines/watch.yaml': validPipeline })
    const plant = await loadPlant(folder, { environment: {} })
    expect(plant.findings).to.deep.equal([])
    expect(isRunnable(plant)).to.equal(true)
    expect(plant.devices.map(({ id }) => id)).to.deep.equal(['plc1'])
    expect(plant.pipelines.map(({ definition }) => definition.id)).to.deep.equal(['watch'])
    expect(plant.definition?.devices[0]?.config).to.include({ transport: 'tcp', unitId: 1, gap: 8 })
  })

  for (const { what, plant = validPlant, pipeline = validPipeline, finds } of cases) {
    it(`finds ${what}`, async () => {
      const folder = await plantFolder({ 'plant.yaml': plant, 'pipelines/watch.yaml': pipeline })
      const loaded = await loadPlant(folder, { environment: {} })
      const errors = loaded.findings.filter(({ severity }) => severity === 'error')
      const found = errors.map(({ file, line, column, code }) => `${keyOf(file)} ${line}:${column} ${code}`)
      expect(found).to.deep.equal(finds)
      expect(isRunnable(loaded)).to.equal(false)
      for (const { message, remedy } of errors) {
        expect(message).to.match(/[^.\n]$/)
        expect(remedy).to.not.equal('')
      }
    })
  }

  it('tells what is wrong in every file at once, in the order of files and places', async () => {
    const folder = await plantFolder({
      'plant.yaml': replaced(replaced(validPlant, 'every: 500ms', 'every: x'), 'name: Acme', 'nam: Acme'),
      'pipelines/a.yaml': 'pipeline: [',
      'pipelines/b.yaml': replaced(validPipeline, 'GT', 'GTT'),
    })
    const { findings } = await loadPlant(folder, { environment: {} })
    expect(findings.map(({ code }) => code)).to.deep.equal([
      'key-unknown',
      'value-invalid',
      'yaml-invalid',
      'plugin-unknown',
    ])
  })

  it('gives the same definition whatever the order of keys and the names of files', async () => {
    const other = validPlant.replace(/( {2}Acme: .*\n)( {2}Acme\/Line1.*\n)/, '$2$1')
    expect(other).to.not.equal(validPlant)
    const load = async (plant: string, name: string) => {
      const folder = await plantFolder({ 'plant.yaml': plant, [`pipelines/${name}.yaml`]: validPipeline })
      const { definition, findings } = await loadPlant(folder, { environment: {} })
      expect(findings).to.deep.equal([])
      return JSON.stringify(definition).replaceAll(/"file":"[^"]*"/g, '')
    }
    expect(await load(other, 'zzz')).to.equal(await load(validPlant, 'aaa'))
  })

  it('takes values from the environment with the type that is wanted at their place', async () => {
    const text = replaced(
      replaced(validPlant, 'port: 0', 'port: "$' + '{PORT:-0}"'),
      'host: 127.0.0.1',
      'host: $' + '{HOST}\n      port: $' + '{PLC_PORT}',
    )
    const folder = await plantFolder({ 'plant.yaml': text })
    const plant = await loadPlant(folder, { environment: { HOST: '10.0.0.7', PLC_PORT: '1502', PORT: '' } })
    expect(plant.findings).to.deep.equal([])
    expect(plant.definition?.server.port).to.equal(0)
    expect(plant.definition?.devices[0]?.config).to.include({ host: '10.0.0.7', port: 1502 })
  })

  it('does not blame wires to a device that is broken itself', async () => {
    const folder = await plantFolder({
      'plant.yaml': replaced(validPlant, 'type: modbus', 'type: nothing'),
      'pipelines/w.yaml': validPipeline,
    })
    const { findings } = await loadPlant(folder, { environment: {} })
    expect(findings.map(({ code }) => code)).to.deep.equal(['plugin-unknown'])
  })

  it('checks simulators and hands them on', async () => {
    const folder = await plantFolder({
      'plant.yaml': replaced(
        validPlant,
        '    config:',
        '    simulator: { type: filler-plc, config: { seed: 7 } }\n    config:',
      ),
    })
    const { simulators, findings } = await loadPlant(folder, { environment: {} })
    expect(findings).to.deep.equal([])
    expect(simulators.map(({ device, type, config }) => ({ device, type, config }))).to.deep.equal([
      { device: 'plc1', type: 'filler-plc', config: { seed: 7, port: 0, unitId: 1 } },
    ])
  })
})
